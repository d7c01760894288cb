"""The running program: the engine's loop, its devices, the screen's process."""
