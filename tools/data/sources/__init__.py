"""Readers of the sources of music that the models are trained on."""
