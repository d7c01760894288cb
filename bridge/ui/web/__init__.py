"""The screen in a browser: pages served on this machine, a screen's process for each."""
