"""Latent codes as values: sampling, interpolation, directions, paths. Pure, numpy only."""
