"""``latent-bridge bench ears``: figures of what is heard, each beside its baseline."""
