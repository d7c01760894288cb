"""Into the DAW: the position in its song, clips of what the band played, and files it opens."""
