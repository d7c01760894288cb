"""Commands for those who build Latent Bridge: set-up, data, training, export. Not shipped."""
