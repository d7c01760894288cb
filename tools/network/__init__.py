"""The networks, their losses and their sizes."""
