"""The interface to a DAW: its position, printing of clips, undo. Each DAW is a module beside it.

A client thread (:mod:`bridge.live.devices.daw_client`) calls these methods, which may wait for
the DAW for seconds; the engine never does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bridge.errors import BridgeError
from bridge.live.daw.clips import ClipSet
from bridge.music.grid import METRES, Metre


class DawError(BridgeError):
    """A DAW is absent, has gone, or refuses: one line that says what to do."""


@dataclass(frozen=True, slots=True)
class DawMarker:
    """A named place: ``beat`` in quarter notes from the song's beginning."""

    beat: float
    text: str


@dataclass(frozen=True, slots=True)
class DawPosition:
    """The position in the DAW's song, and what holds there.

    ``beat`` counts quarter notes from the song's beginning; ``bar`` counts from 1 and
    ``bar_beat`` is the beat in it from 1, as the DAW shows them. ``tempo`` is in quarter notes a
    minute; a ``numerator`` of 0 is a metre that is not known. ``loop`` is the range (quarter
    notes) that is played round and round, None if the loop is off. ``key`` is a key's name
    ("A minor") and ``scale`` that of the scale that it is from, both empty where the DAW has
    none set.
    """

    playing: bool = False
    tempo: float = 0.0
    beat: float = 0.0
    bar: int = 1
    bar_beat: float = 1.0
    numerator: int = 4
    denominator: int = 4
    loop: tuple[float, float] | None = None
    key: str = ""
    scale: str = ""
    song: str = ""

    @property
    def signature(self) -> str:
        """The time signature, as in "3/4"; empty where it is not known."""
        return f"{self.numerator}/{self.denominator}" if self.numerator else ""

    @property
    def metre(self) -> Metre | None:
        """The metre of the band with this time signature; None if it has none."""
        return METRES.get(self.signature)


@dataclass(frozen=True, slots=True)
class Printed:
    """A print that the DAW has taken: ``where`` as text for the player ("bars 9 to 12"), and
    ``items`` by which the DAW finds it again for the undo."""

    name: str
    where: str
    items: tuple[str, ...] = ()


class Daw(Protocol):
    """A DAW. Each method raises DawError, in one line, where the DAW does not answer or refuses."""

    @property
    def name(self) -> str:
        """The name shown to the player."""

    def position(self) -> DawPosition:
        """The position now."""

    def markers(self) -> tuple[DawMarker, ...]:
        """The markers of the song, in order; empty where it has none or they cannot be read."""

    def print_clips(self, clips: ClipSet) -> Printed:
        """Put clips on the band's tracks at the bars where they were played, or in the next free
        place after them: all of them, or (with a DawError) none."""

    def undo(self, printed: Printed) -> str:
        """Take a print back; a line for the player. DawError if it is no longer as it was."""

    def close(self) -> None:
        """End the connection."""
