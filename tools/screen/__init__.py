"""Pictures of the screen, and the processor time that drawing it takes."""
