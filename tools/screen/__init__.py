"""Pictures of the screen, and what drawing it costs."""
