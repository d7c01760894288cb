"""The values that make up a session's state, each with its own transitions."""
