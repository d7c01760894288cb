"""The devices of a live session: ports, sound, Link, OSC, controller lights, user files."""
