"""Metres, bars and feel found in notes. Pure."""
