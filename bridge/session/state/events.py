"""Events: the session's inputs, each with the time ``at`` (monotonic seconds). Values only."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.controllers.bindings import Binding
from bridge.model.messages import FromWorker
from bridge.music.notes import Part
from bridge.session.messages.commands import Command
from bridge.session.messages.daw import DawStatus
from bridge.session.state.song.form_position import LiveForm
from bridge.timing.tempo import BeatLine


@dataclass(frozen=True, slots=True)
class LinkIn:
    """A new state of the Link session: its beat ``line`` (beat 0 is where the music began or
    will), ``playing``, the number of other ``peers``, and in ``done`` the number of the last
    ``LinkOut`` that it includes."""

    at: float
    line: BeatLine
    playing: bool = False
    peers: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline (see ``core.next_deadline``) has come."""

    at: float


@dataclass(frozen=True, slots=True)
class MidiIn:
    """One complete MIDI message from the player's input ``port``."""

    at: float
    message: bytes
    port: str = ""


@dataclass(frozen=True, slots=True)
class OtherIn:
    """One complete MIDI message of another track of the session, from ``port``: it is heard, and
    not accompanied."""

    at: float
    message: bytes
    port: str


@dataclass(frozen=True, slots=True)
class InputGone:
    """The player's input ``port`` is gone: unplugged or closed."""

    at: float
    port: str


@dataclass(frozen=True, slots=True)
class ClockIn:
    """A system message (clock, transport, song position) from the clock master's port."""

    at: float
    message: bytes


@dataclass(frozen=True, slots=True)
class ClockChosen:
    """Another clock leads from now on: that of the master ``clock`` (its port's name), of a
    ``link`` session, or our own where both are empty."""

    at: float
    clock: str = ""
    link: bool = False


@dataclass(frozen=True, slots=True)
class ClockSentTo:
    """Our clock goes to other outputs from now on, one for each of ``offsets`` (seconds)."""

    at: float
    offsets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A command from the screen or the command line."""

    at: float
    command: Command


@dataclass(frozen=True, slots=True)
class Answered:
    """A message from the worker."""

    at: float
    message: FromWorker


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker process ended, or was killed because it hung; it is being started again."""

    at: float
    why: str = "model lost"


@dataclass(frozen=True, slots=True)
class DawIn:
    """News of the DAW: where it is, and what was printed."""

    at: float
    status: DawStatus


@dataclass(frozen=True, slots=True)
class SoundTurned:
    """The program's own sound went ``on`` or off."""

    at: float
    on: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A line of text for the player, from outside the session: a file was saved, for example."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class FormRead:
    """A form that the player chose was read from its file."""

    at: float
    form: LiveForm


@dataclass(frozen=True, slots=True)
class Trial:
    """A test message to send on the output of ``part`` now: it belongs to no music."""

    at: float
    part: Part
    message: bytes


@dataclass(frozen=True, slots=True)
class Remapped:
    """New bindings for the controls; ``text`` is a line about it for the player."""

    at: float
    bindings: tuple[Binding, ...]
    text: str = ""


Event = (
    Tick
    | MidiIn
    | OtherIn
    | InputGone
    | ClockIn
    | LinkIn
    | ClockChosen
    | ClockSentTo
    | CommandReceived
    | Answered
    | WorkerLost
    | DawIn
    | Notice
    | SoundTurned
    | Remapped
    | FormRead
    | Trial
)
