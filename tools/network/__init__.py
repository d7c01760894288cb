"""The networks of all models, their sizes, losses and checkpoints."""
