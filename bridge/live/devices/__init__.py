"""The devices of a live session: ports, sound, Link, OSC, lights, files."""
