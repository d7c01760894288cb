"""Training: trio, surrogate, chord reader, drum touch, prior."""
