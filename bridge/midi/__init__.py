"""MIDI in and out: messages, ports, hardware, controls."""
