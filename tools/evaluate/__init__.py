"""Measurements of models, the card that carries them, and comparisons of the program's output."""
