"""The session's latent point and walks. Pure."""
