"""The session as one frozen value, and what goes in and out of :func:`core.step`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from bridge.controllers.bindings import ControlState
from bridge.controllers.catalog import CONTROLS
from bridge.controllers.scaling import sync_knobs
from bridge.errors import NameUnknown
from bridge.latent.player_profile import PlayerProfile
from bridge.latent.walks import Walk, WalkState
from bridge.music.chords import Chart
from bridge.music.key import Key, KeyTracker
from bridge.music.notes import Part
from bridge.music.phrase import Phrase
from bridge.music.repetition import RepetitionMemory
from bridge.session.messages.commands import Mode
from bridge.session.messages.status import Counters, WorkerState
from bridge.session.state.bars import GeneratedBar, Loop, PendingRequest
from bridge.session.state.code_player import CodePlayer
from bridge.session.state.controllers import Learning
from bridge.session.state.effects import Ask as Ask
from bridge.session.state.effects import ClockOut as ClockOut
from bridge.session.state.effects import Effect as Effect
from bridge.session.state.effects import End as End
from bridge.session.state.effects import KeepAnchors as KeepAnchors
from bridge.session.state.effects import KeepBindings as KeepBindings
from bridge.session.state.effects import KeepCode as KeepCode
from bridge.session.state.effects import LinkOut as LinkOut
from bridge.session.state.effects import NewTake as NewTake
from bridge.session.state.effects import Save as Save
from bridge.session.state.effects import Send as Send
from bridge.session.state.effects import Silence as Silence
from bridge.session.state.effects import TempoSet as TempoSet
from bridge.session.state.effects import TurnSound as TurnSound
from bridge.session.state.events import LinkIn
from bridge.session.state.form_position import FormPosition, LiveForm
from bridge.session.state.latent_point import Point
from bridge.session.state.setup import NO_TAPS as NO_TAPS
from bridge.session.state.setup import ModelFacts
from bridge.session.state.setup import Setup as Setup
from bridge.session.state.setup import Thru as Thru
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.clock_meter import ClockMeter
from bridge.timing.clock_sender import ClockSender
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import BeatLine, Taps

THRU = "thru"
"""The lane of notes that the player plays, when they are passed on to an output."""
PLAYER = "player"
"""The lane of the built-in player: its notes come back in as key presses."""
LANES = (Part.MELODY, Part.BASS, Part.DRUMS)


def empty_lanes() -> dict[Part, Schedule]:
    """A schedule for each part, with nothing in it."""
    return {part: Schedule() for part in LANES}


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
    bars: Mapping[int, GeneratedBar] = msgspec.field(default_factory=dict)
    opening: GeneratedBar | None = None
    asked: Mapping[int, PendingRequest] = msgspec.field(default_factory=dict)
    stage: tuple[int, int] = (-1, -1)
    dirty: bool = False
    generation: int = 0
    loop: Loop | None = None
    form: RepetitionMemory = msgspec.field(default_factory=RepetitionMemory)
    fill_bar: int = -1
    point: Point = Point()
    cipher: CodePlayer = CodePlayer()
    walk: Walk | None = None
    walker: WalkState | None = None
    anchors: tuple[tuple[float, ...], ...] = ()
    habit: PlayerProfile | None = None
    habit_bar: int = -1
    habit_code: tuple[float, ...] | None = None
    codes: Mapping[int, tuple[float, ...]] = msgspec.field(default_factory=dict)
    form_run: FormPosition | None = None
    chart: Chart = Chart()
    chart_bar: int = 0
    tune: str = ""
    follower: ClockFollower | None = None
    linked: LinkIn | None = None
    link_outs: int = 0
    joining: bool = False
    meter: ClockMeter = msgspec.field(default_factory=ClockMeter)
    leads: tuple[ClockSender, ...] = ()
    taps: Taps = msgspec.field(default_factory=Taps)
    bindings: ControlState = msgspec.field(default_factory=ControlState)
    learn: Learning | None = None
    muted: frozenset[Part] = frozenset()
    worker: WorkerState = WorkerState.STARTING
    model_ms: float = 0.0
    counters: Counters = msgspec.field(default_factory=Counters)
    message: str = ""

    @property
    def course(self) -> LiveForm | None:
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
        follower=ClockFollower(setup.clock_offset, setup.clock_unit) if setup.clock else None,
        linked=LinkIn(0.0, BeatLine.at_tempo(setup.bpm)) if setup.link else None,
        leads=tuple(ClockSender(offset) for offset in setup.clock_outs),
        line=BeatLine.at_tempo(setup.bpm),
        style=style,
        mode=setup.mode,
        controls=controls,
        point=Point(saved={anchor.name: anchor for anchor in setup.anchors}),
        key=KeyTracker().pin(Key.parse(setup.key)) if setup.key else KeyTracker(),
        bindings=sync_knobs(bindings or ControlState(), setup.bpm, controls),
        form_run=None if course is None else FormPosition(),
        chart=setup.chart,
        cipher=CodePlayer(guest=setup.guest),
    )


Step = tuple[State, list[Effect]]
