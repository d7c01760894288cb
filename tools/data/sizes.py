"""Sizes of the window that the trio model reads and writes: bars, steps, beats, classes."""

from __future__ import annotations

from bridge.music.grid import SLOTS_PER_BAR
from bridge.music.tokens import BASS_CLASSES, DRUM_CLASSES, DRUM_NAMES, MELODY_CLASSES

BARS = 4
STEPS = BARS * SLOTS_PER_BAR
STEPS_PER_BEAT = 4
BEATS = STEPS // STEPS_PER_BEAT
HALVES = 2 * BARS
"""Half bars of a window: a chord each."""
PHASES = 4
"""Length of a groove in bars; a window's phase is the bar of the groove that it begins with."""
TRACKS = ("melody", "bass", "drums")
CLASSES = (MELODY_CLASSES, BASS_CLASSES, DRUM_CLASSES)
"""Number of token classes of each of :data:`TRACKS`."""
DRUM_BITS = len(DRUM_NAMES)
