"""The session as one frozen value, and what goes in and out of :func:`core.step`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from msgspec import structs

from bridge.errors import NameUnknown
from bridge.latent.analysis import LatentStatistics
from bridge.latent.axes import style_axes
from bridge.latent.cipher import Cipher, Written
from bridge.latent.directions import Directions
from bridge.latent.mimicry import Habit
from bridge.latent.point import Point
from bridge.latent.space import Floats
from bridge.latent.walks import Walk, Walker
from bridge.midi.control import Binding, ControlState
from bridge.midi.learn import Heard as ControlHeard
from bridge.midi.learn import Learner
from bridge.model.contract import BarTokens, FromWorker, ModelSpec, Preset
from bridge.music.chords import Chart
from bridge.music.form import Form
from bridge.music.key import Key, KeyTracker
from bridge.music.notes import Note, Part
from bridge.music.phrase import Phrase
from bridge.session.course import Course, FormRun
from bridge.session.effects import (
    Ask as Ask,
)
from bridge.session.effects import (
    ClockOut as ClockOut,
)
from bridge.session.effects import (
    Effect as Effect,
)
from bridge.session.effects import (
    End as End,
)
from bridge.session.effects import (
    Heard as Heard,
)
from bridge.session.effects import (
    KeepAnchors as KeepAnchors,
)
from bridge.session.effects import (
    KeepBindings as KeepBindings,
)
from bridge.session.effects import (
    KeepCode as KeepCode,
)
from bridge.session.effects import (
    LinkOut as LinkOut,
)
from bridge.session.effects import (
    NewTake as NewTake,
)
from bridge.session.effects import (
    Save as Save,
)
from bridge.session.effects import (
    Send as Send,
)
from bridge.session.effects import (
    Silence as Silence,
)
from bridge.session.effects import (
    TempoSet as TempoSet,
)
from bridge.session.effects import (
    TurnSound as TurnSound,
)
from bridge.session.knobs import informed
from bridge.session.messages import (
    CONTROLS,
    Command,
    Counters,
    LearnStatus,
    Mode,
    WorkerState,
)
from bridge.session.setup import (
    NO_TAPS as NO_TAPS,
)
from bridge.session.setup import (
    Setup as Setup,
)
from bridge.session.setup import (
    Thru as Thru,
)
from bridge.session.spacemap import SpaceMap, map_of
from bridge.timing.follow import Follower
from bridge.timing.lead import Lead
from bridge.timing.meter import Meter
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import BeatLine, Taps

THRU = "thru"
"""The lane of notes that the player plays, when they are passed on to an output."""
PLAYER = "player"
"""The lane of the built-in player: its notes come back in as key presses."""
LANES = (Part.MELODY, Part.BASS, Part.DRUMS)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the session needs to know of its model without running it.

    ``neurons`` are the dimensions that carry most of the band's music, the surest first;
    ``prior`` says that it knows what is likely to follow what, ``taps`` that a model that makes
    drums of taps is beside it; ``shape`` [K, Z] are the deviations of its codes along their
    principal axes, where they are known; ``known`` is what is known of its latent space.
    """

    spec: ModelSpec
    presets: Mapping[str, Preset]
    directions: Directions
    neurons: tuple[int, ...] = ()
    prior: bool = False
    taps: bool = False
    shape: Floats | None = field(default=None, repr=False, compare=False)
    known: LatentStatistics | None = field(default=None, repr=False, compare=False)
    style_axes: Floats = field(init=False, repr=False, compare=False)
    """[N, S], see ``latent.axes``: worked out from the presets."""
    space: SpaceMap | None = field(init=False, repr=False, compare=False)
    """The map, worked out from what is ``known``."""

    def __post_init__(self) -> None:
        drawn = None if self.known is None else map_of(self.known)
        object.__setattr__(self, "space", drawn)
        rows = [np.asarray(preset.vector, np.float32) for preset in self.presets.values()]
        vectors = np.stack(rows) if rows else np.zeros((0, self.spec.style), np.float32)
        object.__setattr__(self, "style_axes", style_axes(vectors))


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar that was generated: classes in the common key and how they were asked for.

    ``shift`` moved the played music into the common key; ``chords`` are the bar's two chord
    classes in the key as played; ``answer`` says whether its melody is played too; ``blind``
    that no key was known, so that the drums play alone; ``coded`` that it was decoded from a
    code, not from what was played; ``own_key`` that its melody is as it sounds. ``written`` are
    its notes, where it is a bar of a score.
    """

    tokens: BarTokens
    shift: int
    chords: tuple[int, ...]
    style: str
    answer: bool = False
    blind: bool = False
    coded: bool = False
    own_key: bool = False
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under way: for ``bar``; its result may be placed from tick ``start`` on."""

    generation: int
    bar: int
    start: int
    shift: int
    style: str
    answer: bool
    index: int
    blind: bool = False
    patch: bool = False
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """The phrase that loops: ``notes`` lie in bars [start, start + bars)."""

    start: int
    bars: int
    notes: tuple[Note, ...]


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


def empty_lanes() -> dict[Part, Schedule]:
    """A schedule for each part, with nothing in it."""
    return {part: Schedule() for part in LANES}


@dataclass(frozen=True, slots=True)
class Learning:
    """MIDI learn under way: what is told about it, what was heard, and the control it is."""

    status: LearnStatus
    learner: Learner = field(default_factory=Learner)
    heard: ControlHeard | None = None


class State(msgspec.Struct, frozen=True):
    """Everything the session knows. Replaced, never changed.

    ``now`` is the time of the last event, ``bar`` the bar being played, ``stopped_at`` the
    beat of the last stop; ``opening`` is a bar made ready for a start (or the groove to fall
    back on); ``asked`` holds requests under way by generation, ``stage`` the (bar, times) of
    the last regular one; ``dirty`` says that a knob moved since; ``joining`` that
    we begin at the next beat of a master that runs. ``walker`` is where the
    ``walk`` stands; ``habit`` what was learnt of the player up to ``habit_bar``, and
    ``habit_code`` the code that was heard last; ``codes`` are those that bars were made of.
    ``form_run`` is where the form is that runs under the player; ``chart`` has the chords that
    are fixed from bar ``chart_bar`` on.
    """

    setup: Setup
    facts: ModelFacts
    line: BeatLine
    style: str
    mode: Mode
    controls: Mapping[str, float]
    now: float = 0.0
    running: bool = False
    behind: bool = False
    stopped_at: float = 0.0
    first_bar: int = 0
    bar: int = 0
    pending_style: str = ""
    pending_mode: Mode | None = None
    phrase: Phrase = msgspec.field(default_factory=Phrase)
    key: KeyTracker = msgspec.field(default_factory=KeyTracker)
    lanes: Mapping[Part, Schedule] = msgspec.field(
        default_factory=lambda: {p: Schedule() for p in LANES}
    )
    player: Schedule = msgspec.field(default_factory=Schedule)
    thru: Mapping[int, int] = msgspec.field(default_factory=dict)
    bars: Mapping[int, Placed] = msgspec.field(default_factory=dict)
    opening: Placed | None = None
    asked: Mapping[int, Asked] = msgspec.field(default_factory=dict)
    stage: tuple[int, int] = (-1, -1)
    dirty: bool = False
    generation: int = 0
    loop: Loop | None = None
    form: Form = msgspec.field(default_factory=Form)
    fill_bar: int = -1
    point: Point = Point()
    cipher: Cipher = Cipher()
    walk: Walk | None = None
    walker: Walker | None = None
    anchors: tuple[tuple[float, ...], ...] = ()
    habit: Habit | None = None
    habit_bar: int = -1
    habit_code: tuple[float, ...] | None = None
    codes: Mapping[int, tuple[float, ...]] = msgspec.field(default_factory=dict)
    form_run: FormRun | None = None
    chart: Chart = Chart()
    chart_bar: int = 0
    tune: str = ""
    follower: Follower | None = None
    linked: LinkIn | None = None
    link_outs: int = 0
    joining: bool = False
    meter: Meter = msgspec.field(default_factory=Meter)
    leads: tuple[Lead, ...] = ()
    taps: Taps = msgspec.field(default_factory=Taps)
    bindings: ControlState = msgspec.field(default_factory=ControlState)
    learn: Learning | None = None
    muted: frozenset[Part] = frozenset()
    worker: WorkerState = WorkerState.STARTING
    model_ms: float = 0.0
    counters: Counters = msgspec.field(default_factory=Counters)
    message: str = ""

    @property
    def course(self) -> Course | None:
        """The form that runs under the player."""
        return self.setup.course

    @property
    def next_mode(self) -> Mode:
        """How the bars still to be planned are played: the mode chosen, from the next bar on."""
        return self.pending_mode or self.mode

    def count(self, **steps: int) -> State:
        """This state with some counters raised."""
        changed = {name: getattr(self.counters, name) + by for name, by in steps.items()}
        return self.but(counters=structs.replace(self.counters, **changed))

    def but(self, **changes: Any) -> State:
        """This state with some fields changed (40 times faster than ``dataclasses.replace``)."""
        return structs.replace(self, **changes)

    def control(self, name: str) -> float:
        """The value of a control."""
        return self.controls.get(name, 0.0)


def first_state(setup: Setup, facts: ModelFacts, bindings: ControlState | None = None) -> State:
    """A stopped session. The style is the setup's, or the model's first; NameUnknown when
    the model has none of that name."""
    course = setup.course
    style = course.first_style if course is not None else ""
    style = style or setup.style or next(iter(facts.presets), "")
    if style not in facts.presets:
        raise NameUnknown("style", style, facts.presets, "(see: latent-bridge styles)")
    controls = {name: default for name, (_, _, default) in CONTROLS.items()}
    controls |= {f"direction:{name}": 0.0 for name in facts.directions.names}
    controls["glide"] = setup.glide
    controls["swing"] = facts.presets[style].swing
    return State(
        setup=setup,
        facts=facts,
        follower=Follower(setup.clock_offset, setup.clock_unit) if setup.clock else None,
        linked=LinkIn(0.0, BeatLine.at_tempo(setup.bpm)) if setup.link else None,
        leads=tuple(Lead(offset) for offset in setup.clock_outs),
        line=BeatLine.at_tempo(setup.bpm),
        style=style,
        mode=setup.mode,
        controls=controls,
        point=Point(saved={anchor.name: anchor for anchor in setup.anchors}),
        key=KeyTracker().pin(Key.parse(setup.key)) if setup.key else KeyTracker(),
        bindings=informed(bindings or ControlState(), setup.bpm, controls),
        form_run=None if course is None else FormRun(),
        chart=setup.chart,
        cipher=Cipher(guest=setup.guest),
    )


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
class Told:
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


Event = Tick | MidiIn | ClockIn | LinkIn | Told | Answered | WorkerLost | Notice | Remapped

Step = tuple[State, list[Effect]]
