"""Music as values: notes, grid, phrases, tokens, keys, chords, arranging, MIDI files. Pure."""
