"""Other clocks: MIDI clock in, Ableton Link. Pure."""
