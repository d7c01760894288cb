"""The General MIDI channel and instruments of the parts: one table for each use."""

from __future__ import annotations

from typing import Final

from bridge.music.notes import Part

DRUM_CHANNEL: Final = 9
"""The percussion channel of General MIDI, counted from 0."""
PROGRAMS: Final = {Part.MELODY: 0, Part.BASS: 33, Part.DRUMS: 0}
"""Part -> program 0..127 of live sound and takes: Acoustic Grand Piano, Electric Bass (finger),
Standard Kit."""
WRITTEN_VOICES: Final = {
    Part.MELODY: (0, 73),
    Part.BASS: (1, PROGRAMS[Part.BASS]),
    Part.DRUMS: (DRUM_CHANNEL, PROGRAMS[Part.DRUMS]),
}
"""Part -> (channel 0..15, program 0..127) of pieces that a model writes. Their melody is a Flute,
which stands out from the accompaniment."""
