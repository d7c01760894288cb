"""The session's latent point, and how it moves by itself. Pure."""
