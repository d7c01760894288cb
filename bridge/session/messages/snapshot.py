"""The snapshot of a session that the engine sends to the screen."""

from __future__ import annotations

import msgspec

from bridge.music.notes import Part
from bridge.session.messages.arranger_status import ArrangerStatus, ChordCell, HearingStatus
from bridge.session.messages.code_commands import CodeStatus
from bridge.session.messages.commands import Mode
from bridge.session.messages.daw import DawStatus
from bridge.session.messages.latent_map import Attribute, SpaceMap, Spot
from bridge.session.messages.listings import Listing
from bridge.session.messages.status import (
    ClockStatus,
    ControlStatus,
    Counters,
    FormStatus,
    KnobStatus,
    LearnStatus,
    PortStatus,
    RollNote,
    Timing,
    WorkerState,
)
from bridge.session.messages.takes import TakeStatus


class Snapshot(msgspec.Struct, frozen=True, tag=True):
    """The session at one moment.

    ``at`` (monotonic seconds) and ``beat`` (quarter notes from bar 0, negative in the count-in)
    let the screen extrapolate with ``bpm`` while ``running``. ``metre`` is that of the bar that
    plays, ``next_metre`` that of the bars to come, ``metres`` are those of the model; ``grid`` has
    the bar lines (see ``Grid.rows``); ``feel`` is that of what is played (empty: unknown).
    ``chart`` are the fixed chords;
    ``codes`` is the code player's status. ``dropped`` is the number of anchors dropped for walks;
    ``anchors`` are the names of the saved ones, ``morph`` the two that the control mixes.
    ``space`` is the map of the latent space (None: unknown); on it ``point`` is the place of the
    code decoded last, ``trail`` the places before, ``spots`` the saved anchors. ``attributes``
    describe the bar that plays and the next; ``energy`` 0..1 is the player's (None: nobody
    plays); ``hearing`` is what the ears think, ``chords`` the chord lane; ``solo`` are the parts
    that are soloed; ``numbered`` are the numbers of neurons and of style axes. ``daw`` is
    the DAW that the band prints into, ``take`` the one that is being recorded (None: none).
    ``said`` counts the messages; ``going`` is the place on the map that the band is on its way to
    (None: it is there).
    """

    at: float
    running: bool
    beat: float
    bpm: float
    mode: Mode
    style: str
    styles: tuple[str, ...]
    worker: WorkerState
    pending_style: str = ""
    pending_mode: str = ""
    count_in: bool = False
    clock: str = "internal"
    key: str = ""
    key_pinned: bool = False
    chord: str = ""
    next_chord: str = ""
    energy: float | None = None
    chart: str = ""
    phrase_bars: int = 0
    ports: tuple[PortStatus, ...] = ()
    roll: tuple[RollNote, ...] = ()
    held: tuple[int, ...] = ()
    controls: tuple[ControlStatus, ...] = ()
    muted: tuple[Part, ...] = ()
    tune: str = ""
    tunes: tuple[str, ...] = ()
    counters: Counters = Counters()
    timing: Timing = Timing()
    message: str = ""
    model: str = ""
    filling: bool = False
    walk: str = ""
    meter: ClockStatus | None = None
    form: FormStatus | None = None
    dropped: int = 0
    anchors: tuple[str, ...] = ()
    morph: tuple[str, str] | None = None
    point: tuple[float, float] | None = None
    space: SpaceMap | None = None
    trail: tuple[Spot, ...] = ()
    spots: tuple[tuple[str, Spot], ...] = ()
    attributes: tuple[Attribute, ...] = ()
    knobs: tuple[KnobStatus, ...] = ()
    learn: LearnStatus | None = None
    codes: CodeStatus | None = None
    numbered: tuple[int, int] = (0, 0)
    metre: str = "4/4"
    next_metre: str = "4/4"
    metres: tuple[str, ...] = ("4/4",)
    feel: str = ""
    grid: tuple[tuple[int, int, str], ...] = ((0, 0, "4/4"),)
    daw: DawStatus | None = None
    take: TakeStatus | None = None
    arranger: ArrangerStatus = ArrangerStatus()
    hearing: HearingStatus = HearingStatus()
    chords: tuple[ChordCell, ...] = ()
    solo: tuple[Part, ...] = ()
    said: int = 0
    going: Spot | None = None


class Goodbye(msgspec.Struct, frozen=True, tag=True):
    """The engine ends; so must the screen."""


FromEngine = Snapshot | Listing | Goodbye
