"""Start, stop, panic, and the clock that we send. Pure."""
