"""One handler for each kind of event and command. Pure."""
