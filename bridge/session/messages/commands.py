"""Commands: the messages from the screen to the engine. Typed and small; never pickled.

The screen (or the command line, or a test) sends a :data:`Command`; the engine publishes a
``Snapshot`` at most thirty times a second, which replaces the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from bridge.controllers.memories import MEMORIES, Variation
from bridge.music.grid import METRES
from bridge.music.notes import Part
from bridge.session.messages.arranger_commands import (
    ArmStore,
    ArrangerCommand,
    Audition,
    Break,
    EndAudition,
    Ending,
    Intro,
    LeaveForm,
    PressMemory,
    SetVariation,
    StartForm,
    Transpose,
)
from bridge.session.messages.code_commands import (
    BackCode,
    DrawCode,
    MarkCode,
    PlayCodes,
    PlayPath,
    PlayScore,
    Travel,
    UseModel,
)
from bridge.session.messages.daw import FollowMarkers, PrintClips, PrintWhat, UndoPrint
from bridge.session.messages.ear_commands import (
    ListenTempo,
    ScaleTempo,
    SetHearing,
    TakeStyle,
    ThisIsOne,
)
from bridge.session.messages.listings import FileRequest


class Mode(StrEnum):
    """The band's use of what is played: it follows, loops, answers by turns, or drums to taps."""

    FOLLOW = "follow"
    LOOP = "loop"
    RESPOND = "respond"
    TAP = "tap"


class WhenSilent(StrEnum):
    """The band's behaviour while nobody plays: it keeps playing, or rests."""

    KEEP = "keep"
    REST = "rest"


# --- commands ---------------------------------------------------------------------------


class Start(msgspec.Struct, frozen=True, tag=True):
    """Start from bar 0 (after the count-in)."""


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Stop at once and release what sounds."""


class Panic(msgspec.Struct, frozen=True, tag=True):
    """Silence at once: note-offs, then All Notes Off and the like on every channel."""


class Tap(msgspec.Struct, frozen=True, tag=True):
    """One tap of the tempo, ``at`` monotonic seconds."""

    at: float


class SetTempo(msgspec.Struct, frozen=True, tag=True):
    """Tempo in BPM, clamped to ``BPM_MIN``..``BPM_MAX``."""

    bpm: float


class SetStyle(msgspec.Struct, frozen=True, tag=True):
    """Play in the named style from the next bar on."""

    name: str


class SetMode(msgspec.Struct, frozen=True, tag=True):
    """Change how the band uses what is played, from the next bar on."""

    mode: Mode


class SetMetre(msgspec.Struct, frozen=True, tag=True):
    """Play in another metre from the next bar on: the one of that name, or the next of the model's
    (``by`` 1, or -1 for the one before)."""

    name: str = ""
    by: int = 1


class SetOffset(msgspec.Struct, frozen=True, tag=True):
    """Send what a part plays ``ms`` milliseconds later (negative: earlier) from now on."""

    part: Part
    ms: float


class KeyDown(msgspec.Struct, frozen=True, tag=True):
    """A key of the computer keyboard went down (``at`` monotonic seconds)."""

    at: float
    pitch: int
    velocity: int = 96


class KeyUp(msgspec.Struct, frozen=True, tag=True):
    """A key of the computer keyboard came up."""

    at: float
    pitch: int


class PlayTune(msgspec.Struct, frozen=True, tag=True):
    """Let the named tune be played as live keys (empty: the first tune), or stop it."""

    on: bool
    name: str = ""


class SetControl(msgspec.Struct, frozen=True, tag=True):
    """Set a control of :data:`CONTROLS`, or one of the latent point, to ``value``."""

    target: str
    value: float


class Mute(msgspec.Struct, frozen=True, tag=True):
    """Mute a part (``on``), or let it play."""

    part: Part
    on: bool


class Fill(msgspec.Struct, frozen=True, tag=True):
    """Play a fill from now until the bar ends."""


class Clear(msgspec.Struct, frozen=True, tag=True):
    """Forget the phrase, the loop and the repetitions learned."""


class SetKey(msgspec.Struct, frozen=True, tag=True):
    """Pin the key by name ("C major", "F# minor"); empty lets it follow the player."""

    name: str


class SetChords(msgspec.Struct, frozen=True, tag=True):
    """Fix the harmony: a chart ("Am F C G", a chord a bar, repeated) from the next bar on; empty
    leaves the chords to the player again."""

    text: str


class SetWalk(msgspec.Struct, frozen=True, tag=True):
    """Let the band walk through the latent space by itself: the name of a
    ``latent.walks.WalkKind``, or ``off``. ``bars`` is the period of a figure; ``seed`` None: the
    session's."""

    name: str
    bars: float = 16.0
    seed: int | None = None


class DropAnchor(msgspec.Struct, frozen=True, tag=True):
    """Keep the code of the music heard last as an anchor for walks that use anchors."""


class GoToSection(msgspec.Struct, frozen=True, tag=True):
    """Go to another section of the form at the next bar line: the next with that ``name``, or
    (empty name) ``by`` sections from the one that plays or is pending."""

    name: str = ""
    by: int = 1


class HoldSection(msgspec.Struct, frozen=True, tag=True):
    """Stay in the section (``on``), or let the form go on; None toggles."""

    on: bool | None = None


class Capture(msgspec.Struct, frozen=True, tag=True):
    """Write the take so far as a MIDI file; empty path: a new name."""

    path: str = ""


class MoveTarget(msgspec.Struct, frozen=True, tag=True):
    """Move any target of a mapping file to ``value``, 0..1 of its range, as a knob would. An
    action is carried out when the value rises above 0.5."""

    target: str
    value: float


class SetThru(msgspec.Struct, frozen=True, tag=True):
    """Pass the player's notes on to the melody's output: ``off``, ``keys``, ``all`` or ``auto``
    (see ``setup.Thru``)."""

    thru: str


class SwitchSound(msgspec.Struct, frozen=True, tag=True):
    """Turn the program's own sound on, or off if it is on."""


class SaveAnchor(msgspec.Struct, frozen=True, tag=True):
    """Save the point's place under a name (an anchor of that name is replaced); empty: a number."""

    name: str


class RecallAnchor(msgspec.Struct, frozen=True, tag=True):
    """Move the point to a saved anchor."""

    name: str


class GoToPlace(msgspec.Struct, frozen=True, tag=True):
    """Lead the band to a place on the map, ``x`` and ``y`` -1..1: the knobs of the latent point
    move so that the code that plays goes there, in the time of the control ``glide``."""

    x: float
    y: float


class ForgetAnchor(msgspec.Struct, frozen=True, tag=True):
    """Delete a saved anchor."""

    name: str


class SetMorph(msgspec.Struct, frozen=True, tag=True):
    """Let the control ``morph`` mix anchor ``a`` (0) and anchor ``b`` (1); empty names remove
    the control, and the point stays."""

    a: str
    b: str


class ResetPoint(msgspec.Struct, frozen=True, tag=True):
    """Set all controls of the point to 0, so that the melody alone leads."""


class UndoPoint(msgspec.Struct, frozen=True, tag=True):
    """Undo the last move of the point."""


class Learn(msgspec.Struct, frozen=True, tag=True):
    """MIDI learn: bind the hardware control that moves next to ``target``. Until it is identified,
    no knob moves anything and no key plays. See ``Snapshot.learn``."""

    target: str


class CancelLearn(msgspec.Struct, frozen=True, tag=True):
    """End MIDI learn without a change."""


class ConfirmLearn(msgspec.Struct, frozen=True, tag=True):
    """Bind the control identified so far, and take it from the targets that it moved before."""


class Quit(msgspec.Struct, frozen=True, tag=True):
    """Stop, release everything, end the program."""


Command = (
    Start
    | Stop
    | Panic
    | Tap
    | SetTempo
    | SetStyle
    | SetMode
    | SetMetre
    | KeyDown
    | KeyUp
    | PlayTune
    | SetControl
    | Mute
    | Fill
    | Clear
    | SetKey
    | SetChords
    | SetWalk
    | DropAnchor
    | DrawCode
    | MarkCode
    | Travel
    | BackCode
    | PlayCodes
    | PlayPath
    | PlayScore
    | UseModel
    | GoToSection
    | HoldSection
    | Capture
    | FollowMarkers
    | PrintClips
    | UndoPrint
    | SwitchSound
    | SetThru
    | SetOffset
    | MoveTarget
    | SaveAnchor
    | RecallAnchor
    | ForgetAnchor
    | GoToPlace
    | SetMorph
    | ResetPoint
    | UndoPoint
    | Learn
    | CancelLearn
    | ConfirmLearn
    | FileRequest
    | ArrangerCommand
    | SetHearing
    | ListenTempo
    | ScaleTempo
    | ThisIsOne
    | TakeStyle
    | Quit
)

ACTIONS: Final[Mapping[str, Command]] = {
    "start": Start(),
    "stop": Stop(),
    "panic": Panic(),
    "fill": Fill(),
    **{f"variation:{each}": SetVariation(each) for each in Variation},
    "intro": Intro(),
    "break": Break(),
    "hold break": Break(hold=True),
    "ending": Ending(),
    "store memory": ArmStore(),
    **{f"memory:{number}": PressMemory(number) for number in range(1, MEMORIES + 1)},
    "try next style": Audition(by=1),
    "try previous style": Audition(by=-1),
    "keep style": EndAudition(keep=True),
    "old style": EndAudition(keep=False),
    "transpose up": Transpose(1),
    "transpose down": Transpose(-1),
    "start form": StartForm(),
    "leave form": LeaveForm(),
    "mode:follow": SetMode(Mode.FOLLOW),
    "mode:loop": SetMode(Mode.LOOP),
    "mode:respond": SetMode(Mode.RESPOND),
    "mode:tap": SetMode(Mode.TAP),
    "next metre": SetMetre(),
    **{f"metre:{name}": SetMetre(name) for name in METRES},
    "clear": Clear(),
    "clear chords": SetChords(""),
    "capture": Capture(),
    "print": PrintClips(),
    "print take": PrintClips(PrintWhat.TAKE),
    "print loop": PrintClips(PrintWhat.LOOP),
    "undo print": UndoPrint(),
    "drop anchor": DropAnchor(),
    "draw code": DrawCode(),
    "set a": MarkCode("a"),
    "set b": MarkCode("b"),
    "travel": Travel(),
    "pathway": PlayPath(),
    "previous sample": BackCode(),
    "save anchor": SaveAnchor(""),
    "reset point": ResetPoint(),
    "undo point": UndoPoint(),
    "next section": GoToSection(by=1),
    "previous section": GoToSection(by=-1),
    "hold section": HoldSection(),
    **{f"hear:{mode}": SetHearing(mode=mode) for mode in ("auto", "whole", "left", "melody")},
    **{f"bass:{move}": SetHearing(bass=move) for move in ("at-once", "next-8th", "never")},
    "listen tempo": ListenTempo(),
    "take style": TakeStyle(),
    "halve tempo": ScaleTempo(0.5),
    "double tempo": ScaleTempo(2.0),
}
"""The command that an action of the catalog (:mod:`bridge.controllers.catalog`) is. Those that
depend on the session or the moment are in :mod:`bridge.session.handlers.target_actions`."""
