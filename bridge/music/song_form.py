"""Forms of whole pieces as data: sections, their order and their lengths. Pure.

A :class:`SongForm` holds the sections and their order; laid out for a length in bars it becomes
a :class:`FormLayout`. A section that is repeated keeps its name and its latent place, so that the
music of the repeat is recognisable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate, cycle, islice
from typing import Final

import numpy as np

from bridge.errors import ConfigError
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Part

PHRASE_BARS: Final = 4
"""Bars of a phrase: sections grow or shrink by multiples of it."""
MAX_BARS: Final = 4000
FIBONACCI: Final = "fibonacci"
WRITTEN: Final = "written"
DEFAULT_PEAK_BARS: Final = 13
"""Bars of the longest section of a Fibonacci form when no length is given."""

PROGRESSIONS: Final[tuple[str, ...]] = (
    "C G Am F", "Am F C G", "F G Am C", "C Am F G", "Am G F G", "F C G Am",
    "C F C G", "Am Dm G C", "Dm G C Am", "Am Em F G", "C Em F G", "F Am G C",
)  # fmt: skip
"""Progressions for sections without chords of their own: a chord a bar, in C major or A minor."""


@dataclass(frozen=True)
class Section:
    """One kind of section.

    ``place`` is the name of its latent place (empty: the section's own name). ``style`` is a
    style's name (empty: the piece's), ``knobs`` are positions of directions (-1..1), ``parts``
    the parts that play. ``chords`` is one chord name a bar, in C major or A minor, repeated
    (empty: drawn). ``wander`` 0..1 is the distance between its windows in latent space,
    ``variation`` 0..1 the change at a repeat, ``travel`` the number of last bars that already
    move towards the next section. ``fill``: the last bar has a drum fill. ``close``: the music
    ends on the first beat of the last bar.
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
        """The name of its latent place; sections with equal names share their music."""
        return self.place or self.name


@dataclass(frozen=True)
class SongForm:
    """The form of a piece.

    ``order`` holds names of ``sections``; ``tempo`` is the lowest and highest BPM, ``keys`` the
    keys to choose from (empty: C major), ``choices`` the ranges from which knobs of the whole
    piece are drawn, ``enter`` the bar (from 1) at which a part enters, ``metre`` the name of its
    metre (empty: any).
    """

    name: str
    sections: Mapping[str, Section]
    order: tuple[str, ...]
    about: str = ""
    tempo: tuple[float, float] = (120.0, 120.0)
    keys: tuple[str, ...] = ()
    style: str = ""
    lengths: str = WRITTEN
    metre: str = ""
    choices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    enter: Mapping[Part, int] = field(default_factory=dict)

    def drawn(self, seed: int) -> FormChoices:
        """Choose what the form leaves open by ``seed``: tempo (whole BPM), key name, knobs."""
        rng = np.random.default_rng([seed, 0xF0])
        tempo = round(float(rng.uniform(*self.tempo)))
        low, high = self.tempo
        key = self.keys[int(rng.integers(len(self.keys)))] if self.keys else "C major"
        knobs = {name: round(float(rng.uniform(*ends)), 2) for name, ends in self.choices.items()}
        return FormChoices(min(high, max(low, tempo)), key, knobs)


@dataclass(frozen=True)
class FormChoices:
    """The choices of one piece where its form leaves a range: tempo, key, knobs."""

    bpm: float
    key: str
    knobs: Mapping[str, float]


@dataclass(frozen=True)
class PlacedSection:
    """A section in a layout: ``bars`` bars from bar ``start`` on; ``time`` counts the repeats of
    its name from 0."""

    section: Section
    start: int
    bars: int
    time: int

    @property
    def end(self) -> int:
        """The bar after its last."""
        return self.start + self.bars

    def travelled(self, bar: int) -> float:
        """Share (0..1) of the way to the next section at ``bar``, counted from its first bar."""
        bars = min(self.section.travel, self.bars)
        step = bar - (self.bars - bars) + 1
        return step / (bars + 1) if 0 < step <= bars else 0.0


@dataclass(frozen=True)
class FormLayout:
    """Sections one after another from bar 0 on; at least one."""

    sections: tuple[PlacedSection, ...]

    @property
    def bars(self) -> int:
        """The length of the piece."""
        return self.sections[-1].end

    def index_at(self, bar: int) -> int:
        """Index of the section that contains ``bar``; the last one for bars after the end."""
        return next((i for i, s in enumerate(self.sections) if bar < s.end), len(self.sections) - 1)

    def at(self, bar: int) -> PlacedSection:
        """The section that contains ``bar``."""
        return self.sections[self.index_at(bar)]

    def fitted(self, bars: int) -> FormLayout:
        """The layout cut or extended to ``bars`` (>= 1) bars by changing its last section."""
        if bars < 1:
            raise ConfigError(f"a piece of {bars} bars: ask for 1 or more")
        kept = [s for s in self.sections if s.start < bars]
        return FormLayout((*kept[:-1], replace(kept[-1], bars=bars - kept[-1].start)))


def lay_out(form: SongForm, bars: int = 0) -> FormLayout:
    """The form's sections in order, about ``bars`` bars in all (0: the written lengths).

    Written lengths grow or shrink by whole phrases, equally for each repeat of a section;
    Fibonacci lengths rise to a peak and fall again, and replace the sections' own.
    """
    if bars > MAX_BARS:
        raise ConfigError(f"a piece of {bars} bars: ask for {MAX_BARS} or fewer")
    if form.lengths == FIBONACCI:
        lengths = fibonacci_lengths(bars)
        names = list(islice(cycle(form.order), len(lengths)))
        names[-1] = form.order[-1]
        return _placed([form.sections[n] for n in names], lengths)
    sections = [form.sections[n] for n in form.order]
    wanted = _scaled(sections, bars) if bars else {s.name: s.bars for s in sections}
    return _placed(sections, [wanted[s.name] for s in sections])


def bars_for_minutes(minutes: float, bpm: float, metre: Metre = FOUR_FOUR) -> int:
    """Number of bars of ``metre`` in ``minutes`` at ``bpm``, rounded; at least one."""
    return max(1, round(minutes * bpm / metre.quarters))


def fibonacci_lengths(bars: int = 0) -> list[int]:
    """Section lengths 1, 1, 2, 3, 5 ... up to a peak and down again, with a sum as near to
    ``bars`` as possible (0: a peak of :data:`DEFAULT_PEAK_BARS`)."""
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
    laid_out = []
    for section, start, bars in zip(sections, starts, lengths, strict=False):
        laid_out.append(PlacedSection(section, start, bars, times.get(section.name, 0)))
        times[section.name] = times.get(section.name, 0) + 1
    return FormLayout(tuple(laid_out))


def _scaled(sections: list[Section], bars: int) -> dict[str, int]:
    """Section lengths by name with a sum of about ``bars``.

    Sections of a phrase or more change by whole phrases and keep at least one; shorter sections
    keep their length. Each remaining phrase is given to (or taken from) the section that is
    farthest from its ideal length.
    """
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
