"""The plan of the music: fixed chords, the form, the arranger, the metronome."""
