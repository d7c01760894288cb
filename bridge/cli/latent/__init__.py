"""Commands on latent codes: sample, encode, decode, walk, history."""
