"""Clock sources: our own clock, MIDI clock in, Ableton Link. Pure."""
