"""The values that make up a session, each with its own transitions."""
