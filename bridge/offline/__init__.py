"""Whole pieces without a clock: accompany, compose, restyle, gallery, and music of codes."""
