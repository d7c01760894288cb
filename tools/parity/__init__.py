"""Comparison of our MusicVAE graphs with magenta.js: equal output, and speed."""
