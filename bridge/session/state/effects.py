"""What the session asks of the world around it, in order. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.controllers.bindings import Binding
from bridge.latent.anchors import Anchor
from bridge.latent.walks import Walk
from bridge.model.messages import Request
from bridge.music.notes import Part
from bridge.session.messages.listings import FileRequest


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message on the output of ``part``, meant for time ``due``; ``tick`` is its
    musical time, ``thru`` whether it is the player's own note."""

    part: Part
    message: bytes
    due: float
    tick: int
    thru: bool = False


@dataclass(frozen=True, slots=True)
class ClockOut:
    """Send a system message (clock, transport, song position) on the ``output``-th port that
    our clock goes to, meant for time ``due``."""

    output: int
    message: bytes
    due: float


@dataclass(frozen=True, slots=True)
class LinkOut:
    """Tell the Link session: music starts with beat 0 ``at`` that time (or on its next bar),
    or stops, or (``bpm`` over 0) has another tempo from then on. The ``number`` comes back
    with news of the session (``LinkIn.done``) that know of it."""

    number: int
    at: float
    play: bool | None = None
    bpm: float = 0.0


@dataclass(frozen=True, slots=True)
class PlayerNote:
    """The player's note-on or off (velocity 0), for the record."""

    tick: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the worker; newest request wins."""

    request: Request


@dataclass(frozen=True, slots=True)
class Silence:
    """Panic: explicit offs and all the controllers, on every output, past every queue."""


@dataclass(frozen=True, slots=True)
class Save:
    """Write the take to ``path`` (empty: a new name)."""

    path: str


@dataclass(frozen=True, slots=True)
class TurnSound:
    """Turn the program's own sound on, or off."""


@dataclass(frozen=True, slots=True)
class KeepAnchors:
    """Write the anchors to the user's folder: these are all."""

    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class KeepBindings:
    """Write into the player's mapping file: a control was bound (``added``), others moved
    something until now (``removed``)."""

    added: Binding | None
    removed: tuple[Binding, ...] = ()


PATH_BARS = 64


@dataclass(frozen=True, slots=True)
class KeepCode:
    """Write codes that were made into the history (see ``files.history.Entry``): of ``model``
    (empty: the band's), or the first :data:`PATH_BARS` of a ``path``."""

    made: str
    codes: tuple[tuple[float, ...], ...]
    seed: int
    stride: int
    temperature: float
    bpm: float
    key: str
    bars: int
    model: str = ""
    path: Walk | None = None


@dataclass(frozen=True, slots=True)
class AnswerFromFiles:
    """Answer the screen's request from the model library or the history."""

    request: FileRequest


@dataclass(frozen=True, slots=True)
class NewTake:
    """The music starts again from bar 0: a new take begins, at this tempo."""

    bpm: float


@dataclass(frozen=True, slots=True)
class TempoSet:
    """The tempo changed at ``tick``, for the record."""

    tick: int
    bpm: float


@dataclass(frozen=True, slots=True)
class End:
    """End the program."""


Effect = (
    Send
    | ClockOut
    | LinkOut
    | PlayerNote
    | Ask
    | Silence
    | Save
    | TurnSound
    | KeepAnchors
    | KeepCode
    | KeepBindings
    | AnswerFromFiles
    | NewTake
    | TempoSet
    | End
)
