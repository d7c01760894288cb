"""A playing session as a pure function: core, playback, snapshot, recording. No I/O."""
