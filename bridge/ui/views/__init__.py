"""The parts of the screen that show something."""
