"""Level meters beside the settings of ports and of the program's own sound. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import ceil
from typing import Final

from bridge.session.messages.status import PortStatus
from bridge.sound.messages import FULL_DBFS

METER_CELLS: Final = 8
METER_SECONDS: Final = 0.6
"""Time in which the meter of the hardest note falls to nothing."""
LOWEST_DBFS: Final = -48.0
"""The peak at which the audio meter shows nothing: six decibels a cell."""
FALL_DB: Final = 24.0
"""Decibels that the audio meter falls a second."""
CLIP_SECONDS: Final = 2.0
"""Time for which the clip mark stays."""


@dataclass(frozen=True)
class Meter:
    """A meter as it is drawn: the lit ``cells`` (0..:data:`METER_CELLS`), a level in words
    (``said``; empty: none), and ``clipped``: it was too loud a moment ago."""

    cells: int
    said: str = ""
    clipped: bool = False


@dataclass(frozen=True)
class AudioLevel:
    """The falling level of a sound, in dBFS, at time ``at`` (seconds), and the time until which the
    clip mark stays."""

    dbfs: float = -math.inf
    at: float = 0.0
    clip_until: float = -math.inf

    def heard(self, peak: float, at: float) -> AudioLevel:
        """The level after a ``peak`` (0..1 of full scale) at time ``at``."""
        new = 20 * math.log10(peak) if peak > 0 else -math.inf
        fallen = self.dbfs - FALL_DB * max(0.0, at - self.at)
        until = at + CLIP_SECONDS if new > FULL_DBFS else self.clip_until
        return AudioLevel(max(new, fallen), at, until)

    def meter(self) -> Meter:
        """The level as it is drawn."""
        if self.dbfs <= LOWEST_DBFS:
            return Meter(0, "silent", self.at < self.clip_until)
        part = min(1.0, 1 - self.dbfs / LOWEST_DBFS)
        return Meter(ceil(METER_CELLS * part), f"{self.dbfs:.0f} dB", self.at < self.clip_until)


def note_meter(port: PortStatus, now: float) -> Meter:
    """The meter of a port: the velocity of its last note, falling for :data:`METER_SECONDS` from
    its time on. ``now`` is monotonic seconds."""
    left = max(0.0, 1.0 - max(0.0, now - port.struck) / METER_SECONDS) if port.struck else 0.0
    return Meter(ceil(METER_CELLS * left * port.velocity / 127))
