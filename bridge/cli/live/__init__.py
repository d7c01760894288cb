"""Commands that run a live session: play, demo, learn, history play."""
