"""Models whose code has two levels: the layout of codes, chords under the bass, and the trio."""
