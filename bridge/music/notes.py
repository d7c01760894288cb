"""Notes and parts: the smallest musical values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

PITCH_MIN, PITCH_MAX = 0, 127
VELOCITY_MIN, VELOCITY_MAX = 1, 127


class Part(StrEnum):
    """A voice of the band. ``value`` is the name used in ports, files and messages."""

    MELODY = "melody"
    BASS = "bass"
    DRUMS = "drums"


ALL_PARTS: Final = tuple(Part)


class PlayerKey(NamedTuple):
    """A key that the player pressed: its MIDI note 0..127, and the channel 0..15 and input port on
    which it came. Keys of one pitch on two channels (MPE, MIDI guitars) or ports are two keys."""

    pitch: int
    channel: int = 0
    port: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A note on the grid.

    ``tick`` is its start and ``length`` its duration, both in ticks (960 a quarter note,
    ``length`` at least 1); ``pitch`` is a MIDI note number 0..127 and ``velocity`` 1..127.
    """

    tick: int
    pitch: int
    length: int
    velocity: int = 96

    def __post_init__(self) -> None:
        if not PITCH_MIN <= self.pitch <= PITCH_MAX:
            raise ValueError(f"pitch {self.pitch} is outside 0..127")
        if not VELOCITY_MIN <= self.velocity <= VELOCITY_MAX:
            raise ValueError(f"velocity {self.velocity} is outside 1..127")
        if self.length < 1:
            raise ValueError(f"length {self.length} is under one tick")

    @property
    def end(self) -> int:
        """The tick at which the note stops."""
        return self.tick + self.length
