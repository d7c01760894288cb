"""MIDI input and output: messages, ports, MIDI systems."""
