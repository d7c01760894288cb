"""The events that the session reacts to: values with a time stamp."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.controllers.bindings import Binding
from bridge.model.messages import FromWorker
from bridge.session.messages.commands import Command
from bridge.timing.tempo import BeatLine


@dataclass(frozen=True, slots=True)
class LinkIn:
    """What the Link session says: its beat (with our beat 0 where the music began or will),
    whether music plays, how many others there are, and the number of the last ``LinkOut``
    that was carried out before it was so."""

    at: float
    line: BeatLine
    playing: bool = False
    peers: int = 0
    done: int = 0


# --- what goes in -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has come to ``at`` (monotonic seconds, as in every event)."""

    at: float


@dataclass(frozen=True, slots=True)
class MidiIn:
    """One whole message from the player's input; ``keys`` when it is the computer keyboard."""

    at: float
    message: bytes
    port: str = ""
    keys: bool = False


@dataclass(frozen=True, slots=True)
class ClockIn:
    """A system message (clock, transport, song position) from the master's port."""

    at: float
    message: bytes


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command from the screen or the command line."""

    at: float
    command: Command


@dataclass(frozen=True, slots=True)
class Answered:
    """The worker said something."""

    at: float
    message: FromWorker


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker process ended, or was ended because it hung; it is being started again."""

    at: float
    why: str = "model lost"


@dataclass(frozen=True, slots=True)
class Notice:
    """A line for the player: something was saved, a port came back."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Remapped:
    """The knobs have other bindings from now on; ``text`` says so to the player."""

    at: float
    bindings: tuple[Binding, ...]
    text: str = ""


Event = (
    Tick | MidiIn | ClockIn | LinkIn | CommandReceived | Answered | WorkerLost | Notice | Remapped
)
