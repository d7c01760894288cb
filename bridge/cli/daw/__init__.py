"""Commands for DAWs."""
