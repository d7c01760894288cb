"""Parts of test sessions: a model with two styles and two directions, a simple worker, events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from bridge.latent.directions import Directions
from bridge.model.contract import ModelSpec, Preset
from bridge.model.messages import BarTokens, FromWorker, Request, Result, WorkerReady
from bridge.music.tokens import pitch_to_class
from bridge.session.messages import commands as m
from bridge.session.messages.commands import Command
from bridge.session.simulation import Played, Row, play
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn
from bridge.session.state.session_state import State
from bridge.session.state.setup import ModelFacts

BEAT = 0.5
BAR = 4 * BEAT
"""Seconds at 120 BPM."""
T0 = 1.0
"""The time (seconds) at which tests start the music."""

SPEC = ModelSpec(
    name="test",
    kind="trio",
    title="a model for tests",
    licence="none",
    bars=4,
    steps_per_bar=16,
    latent=2,
    tracks={"melody": 90, "bass": 90, "drums": 512},
    graphs={},
    style=1,
    common_key=True,
    chord_classes=25,
)
PRESETS = {
    "rock": Preset("rock", np.zeros(1, np.float32)),
    "swing": Preset("swing", np.ones(1, np.float32), tempo=140.0, swing=0.6),
}
DIRECTIONS = Directions(("density", "wild"), np.eye(2, dtype=np.float32))


def simple_answer(request: Request) -> Result:
    """Kick and snare on the beats; the bass holds the last heard class's pitch, or C.

    The style's first value and the density knob show in the drums, so that tests can tell
    which request a bar came from.
    """
    heard = [c for c, h in zip(request.melody, request.heard, strict=True) if h and c > 1]
    bass = heard[-1] if heard else pitch_to_class(60)
    drums = [0] * 16
    drums[0] = drums[8] = 1
    drums[4] = drums[12] = 2
    if request.style[0] > 0.5:
        drums[2] = 4
    if request.offset and request.offset[0] > 0.5:
        drums = [d | 256 for d in drums]
    bar = BarTokens(
        melody=(pitch_to_class(72), *[0] * 7, 1, *[0] * 7),
        bass=(bass, *[0] * 6, 1, bass, *[0] * 6, 1),
        drums=tuple(drums),
    )
    return Result(
        generation=request.generation,
        target_bar=request.target_bar,
        bars=(bar,) * len(request.bars),
        code=(0.0, 0.0),
        chords=(1,) * 8,
        milliseconds=1.0,
    )


class RecordingWorker:
    """A worker that answers as :func:`simple_answer` and records the last request of each bar."""

    def __init__(self) -> None:
        self.asked: dict[int, Request] = {}

    def __call__(self, request: Request) -> FromWorker:
        self.asked[request.target_bar] = request
        return simple_answer(request)


FACTS = ModelFacts(SPEC, PRESETS, DIRECTIONS, prior=True)


def on(at: float, pitch: int, velocity: int = 96) -> MidiIn:
    """A key pressed at ``at`` seconds after the start."""
    return MidiIn(T0 + at, bytes((0x90, pitch, velocity)))


def off(at: float, pitch: int) -> MidiIn:
    """A key released at ``at`` seconds after the start."""
    return MidiIn(T0 + at, bytes((0x80, pitch, 0)))


def told(at: float, command: Command) -> CommandReceived:
    """A command ``at`` seconds after the start."""
    return CommandReceived(T0 + at, command)


def tune(bars: int, pitches: Iterable[int] = (60, 64, 67, 64)) -> list[Event]:
    """``bars`` bars of quarter notes from the start on, whose ``pitches`` repeat."""
    pitches = list(pitches)
    events: list[Event] = []
    for beat in range(bars * 4):
        pitch = pitches[beat % len(pitches)]
        events += [on(beat * BEAT, pitch), off(beat * BEAT + 0.4, pitch)]
    return events


def run(
    state: State,
    events: Iterable[Event],
    until: float,
    answer: Callable[[Request], FromWorker] = simple_answer,
    **options: object,
) -> Played:
    """Simulate until ``until`` seconds after the start; the worker is ready from second 0."""
    ready = Answered(0.0, WorkerReady("test", 1.0))
    return play(state, [ready, *events], answer, T0 + until, **options)  # type: ignore[arg-type]


def ons(played: Played, part: str) -> list[Row]:
    """The note-ons of a part."""
    return [r for r in played.rows if r.part == part and r.kind == "on"]


def assert_closed(played: Played) -> None:
    """Assert that every note sent has ended, the player's own included."""
    sounding: Counter[tuple[str, int, int]] = Counter()
    for _, send in played.sent:
        if send.message[0] & 0xE0 != 0x80:
            continue  # a pedal, a bend or pressure that was passed on
        status, pitch, velocity = send.message
        key = (send.part.value, status & 0x0F, pitch)
        if status & 0xF0 == 0x90 and velocity:
            sounding[key] += 1
        else:
            sounding[key] = 0
    assert not +sounding


def during(bars: float, *commands: m.Command) -> list:
    """Commands shortly after the bar line of ``bars``, one after another."""
    return [told(bars * BAR + 0.05 * n + 0.2, command) for n, command in enumerate(commands)]
