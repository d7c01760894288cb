"""Forms of whole pieces as data: sections, their order, and how long they last. Pure.

A :class:`SongForm` says what sections there are and in which order they come; laid out for
a length it becomes a :class:`FormLayout`, bar by bar. A section that comes again is the same
place again: it has the same name, so that whoever fills it can make it recognisable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate, cycle, islice
from typing import Final

import numpy as np

from bridge.errors import ConfigError
from bridge.music.grid import BEATS_PER_BAR
from bridge.music.notes import Part

PHRASE_BARS: Final = 4
"""Sections that are made longer or shorter change by whole phrases."""
MAX_BARS: Final = 4000
FIBONACCI: Final = "fibonacci"
WRITTEN: Final = "written"
DEFAULT_PEAK_BARS: Final = 13
"""The longest section of a Fibonacci form where no length is asked for."""

PROGRESSIONS: Final[tuple[str, ...]] = (
    "C G Am F", "Am F C G", "F G Am C", "C Am F G", "Am G F G", "F C G Am",
    "C F C G", "Am Dm G C", "Dm G C Am", "Am Em F G", "C Em F G", "F Am G C",
)  # fmt: skip
"""For sections that name no chords, a chord a bar, in C major or A minor."""


@dataclass(frozen=True)
class Section:
    """One kind of section.

    ``place`` names where it lies in the latent space (empty: a place of its own name).
    ``style`` is a style's name (empty: the piece's), ``knobs`` positions of directions
    (-1..1), ``parts`` those that play. ``chords`` is a chord name a bar, in C major or A
    minor, gone through again and again (empty: drawn). ``wander`` 0..1 is how far its
    windows lie from each other, ``variation`` 0..1 how much it differs when it comes again;
    ``travel`` how many bars at its end already lead to the next; ``fill`` whether drums fill
    its last bar and ``close`` whether the music ends with its last bar's first beat.
    """

    name: str
    bars: int = 8
    style: str = ""
    knobs: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = tuple(Part)
    chords: tuple[str, ...] = ()
    wander: float = 0.4
    variation: float = 0.1
    travel: int = 1
    fill: bool = False
    close: bool = False
    place: str = ""

    @property
    def anchor(self) -> str:
        """The name of its place: sections of one place are the same music."""
        return self.place or self.name


@dataclass(frozen=True)
class SongForm:
    """A form. ``order`` holds names of ``sections``; ``tempo`` is the lowest and highest
    BPM and ``keys`` those to choose from (empty: any); ``choices`` are ranges that knobs of
    the whole piece are drawn from; ``enter`` is the bar (from 1) that a part comes in at."""

    name: str
    sections: Mapping[str, Section]
    order: tuple[str, ...]
    about: str = ""
    tempo: tuple[float, float] = (120.0, 120.0)
    keys: tuple[str, ...] = ()
    style: str = ""
    lengths: str = WRITTEN
    choices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)

    def drawn(self, seed: int) -> FormChoices:
        """What the form leaves open, of a seed: tempo (whole BPM), key's name, knobs."""
        rng = np.random.default_rng([seed, 0xF0])
        tempo = round(float(rng.uniform(*self.tempo)))
        low, high = self.tempo
        key = self.keys[int(rng.integers(len(self.keys)))] if self.keys else "C major"
        knobs = {name: round(float(rng.uniform(*ends)), 2) for name, ends in self.choices.items()}
        return FormChoices(min(high, max(low, tempo)), key, knobs)


@dataclass(frozen=True)
class FormChoices:
    """What one piece of a form has that others need not have."""

    bpm: float
    key: str
    knobs: Mapping[str, float]


@dataclass(frozen=True)
class PlacedSection:
    """A section in its place: ``bars`` from ``start`` on; ``time`` counts its comings from 0."""

    section: Section
    start: int
    bars: int
    time: int

    @property
    def end(self) -> int:
        """The bar after its last."""
        return self.start + self.bars

    def travelled(self, bar: int) -> float:
        """How far (0..1) a bar, counted from its first, is on the way to the next section."""
        bars = min(self.section.travel, self.bars)
        step = bar - (self.bars - bars) + 1
        return step / (bars + 1) if 0 < step <= bars else 0.0


@dataclass(frozen=True)
class FormLayout:
    """Sections one after another from bar 0 on; at least one."""

    stretches: tuple[PlacedSection, ...]

    @property
    def bars(self) -> int:
        """The length of the piece."""
        return self.stretches[-1].end

    def index_at(self, bar: int) -> int:
        """Which stretch a bar lies in; the last one's for bars after the end."""
        return next(
            (i for i, s in enumerate(self.stretches) if bar < s.end), len(self.stretches) - 1
        )

    def at(self, bar: int) -> PlacedSection:
        """The stretch that a bar lies in."""
        return self.stretches[self.index_at(bar)]

    def fitted(self, bars: int) -> FormLayout:
        """Just ``bars`` (>= 1) bars of it, the last section longer or shorter."""
        if bars < 1:
            raise ConfigError(f"a piece of {bars} bars: ask for 1 or more")
        kept = [s for s in self.stretches if s.start < bars]
        return FormLayout((*kept[:-1], replace(kept[-1], bars=bars - kept[-1].start)))


def lay_out(structure: SongForm, bars: int = 0) -> FormLayout:
    """The form with its sections in a row, about ``bars`` long (0: as it is written).

    Written lengths grow or shrink by whole phrases, the same for each coming of a section;
    Fibonacci's rise to a peak and fall again, whatever the sections' own.
    """
    if bars > MAX_BARS:
        raise ConfigError(f"a piece of {bars} bars: ask for {MAX_BARS} or fewer")
    if structure.lengths == FIBONACCI:
        lengths = fibonacci_lengths(bars)
        names = list(islice(cycle(structure.order), len(lengths)))
        names[-1] = structure.order[-1]
        return _placed([structure.sections[n] for n in names], lengths)
    sections = [structure.sections[n] for n in structure.order]
    wanted = _scaled(sections, bars) if bars else {s.name: s.bars for s in sections}
    return _placed(sections, [wanted[s.name] for s in sections])


def bars_for_minutes(minutes: float, bpm: float) -> int:
    """How many bars are about so many minutes; at least one."""
    return max(1, round(minutes * bpm / BEATS_PER_BAR))


def fibonacci_lengths(bars: int = 0) -> list[int]:
    """1, 1, 2, 3, 5 ... up to a peak and down again, as near to ``bars`` in all as it goes
    (0: to :data:`DEFAULT_PEAK_BARS`)."""
    ways, rising = [[1]], [1, 1]
    while not sum(ways[-1]) > max(bars, 1):
        ways.append([*rising, *rising[-2::-1]])
        rising = [*rising, rising[-1] + rising[-2]]
    if not bars:
        rising = [1, 1]
        while rising[-1] < DEFAULT_PEAK_BARS:
            rising.append(rising[-1] + rising[-2])
        return [*rising, *rising[-2::-1]]
    return min(ways, key=lambda way: abs(sum(way) - bars))


def _placed(sections: list[Section], lengths: list[int]) -> FormLayout:
    starts = [0, *accumulate(lengths)]
    times: dict[str, int] = {}
    stretches = []
    for section, start, bars in zip(sections, starts, lengths, strict=False):
        stretches.append(PlacedSection(section, start, bars, times.get(section.name, 0)))
        times[section.name] = times.get(section.name, 0) + 1
    return FormLayout(tuple(stretches))


def _scaled(sections: list[Section], bars: int) -> dict[str, int]:
    """Lengths by name, about ``bars`` in all. Sections of a phrase or more change, by whole
    phrases, and none to less than one; phrase by phrase the one that lacks (or has) most."""
    short = {s.name: s.bars for s in sections if s.bars < PHRASE_BARS}
    able = {s.name: s.bars for s in sections if s.name not in short}
    count = {name: sum(s.name == name for s in sections) for name in able | short}
    room = bars - sum(short[name] * count[name] for name in short)
    total = sum(able[name] * count[name] for name in able)
    ideal = {name: length * max(0, room) / total for name, length in able.items()}
    found = {
        name: max(PHRASE_BARS, round(ideal[name] / PHRASE_BARS) * PHRASE_BARS) for name in able
    }
    while True:
        missing = room - sum(found[name] * count[name] for name in found)
        way = 1 if missing > 0 else -1
        free = [
            name
            for name, length in found.items()
            if PHRASE_BARS * count[name] <= abs(missing) and (way > 0 or length > PHRASE_BARS)
        ]
        if not free:
            return found | short
        best = max(free, key=lambda name: way * (ideal[name] - found[name]))
        found[best] += way * PHRASE_BARS
