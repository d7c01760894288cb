"""Figures of a trained model, and the card that carries them."""
