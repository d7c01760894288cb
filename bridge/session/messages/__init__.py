"""The messages between the engine and the screen."""
