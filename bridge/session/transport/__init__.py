"""Transport: start, stop, panic, keys, and the clock that we send. Pure."""
