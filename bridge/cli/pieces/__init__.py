"""Commands that make whole pieces: accompany, restyle, compose, gallery."""
