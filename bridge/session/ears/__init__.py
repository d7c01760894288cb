"""The session's use of all that it hears besides the melody: chords, energy, other tracks."""
