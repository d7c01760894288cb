"""A made-up session for tests, for the screenshot, and for work on the screen.

A fixed tune over four chords, as the engine would report it; nothing sounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import msgspec

from bridge.controllers.catalog import CONTROLS
from bridge.music.attributes import ATTRIBUTES
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.latent_map import Attribute, SpaceMap, Spot
from bridge.session.messages.listings import (
    HistoryList,
    HistoryRow,
    ListHistory,
    ListModels,
    ModelList,
    ModelRow,
)
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import (
    ControlStatus,
    Counters,
    KnobStatus,
    NoteState,
    PortStatus,
    RollNote,
    Timing,
    WorkerState,
)
from bridge.system.clock import monotonic_seconds
from bridge.ui.engine_link import Listings, Rows

STEP = FOUR_FOUR.ticks_per_step
STYLES = (
    "Bossa Nova", "Swing", "Rock Ballad", "Funk 16", "Reggae", "Samba", "Disco", "Slow Blues",
    "Country Waltz", "Motown", "Hip Hop", "Indie 8ths", "Tango", "Shuffle", "Ska", "Soul",
)  # fmt: skip
TUNES = ("Greensleeves", "Ode to Joy", "Scarborough Fair", "When the Saints")
CHORDS = ("Am7", "Dm7", "G7", "Cmaj7")
_ROOTS = (45, 38, 43, 36)
_TUNE: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((0, 4, 69), (4, 2, 72), (6, 2, 76), (8, 6, 74), (14, 2, 72)),
    ((0, 4, 74), (4, 2, 77), (6, 2, 76), (8, 4, 74), (12, 4, 69)),
    ((0, 3, 71), (3, 3, 74), (6, 2, 77), (8, 4, 79), (12, 2, 77), (14, 2, 74)),
    ((0, 6, 76), (6, 2, 72), (8, 4, 67), (12, 2, 64), (14, 2, 67)),
)
"""Four bars of (step, steps, pitch)."""
_BASS = ((0, 5, 0), (6, 2, 7), (8, 4, 12), (12, 2, 7), (14, 2, 5))
_DRUMS = (
    *((step, 42, 92 if step % 4 == 0 else 58) for step in range(0, 16, 2)),
    (0, 36, 112), (6, 36, 84), (8, 36, 104), (4, 38, 110), (12, 38, 110), (15, 38, 40),
    (14, 46, 90), (3, 37, 60), (10, 37, 60),
)  # fmt: skip
_DIRECTIONS = {"density": 0.4, "syncopation": -0.25, "brightness": 0.1, "complexity": 0.0}
_MAPPED = (("direction:density", 0.7, True), ("direction:syncopation", 0.8, False),
           ("temperature", 0.3, False), ("volume bass", 0.53, True))  # fmt: skip
_SPREAD = (0.5, 0.35)
_PORTS = (
    ("in", "Latent Bridge In", True),
    ("melody", "Latent Bridge Melody", True),
    ("bass", "Latent Bridge Bass", True),
    ("drums", "Latent Bridge Drums", True),
    ("clock", "Ardour MIDI Clock", False),
)

MODELS = ModelList((
    ModelRow("trio-4bar", "trio, 4 bars: accompany, sample, interpolate, encode",
             "run: latent-bridge play --model trio-4bar"),
))  # fmt: skip
HISTORY = HistoryList((
    HistoryRow(2, "dawn", "live: draw", "trio-4bar", 12, 1, "2026-11-21T12:30:00+00:00"),
    HistoryRow(1, "", "sample", "trio-4bar", 11, 4, "2026-11-21T12:00:00+00:00"),
))  # fmt: skip


def _bar_notes(bar: int) -> Iterator[tuple[Part, int, int, int, int]]:
    start = bar * FOUR_FOUR.ticks
    for step, steps, pitch in _TUNE[bar % 4]:
        yield (
            Part.MELODY,
            start + step * STEP,
            steps * STEP,
            pitch,
            96,
        )
    for step, steps, above in _BASS:
        tick = start + step * STEP
        yield Part.BASS, tick, steps * STEP, _ROOTS[bar % 4] + above, 100
    for step, pitch, velocity in _DRUMS:
        yield (
            Part.DRUMS,
            start + step * STEP,
            STEP,
            pitch,
            velocity,
        )
    if bar % 4 == 0:
        yield Part.DRUMS, start, STEP, 49, 110


def _state(part: Part, tick: int, length: int, now: int) -> NoteState | None:
    if part is Part.MELODY:
        return NoteState.PLAYED if tick <= now else None
    if tick + length <= now:
        return NoteState.PLAYED
    in_this_bar = tick // FOUR_FOUR.ticks <= now // FOUR_FOUR.ticks
    return NoteState.COMMITTED if in_this_bar else NoteState.PLANNED


def roll_at(beat: float) -> tuple[RollNote, ...]:
    """The notes from six bars ago to the end of the next bar."""
    now = int(beat * TICKS_PER_BEAT)
    bar = now // FOUR_FOUR.ticks
    notes = []
    for each in range(max(0, bar - 6), bar + 2):
        for part, tick, length, pitch, velocity in _bar_notes(each):
            state = _state(part, tick, length, now)
            if state is NoteState.PLAYED and part is Part.MELODY:
                length = min(length, max(1, now - tick))
            if state is not None:
                notes.append(RollNote(part, tick, length, pitch, velocity, state))
    return tuple(notes)


def controls() -> tuple[ControlStatus, ...]:
    """Every control of :data:`bridge.controllers.catalog.CONTROLS` and four directions."""
    fixed = [ControlStatus(n, low, high, v) for n, (low, high, v) in CONTROLS.items()]
    moved = [ControlStatus(f"direction:{n}", -1.0, 1.0, v) for n, v in _DIRECTIONS.items()]
    return (*fixed, *moved)


def knobs() -> tuple[KnobStatus, ...]:
    """Four mapped controls, two of which have not been caught yet."""
    return tuple(
        KnobStatus(name, f"cc {20 + i} ch 1", place, place, caught)
        for i, (name, place, caught) in enumerate(_MAPPED)
    )


def space() -> SpaceMap:
    """A round cloud with the styles in a ring."""
    cells = [[(x / 23.5 - 1, y / 11.5 - 1) for x in range(48)] for y in range(24)]
    rows = tuple(
        "".join(
            str(round(9 * math.exp(-((x / _SPREAD[0]) ** 2) - (y / _SPREAD[1]) ** 2)))
            for x, y in row
        )
        for row in cells
    )
    turns = [2 * math.pi * i / len(STYLES) for i in range(len(STYLES))]
    return SpaceMap(rows, STYLES, tuple((0.6 * math.cos(t), 0.7 * math.sin(t)) for t in turns))


def trail_at(bar: int) -> tuple[Spot, ...]:
    """A point that wanders, one place a bar."""
    return tuple(
        (0.3 * math.sin(b / 3), 0.25 * math.cos(b / 4)) for b in range(max(0, bar - 24), bar + 1)
    )


def attributes() -> tuple[Attribute, ...]:
    """All attributes of two made-up bars."""
    return tuple(
        Attribute(name, (3 * i + 2) % 11 / 10, (5 * i + 4) % 11 / 10)
        for i, name in enumerate(ATTRIBUTES)
    )


def snapshot_at(beat: float, at: float = 0.0, running: bool = True) -> Snapshot:
    """The made-up session at a beat."""
    bar = int(beat // FOUR_FOUR.beats)
    roll = roll_at(beat)
    now = int(beat * TICKS_PER_BEAT)
    held = tuple(
        n.pitch for n in roll if n.part is Part.MELODY and n.tick <= now <= n.tick + n.length + 1
    )
    return Snapshot(
        at=at, running=running, beat=beat, bpm=112.0, mode=m.Mode.FOLLOW, style=STYLES[0],
        styles=STYLES, worker=WorkerState.READY, key="A minor", count_in=running and beat < 0,
        chord=CHORDS[bar % 4], next_chord=CHORDS[(bar + 1) % 4], phrase_bars=4,
        ports=tuple(PortStatus(r, n, c, at - 0.1 * i if c and running else 0.0)
                    for i, (r, n, c) in enumerate(_PORTS)),
        roll=roll, held=held if running else (), controls=controls(), tunes=TUNES,
        tune=TUNES[0] if running else "",
        counters=Counters(notes_in=212, notes_out=1840, bars_generated=max(0, bar)),
        timing=Timing(38.0, 121.0, 640.0, 5.4), model="trio-4bar",
        message="press space to start" if not running else "", knobs=knobs(), space=space(),
        trail=trail_at(bar), spots=(("verse", (-0.4, 0.2)), ("chorus", (0.45, -0.3))),
        attributes=attributes() if running else (),
    )  # fmt: skip


class SampleLink:
    """A made-up engine in this process: the transport, styles, modes and knobs respond."""

    def __init__(self, now: Callable[[], float] = monotonic_seconds) -> None:
        self._now = now
        self._since: float | None = now()
        self._shown = snapshot_at(0.0, now())
        self._listings = Listings()
        self.ended = False

    def latest(self) -> Snapshot:
        """The session now."""
        now = self._now()
        beat = 0.0 if self._since is None else (now - self._since) * self._shown.bpm / 60 - 4
        fresh = snapshot_at(beat, now, self._since is not None)
        kept = {
            name: getattr(self._shown, name)
            for name in ("style", "bpm", "mode", "controls", "muted", "tune", "key", "key_pinned")
        }
        return msgspec.structs.replace(fresh, **kept)

    def listing(self, kind: type[Rows]) -> Rows | None:
        """The made-up list of this kind, once it was asked for."""
        return self._listings.get(kind)

    def post(self, command: m.Command) -> None:
        """Carry out the command, roughly."""
        match command:
            case m.Start():
                self._since = self._now()
            case m.Stop() | m.Panic():
                self._since = None
            case m.SetControl(target=name, value=value):
                moved = tuple(
                    msgspec.structs.replace(c, value=value) if c.name == name else c
                    for c in self._shown.controls
                )
                self._keep(controls=moved)
            case m.Mute(part=part, on=on):
                others = tuple(p for p in self._shown.muted if p is not part)
                self._keep(muted=(*others, part) if on else others)
            case m.SetTempo(bpm=bpm):
                self._keep(bpm=bpm)
            case m.SetStyle(name=name):
                self._keep(style=name)
            case m.SetMode(mode=mode):
                self._keep(mode=mode)
            case m.SetKey(name=name):
                self._keep(key=name or "A minor", key_pinned=bool(name))
            case m.PlayTune(on=on, name=name):
                self._keep(tune=name if on else "")
            case ListModels():
                self._listings.put(MODELS)
            case ListHistory(stamp=""):
                self._listings.put(HISTORY)

    def close(self) -> None:
        """Nothing to let go of."""

    def _keep(self, **changes: object) -> None:
        self._shown = msgspec.structs.replace(self._shown, **changes)
