"""The arranger's commands: variations and passages, memories, audition, forms, the mixer."""
