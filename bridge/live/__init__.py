"""A session in real time: the engine's loop, the devices, the screen's process."""
