"""A playing session: the pure core, the engine around it, recording."""
