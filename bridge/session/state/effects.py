"""Effects: the session's requests to ports, worker, files and screen, in the order in which they
are carried out. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.controllers.bindings import Binding
from bridge.controllers.memories import Memories
from bridge.latent.anchors import Anchor
from bridge.latent.walks import Walk
from bridge.model.messages import Request
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Part, PlayerKey
from bridge.session.messages.listings import FileRequest


@dataclass(frozen=True, slots=True)
class Send:
    """Send a MIDI message on the output of ``part``. It is due at ``due`` (monotonic seconds), its
    musical time is ``tick``. ``thru``: it is the player's own, passed on."""

    part: Part
    message: bytes
    due: float
    tick: int
    thru: bool = False


@dataclass(frozen=True, slots=True)
class Click:
    """Send a MIDI message on the metronome's output. It is due at ``due`` (monotonic seconds), its
    musical time is ``tick``. It belongs to no part, and is not recorded."""

    message: bytes
    due: float
    tick: int


@dataclass(frozen=True, slots=True)
class ClockOut:
    """Send a system message (clock, transport, song position) on clock output number ``output``
    (from 0), due at ``due`` (monotonic seconds)."""

    output: int
    message: bytes
    due: float


@dataclass(frozen=True, slots=True)
class TurnClockOuts:
    """From here on numbers of clock outputs are those of the outputs that were chosen last."""


@dataclass(frozen=True, slots=True)
class LinkOut:
    """Change the Link session at time ``at``: ``play`` starts it (with beat 0 then, or on its next
    bar line) or stops it, ``bpm`` over 0 sets its tempo; ``align`` places beat 0 like a start, and
    starts nothing. ``LinkIn.done`` is the ``number`` of the last change carried out. Its bars have
    ``quarters`` quarter notes."""

    number: int
    at: float
    play: bool | None = None
    bpm: float = 0.0
    quarters: int = FOUR_FOUR.quarters
    align: bool = False


@dataclass(frozen=True, slots=True)
class PlayerNote:
    """Record the player's note-on, or note-off (velocity 0). A note-on sounds ``higher`` semitones
    above its key."""

    tick: int
    key: PlayerKey
    velocity: int
    higher: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request to the worker; it replaces one that the worker has not begun."""

    request: Request


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence all outputs at once, past every queue: note-offs, All Notes Off and the like."""


@dataclass(frozen=True, slots=True)
class Save:
    """Write the take as a MIDI file to ``path`` (empty: a new name)."""

    path: str


@dataclass(frozen=True, slots=True)
class TurnSound:
    """Turn the program's own sound on, or off if it is on."""


@dataclass(frozen=True, slots=True)
class KeepAnchors:
    """Write the anchors to the user's folder, in place of those in the file."""

    anchors: tuple[Anchor, ...]


@dataclass(frozen=True, slots=True)
class KeepMemories:
    """Write the one-touch memories to the user's folder, in place of those in the file."""

    memories: Memories


@dataclass(frozen=True, slots=True)
class KeepBindings:
    """Write a learned binding (``added``; None: none) into the player's mapping file and delete
    those in ``removed``."""

    added: Binding | None
    removed: tuple[Binding, ...] = ()


Kept = KeepAnchors | KeepMemories | KeepBindings
"""Effects that write what outlasts the session into the user's files."""
PATH_BARS = 64
"""Codes of a path, one a bar, that are written into the history."""


@dataclass(frozen=True, slots=True)
class KeepCode:
    """Write codes into the history (see ``files.history.HistoryEntry``): ``codes`` of ``model``
    (empty: the band's), or the first :data:`PATH_BARS` of a ``path``, played in ``metre``."""

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
    metre: str = FOUR_FOUR.name


@dataclass(frozen=True, slots=True)
class AnswerFromFiles:
    """Answer the screen's request from the model library or the history."""

    request: FileRequest


@dataclass(frozen=True, slots=True)
class FreeNote:
    """Record the player's note-on, or note-off (velocity 0), at ``at`` (monotonic seconds) while
    the band stands; ``bpm`` is the tempo set."""

    at: float
    key: PlayerKey
    velocity: int
    bpm: float


@dataclass(frozen=True, slots=True)
class NewTake:
    """Begin a new take in the recorder, at this tempo (BPM), in this metre, style and key."""

    bpm: float
    metre: Metre = FOUR_FOUR
    style: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The take is over: nothing will continue it."""


@dataclass(frozen=True, slots=True)
class TempoSet:
    """Record a change of tempo at ``tick``."""

    tick: int
    bpm: float


@dataclass(frozen=True, slots=True)
class MetreSet:
    """Record a change of metre: its first bar begins at ``tick``."""

    tick: int
    metre: Metre


@dataclass(frozen=True, slots=True)
class Relocated:
    """Record a jump of the music from tick ``left`` to tick ``to`` (a DAW loops or relocates)."""

    left: int
    to: int


@dataclass(frozen=True, slots=True)
class SectionBegan:
    """Record that the section ``name`` of a form begins at ``tick``."""

    tick: int
    name: str


@dataclass(frozen=True, slots=True)
class ChordNoted:
    """Record that the chord ``name`` sounded from ``tick`` on."""

    tick: int
    name: str


@dataclass(frozen=True, slots=True)
class StyleBegan:
    """Record that the band plays the style ``name`` from ``tick`` on."""

    tick: int
    name: str


@dataclass(frozen=True, slots=True)
class PrintBand:
    """Put what was played in ticks [``first``, ``end``) into the DAW as clips called ``name``.

    ``now`` is the tick that plays. They belong at tick ``start`` of the DAW's song; None: at its
    cursor. ``bpm`` and ``metre`` are those of the music.
    """

    name: str
    first: int
    end: int
    now: int
    start: int | None
    bpm: float
    metre: Metre = FOUR_FOUR


@dataclass(frozen=True, slots=True)
class TakeBackPrint:
    """Take the last print out of the DAW again."""


@dataclass(frozen=True, slots=True)
class End:
    """End the program."""


Effect = (
    Send
    | Click
    | ClockOut
    | TurnClockOuts
    | LinkOut
    | PlayerNote
    | FreeNote
    | Ask
    | Silence
    | Save
    | TurnSound
    | KeepAnchors
    | KeepCode
    | KeepBindings
    | KeepMemories
    | AnswerFromFiles
    | NewTake
    | TakeOver
    | TempoSet
    | MetreSet
    | Relocated
    | SectionBegan
    | ChordNoted
    | StyleBegan
    | PrintBand
    | TakeBackPrint
    | End
)
