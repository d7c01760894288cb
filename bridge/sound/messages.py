"""What the engine's process and the sound process tell each other.

Times are ``time.perf_counter`` of one machine, which all its processes share (on Windows
``time.monotonic`` moves in steps of 15 ms before Python 3.13).
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.music.gm_programs import PROGRAMS
from bridge.music.notes import Part

PARTS: Final = tuple(Part)
"""A part's number in messages is its place here."""
DEFAULT_PROGRAMS: Final = (PROGRAMS[Part.MELODY], PROGRAMS[Part.BASS], PROGRAMS[Part.DRUMS])


class Open(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Begin: on this audio system (empty: the default one), in blocks of about ``block_ms``,
    with these sounds (empty: those that come along) and programs 0..127 by part."""

    system: str = ""
    block_ms: int = 5
    font: str = ""
    programs: tuple[int, int, int] = DEFAULT_PROGRAMS


class Play(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A MIDI message for a part, sent at ``at``."""

    at: float
    part: int
    message: bytes


class Close(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Fade out and end, as when the pipe is closed."""


ToSound = Open | Play | Close


class DeviceOpened(msgspec.Struct, frozen=True, tag=True):
    """The device plays: its name, its audio system, and from a note's time until it leaves the
    program for the device (``delay_ms``), then what the device buffers (``buffer_ms``)."""

    device: str
    system: str
    delay_ms: float
    buffer_ms: float


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The instruments of all parts are there."""


class SoundNotice(msgspec.Struct, frozen=True, tag=True):
    """A line for the player."""

    text: str


class SoundFailed(msgspec.Struct, frozen=True, tag=True):
    """No sound, and it is no use trying again: one line that says what to do."""

    text: str


class Load(msgspec.Struct, frozen=True, tag=True):
    """How the sound process fares: the ``share`` of each block's time that its rendering takes
    (mean, worst), blocks so far, those that came late enough to be heard (``gaps``), notes that
    missed their place (``late``), the delay and the voices now."""

    share: float
    worst: float
    blocks: int
    gaps: int
    late: int
    delay_ms: float
    voices: int


FromSound = DeviceOpened | Ready | SoundNotice | SoundFailed | Load
