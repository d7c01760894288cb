"""Data sets from public sources."""
