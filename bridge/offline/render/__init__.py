"""Pictures and sound of a session: piano roll PNG, General MIDI WAV (extra ``render``)."""
