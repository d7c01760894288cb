"""Model folders: graphs, presets, statistics and directions of trained networks."""
