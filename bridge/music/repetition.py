"""Repetition in live playing: the period of the tune in bars and the chords to expect. Pure.

Players repeat verses, choruses or a loop of four chords. The period is found from the melody's
self-similarity, or that of its chords where the melody is varied. The passage that the last bars
repeat is the one with the longest likeness to them, any number of bars back (prediction by the
longest suffix, as in Assayag and Dubnov 2004, "Using factor oracles for machine improvisation"):
the chords that followed it are expected, else those of one period ago.
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
"""Similarity (0..1) from which a period is accepted."""
KEEP_SIMILARITY = 0.35
"""Similarity (0..1) below which an accepted period is dropped."""
MIN_CHORD_SIMILARITY = 0.85
CHANGES_NEEDED = 3
PASSAGE_BARS = 8
"""Bars of a passage that are compared with the last ones."""
FADE = 0.6
"""Weight that each bar further back has, relative to the one after it."""
SAME_BAR = 0.5
"""Similarity (0..1) from which a bar is the same as another."""
BARS_ALIKE = 2
"""Bars in a row that have to be the same, for a passage to be recalled."""

Classes = tuple[int, ...]


class RepetitionMemory(msgspec.Struct, frozen=True):
    """The bars played so far and the period found in them.

    ``melody`` maps a bar to its melody classes, a step each, ``chords`` to two chord classes, both
    in the sounding key; ``period`` is in bars, 0 while none is accepted. ``back`` is the number of
    bars to the passage that the last bars repeat, 0 while there is none.
    """

    melody: Mapping[int, Classes] = {}
    chords: Mapping[int, Classes] = {}
    period: int = 0
    back: int = 0

    def with_melody(self, bar: int, classes: Sequence[int]) -> RepetitionMemory:
        """The memory after a bar's melody classes, with the period found anew."""
        if self.melody.get(bar) == tuple(classes):
            return self
        kept = {b: m for b, m in self.melody.items() if b > bar - BARS_KEPT}
        form = msgspec.structs.replace(self, melody={**kept, bar: tuple(classes)})
        return msgspec.structs.replace(form, period=form._found(bar), back=form._repeated(bar))

    def with_chords(self, chords: Mapping[int, Classes]) -> RepetitionMemory:
        """The memory after the chords (two classes) of some bars are known."""
        last = max(chords, default=0)
        kept = {b: c for b, c in self.chords.items() if b > last - BARS_KEPT}
        return msgspec.structs.replace(self, chords={**kept, **chords})

    def expected(self, bar: int) -> Classes:
        """The two chord classes to expect in a bar: those it had before (after a jump back), else
        those after the passage that is repeated, or of one period ago; empty where none are known.
        """
        places = [bar, *(bar - lag for lag in (self.back, self.period) if lag)]
        return next((self.chords[place] for place in places if place in self.chords), ())

    def _found(self, bar: int) -> int:
        """The period accepted after ``bar``: the most similar, the shortest of equals."""
        scores = {period: self.likeness(bar, period) for period in PERIODS}
        best = max(PERIODS, key=lambda period: (round(scores[period], 1), -period))
        if scores[best] >= MIN_SIMILARITY:
            return best
        return self.period if self.period and scores[self.period] >= KEEP_SIMILARITY else 0

    def _repeated(self, bar: int) -> int:
        """The bars back to the passage most like the bars up to ``bar``: of equals the one that is
        the same for more bars, then the latest; 0 where none is."""
        first = min(self.melody)
        found = ((*self._passage(bar, lag, first), -lag) for lag in range(1, bar - first + 1))
        score, alike, lag = max(found, default=(0.0, 0, 0))
        return -lag if score >= MIN_SIMILARITY and alike >= BARS_ALIKE else 0

    def _passage(self, bar: int, lag: int, first: int) -> tuple[float, int]:
        """Similarity (0..1, to a tenth) of the bars up to ``bar`` and those ``lag`` bars before,
        from bar ``first`` on, later ones for more, and the number of bars in a row that are the
        same. Bars in which neither has a note say nothing."""
        total = weight = 0.0
        share, alike, ended = 1.0, 0, False
        for now in range(bar, max(bar - PASSAGE_BARS, first + lag - 1), -1):
            same = self._sameness(now, now - lag)
            if same is None:
                continue
            ended = ended or same < SAME_BAR
            if ended and not alike:
                return 0.0, 0
            alike += not ended
            total, weight, share = total + share * same, weight + share, share * FADE
        return (round(total / weight, 1), alike) if weight else (0.0, 0)

    def _sameness(self, bar: int, other: int) -> float | None:
        """Similarity (0..1) of the melodies of two bars; None where neither has a note."""
        first, second = self.melody.get(bar, ()), self.melody.get(other, ())
        return overlap(first, second) if onsets(first) or onsets(second) else None

    def likeness(self, bar: int, period: int) -> float:
        """Similarity (0..1) of the last four bars to those ``period`` bars before."""
        bars = [b for b in range(bar - BARS_COMPARED + 1, bar + 1) if b - period in self.melody]
        heard = [b for b in bars if onsets(self.melody.get(b, ()))]
        if len(heard) < BARS_COMPARED // 2:
            return 0.0
        tune = [overlap(self.melody[b], self.melody[b - period]) for b in heard]
        return max(sum(tune) / len(tune), self._harmony(bars, period))

    def _harmony(self, bars: Sequence[int], period: int) -> float:
        """Similarity of the chords: :data:`MIN_SIMILARITY` where enough changes agree, else 0."""
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
    """Phrase length in bars of a tune with ``period`` (0: unknown): eight where that divides
    evenly, else the period itself."""
    even = not period or period % PHRASE_BARS == 0 or PHRASE_BARS % period == 0
    return PHRASE_BARS if even else period


def onsets(classes: Sequence[int]) -> set[tuple[int, int]]:
    """The (step, class) of each note-on of a bar."""
    return {(step, cls) for step, cls in enumerate(classes) if cls > NOTE_OFF}


def overlap(a: Sequence[int], b: Sequence[int]) -> float:
    """F1 score (0..1) of the notes that two bars share, with a tolerance of a step."""
    first, second = onsets(a), onsets(b)
    if not first or not second:
        return 0.0
    near = {(step + by, cls) for step, cls in second for by in (-1, 0, 1)}
    shared = len(first & near)
    return min(1.0, 2 * shared / (len(first) + len(second)))
