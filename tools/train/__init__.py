"""Training of the networks: trio, surrogate, chord reader, drum touch, prior."""
