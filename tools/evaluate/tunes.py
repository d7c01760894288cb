"""Whole tunes, twice round, through the live session, for ``tools.evaluate.figures``.

The session is the program's own, on a clock that is only a number; the tune's notes are keys
pressed. Nothing of the lead sheet but its melody is heard by anyone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from tqdm import tqdm

from bridge.model.answering import answer
from bridge.model.contract import Trio
from bridge.model.messages import WorkerReady
from bridge.music.chord_features import half_bars
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR
from bridge.music.key import estimate_key, pitch_class_weights
from bridge.music.notes import Note
from bridge.music.tokens import decode_line
from bridge.session import simulation
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn
from bridge.session.state.setup import ModelFacts, Setup
from tools.data.dataset import SPLITS, Dataset, IntArray

FEWEST_BARS, MOST_BARS = 12, 32
"""A session remembers 64 bars: tunes of up to 32 go round twice in it."""
BARS_HEARD = 24
"""The longest stretch that the chord reader hears."""
BPM = 120.0
STEP_SECONDS = 60 / BPM / 4
ON_THE_ONE = 60
"""Ticks after the bar line up to which a bass note counts as the downbeat's."""
START = 1.0


@dataclass(frozen=True)
class Tune:
    """A lead sheet from its first full bar: ``line`` [bars * 16] classes, and the root of
    each bar's downbeat chord, 0..11, -1 where none is told."""

    line: IntArray
    roots: IntArray

    @property
    def bars(self) -> int:
        """Length in bars."""
        return len(self.roots)

    @property
    def notes(self) -> list[Note]:
        """Its notes, in ticks from its beginning."""
        return decode_line(self.line.tolist(), 0)


def tunes_of(data: Dataset, split: str) -> Iterator[Tune]:
    """The lead sheets of a split, each once, pickups left out."""
    for lead in np.flatnonzero(data.split == SPLITS.index(split)):
        pieces = np.flatnonzero((data.lead == lead) & (data.metre == 0) & (data.parts & 1 > 0))
        if not len(pieces):
            continue
        bars = int(data.lengths[pieces[0]]) // SLOTS_PER_BAR
        first = data.starts[pieces[0]]
        line = data.melody[first : first + bars * SLOTS_PER_BAR].astype(np.int64)
        start = data.chord_starts[lead]
        chords = data.chords[start : start + 2 * bars : 2].astype(np.int64)
        pickup = int(chords[0] == 0)
        roots = np.where(chords > 0, (chords - 1) % 12, -1)[pickup:]
        if FEWEST_BARS <= len(roots) <= MOST_BARS:
            yield Tune(line[pickup * SLOTS_PER_BAR :], roots)


# --- live -------------------------------------------------------------------------------


def keys_of(tune: Tune, rounds: int) -> list[Event]:
    """The tune as keys pressed, over and over."""
    events: list[Event] = []
    for number in range(rounds):
        for note in tune.notes:
            step = note.tick // FOUR_FOUR.ticks_per_step + number * tune.bars * SLOTS_PER_BAR
            down = START + step * STEP_SECONDS
            up = down + 0.95 * note.length / FOUR_FOUR.ticks_per_step * STEP_SECONDS
            events.append(MidiIn(down, bytes((0x90, note.pitch, 90))))
            events.append(MidiIn(up, bytes((0x80, note.pitch, 0))))
    return sorted(events, key=lambda event: event.at)


def play_live(
    trio: Trio, facts: ModelFacts, tune: Tune, rounds: int = 2
) -> tuple[dict[int, int], dict[int, int]]:
    """The roots that the band expected before each bar, and those that its bass played on the
    one, by bar of the session. Control values are the usual ones, without chance."""
    state = first_state(Setup(bpm=BPM), facts)
    still = {"humanize": 0.0, "variation": 0.0, "fills": 0.0, "follow energy": 0.0}
    state = state.but(band=state.band.but(controls={**state.band.controls, **still}))
    events: list[Event] = [
        Answered(0.0, WorkerReady("tunes", 1.0)),
        CommandReceived(START, m.Start()),
    ]
    bars = rounds * tune.bars
    expected: dict[int, int] = {}
    until = START + bars * SLOTS_PER_BAR * STEP_SECONDS
    keys = keys_of(tune, rounds)
    played = simulation.play(state, [*events, *keys], partial(answer.answer, trio), until)
    for bar, placed in played.state.plan.bars.items():
        if placed.chords and placed.chords[0]:
            expected[bar] = (placed.chords[0] - 1) % 12
    bass: dict[int, int] = {}
    for row in played.rows:
        bar, late = divmod(row.tick, SLOTS_PER_BAR * FOUR_FOUR.ticks_per_step)
        if row.part == "bass" and row.kind == "on" and late <= ON_THE_ONE:
            bass[bar] = row.note % 12
    return expected, bass


# --- the chord reader ---------------------------------------------------------------------


def read(trio: Trio, tune: Tune) -> dict[str, IntArray]:
    """The root of each bar's downbeat as the chord reader names it: with the whole tune heard,
    up to the bar itself, and up to the bar before. Empty without a reader."""
    weights = pitch_class_weights((n.pitch, float(n.length)) for n in tune.notes)
    shift = estimate_key(weights).shift
    line = np.where(tune.line > 1, tune.line + shift, tune.line)
    whole = trio.harmony(half_bars(line, np.ones(len(line)))[None])
    if whole is None:
        return {}
    out = {"whole": _roots(whole[0, ::2], shift)}
    for name, ahead in (("heard", 0), ("next", 1)):
        named = np.zeros(tune.bars, np.int64)
        for bar in range(tune.bars):
            first = max(0, bar + 1 - BARS_HEARD)
            cut = line[first * SLOTS_PER_BAR : (bar + 1) * SLOTS_PER_BAR]
            heard = np.ones(len(cut))
            heard[len(cut) - ahead * SLOTS_PER_BAR :] = 0
            logits = trio.harmony(half_bars(cut, heard)[None])
            assert logits is not None
            named[bar] = _roots(logits[0, -2:-1], shift)[0]
        out[name] = named
    return out


def _roots(logits: np.ndarray, shift: int) -> IntArray:
    """Roots in the tune's own key of chord logits [B, 25] in the common one."""
    named: IntArray = (logits[:, 1:].argmax(-1) - shift) % 12
    return named


# --- figures ------------------------------------------------------------------------------


def score_tunes(
    trio: Trio, facts: ModelFacts, tunes: list[Tune], bar: str = "tunes"
) -> dict[str, float]:
    """Shares of downbeats whose root is named, or played by the bass, over all tunes."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()

    def count(name: str, says: int | None, root: int) -> None:
        if says is not None:
            right[name] += says == root
            total[name] += 1

    for tune in tqdm(tunes, desc=bar, unit="tune"):
        told = np.flatnonzero(tune.roots >= 0)
        weights = pitch_class_weights((n.pitch, float(n.length)) for n in tune.notes)
        tonic = estimate_key(weights).tonic
        often = Counter(tune.roots[told].tolist()).most_common(1)[0][0]
        named = read(trio, tune)
        expected, bass = play_live(trio, facts, tune)
        for b in told.tolist():
            root = int(tune.roots[b])
            count("chord_root_tonic", tonic, root)
            count("chord_root_majority", often, root)
            for name, roots in named.items():
                if b or name != "next":
                    count(f"chord_root_{name}", int(roots[b]), root)
            for way, bar_number in (("first", b), ("second", b + tune.bars)):
                if b:
                    count(f"chord_root_next_{way}", expected.get(bar_number, -1), root)
                    count(f"bass_root_next_{way}", bass.get(bar_number), root)
    return {name: round(right[name] / total[name], 4) for name in total}
