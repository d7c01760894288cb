"""What the session does with what it hears besides the melody: chords, energy, other tracks."""
