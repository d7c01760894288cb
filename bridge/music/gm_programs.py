"""General MIDI programs of the band's parts: one table for files, WAVs and live sound."""

from __future__ import annotations

from typing import Final

from bridge.music.notes import Part

PROGRAMS: Final = {Part.MELODY: 0, Part.BASS: 33, Part.DRUMS: 0}
"""Part -> program 0..127: Acoustic Grand Piano, Electric Bass (finger), Standard Kit."""
