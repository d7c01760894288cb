"""Takes: the records of what was played and generated, the take that they add up to, its song."""
