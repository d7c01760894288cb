"""The arranger: what variation, passages, memories and pending changes mean for a bar. Pure."""
