"""The model's own process, and the engine's side of it."""
