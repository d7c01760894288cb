"""The form of what is played: bars that come round again, and the chords they had. Pure.

Players go round: verses, choruses, a loop of four chords. From the melody's self-similarity
(and, for those who vary the tune, that of its chords) the period is found; the second time
round, the chords of the first are expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from bridge.music.chords import class_root
from bridge.music.tokens import NOTE_OFF

PERIODS = (4, 8, 12, 16, 20, 24, 28, 32)
BARS_KEPT = 2 * max(PERIODS)
BARS_COMPARED = 4
PHRASE_BARS = 8
MIN_SIMILARITY = 0.6
"""Similarity from which bars count as coming round again."""
KEEP_SIMILARITY = 0.35
"""Similarity under which a form believed in is given up."""
MIN_CHORD_SIMILARITY = 0.85
CHANGES_NEEDED = 3

Classes = tuple[int, ...]


class RepetitionMemory(msgspec.Struct, frozen=True):
    """What is known of the tune. ``melody`` holds 16 classes a bar, ``chords`` two chord
    classes a bar, both as played; ``period`` in bars, 0 while none is believed."""

    melody: Mapping[int, Classes] = {}
    chords: Mapping[int, Classes] = {}
    period: int = 0

    def with_melody(self, bar: int, classes: Sequence[int]) -> RepetitionMemory:
        """The form after hearing a bar's melody (16 classes)."""
        if self.melody.get(bar) == tuple(classes):
            return self
        kept = {b: m for b, m in self.melody.items() if b > bar - BARS_KEPT}
        form = msgspec.structs.replace(self, melody={**kept, bar: tuple(classes)})
        return msgspec.structs.replace(form, period=form._found(bar))

    def with_chords(self, chords: Mapping[int, Classes]) -> RepetitionMemory:
        """The form after the chords (two classes) of some bars were made out."""
        last = max(chords, default=0)
        kept = {b: c for b, c in self.chords.items() if b > last - BARS_KEPT}
        return msgspec.structs.replace(self, chords={**kept, **chords})

    def expected(self, bar: int) -> Classes:
        """The chords to expect in a bar that was not played yet: those it had before (the
        music jumped back), else those of one period ago; empty where memory has nothing."""
        known = self.chords.get(bar)
        if known is None and self.period:
            known = self.chords.get(bar - self.period)
        return known or ()

    def _found(self, bar: int) -> int:
        """The period believed after ``bar``: the best, the shortest of equals."""
        scores = {period: self.likeness(bar, period) for period in PERIODS}
        best = max(PERIODS, key=lambda period: (round(scores[period], 1), -period))
        if scores[best] >= MIN_SIMILARITY:
            return best
        return self.period if self.period and scores[self.period] >= KEEP_SIMILARITY else 0

    def likeness(self, bar: int, period: int) -> float:
        """0..1: how much the last four bars are those of ``period`` bars before."""
        bars = [b for b in range(bar - BARS_COMPARED + 1, bar + 1) if b - period in self.melody]
        heard = [b for b in bars if onsets(self.melody.get(b, ()))]
        if len(heard) < BARS_COMPARED // 2:
            return 0.0
        tune = [overlap(self.melody[b], self.melody[b - period]) for b in heard]
        return max(sum(tune) / len(tune), self._harmony(bars, period))

    def _harmony(self, bars: Sequence[int], period: int) -> float:
        """The likeness of the chords, where there are enough changes to tell."""
        pairs = [
            (class_root(now), class_root(then))
            for b in bars
            if b in self.chords and b - period in self.chords
            for now, then in zip(self.chords[b], self.chords[b - period], strict=True)
        ]
        if len(pairs) < 2 * BARS_COMPARED - 2:
            return 0.0
        roots = [now for now, _ in pairs]
        changes = sum(a != b for a, b in pairwise(roots))
        same = sum(now == then for now, then in pairs) / len(pairs)
        return MIN_SIMILARITY if changes >= CHANGES_NEEDED and same >= MIN_CHORD_SIMILARITY else 0.0


def phrase_bars(period: int) -> int:
    """How long the phrases of a tune are that goes round in ``period`` bars (0: not known)."""
    even = not period or period % PHRASE_BARS == 0 or PHRASE_BARS % period == 0
    return PHRASE_BARS if even else period


def onsets(classes: Sequence[int]) -> set[tuple[int, int]]:
    """The (step, class) of each note-on of a bar."""
    return {(step, cls) for step, cls in enumerate(classes) if cls > NOTE_OFF}


def overlap(a: Sequence[int], b: Sequence[int]) -> float:
    """0..1: notes that two bars share (F1), a 16th early or late counting as the same."""
    first, second = onsets(a), onsets(b)
    if not first or not second:
        return 0.0
    near = {(step + by, cls) for step, cls in second for by in (-1, 0, 1)}
    shared = len(first & near)
    return min(1.0, 2 * shared / (len(first) + len(second)))
