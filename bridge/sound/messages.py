"""Messages between the engine's process and the sound process.

Times are ``time.perf_counter``, which all processes of a machine share (on Windows
``time.monotonic`` has a resolution of 15 ms before Python 3.13).
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from bridge.music.notes import Part
from bridge.music.smf.gm_programs import PROGRAMS

PARTS: Final = tuple(Part)
"""The parts in the order of their numbers in messages."""
WATCH_SECONDS: Final = 2.0
FULL_DBFS: Final = 20 * math.log10(math.tanh(1.0))
"""The peak (dBFS) of a sum of voices that reaches full scale: above it the limiter is heard."""
DEFAULT_PROGRAMS: Final = (PROGRAMS[Part.MELODY], PROGRAMS[Part.BASS], PROGRAMS[Part.DRUMS])


class Open(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Open the device: the audio ``system`` (empty: the default), blocks of about ``block_ms``
    milliseconds, the path of the SoundFont ``font`` (empty: the shipped one) and the programs
    0..127 of :data:`PARTS`."""

    system: str = ""
    block_ms: int = 5
    font: str = ""
    programs: tuple[int, int, int] = DEFAULT_PROGRAMS


class Play(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A MIDI message for a part, sent at ``at``."""

    at: float
    part: int
    message: bytes


class WatchLevel(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Somebody looks at the level: report it ten times a second for :data:`WATCH_SECONDS`."""


class Close(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Fade out and end, as when the pipe is closed."""


ToSound = Open | Play | WatchLevel | Close


class DeviceOpened(msgspec.Struct, frozen=True, tag=True):
    """The device is open: its name, its audio system, the delay in milliseconds from a note's
    time to its rendering (``delay_ms``) and the device's buffer (``buffer_ms``)."""

    device: str
    system: str
    delay_ms: float
    buffer_ms: float


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The instruments of all parts are loaded."""


class SoundNotice(msgspec.Struct, frozen=True, tag=True):
    """A notice for the player, one line."""

    text: str


class SoundFailed(msgspec.Struct, frozen=True, tag=True):
    """Sound failed for good: one line that says what to do."""

    text: str


class Load(msgspec.Struct, frozen=True, tag=True):
    """Load of the sound process: the ``share`` of each block's time that rendering takes (mean,
    and ``worst``), ``blocks`` so far, audible ``gaps``, ``late`` messages that missed their
    frame, the current delay in milliseconds, the number of voices, and the ``peak`` (0..1 of full
    scale) since the last report."""

    share: float
    worst: float
    blocks: int
    gaps: int
    late: int
    delay_ms: float
    voices: int
    peak: float = 0.0


FromSound = DeviceOpened | Ready | SoundNotice | SoundFailed | Load
