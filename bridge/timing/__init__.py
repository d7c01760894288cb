"""Time as values: beat lines, clock following, the schedule. Pure."""
