"""The chord that is heard now, from the notes played so far. Pure.

The scores of all chords are carried from beat to beat (the forward pass of Viterbi's algorithm);
the beat that has begun is judged by what sounds in it already, held notes as if they lasted. Keys
that go down within :data:`TOGETHER_SECONDS` are one chord: it counts when a triad is complete or
the time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from bridge.listening.beat_slots import NOTHING, ROUNDING, BeatSlots, Floats, slots_of, unit_start
from bridge.listening.chord_reader import (
    STATES,
    WEIGHTS,
    ReaderWeights,
    bass_of,
    evidence,
    metrical,
    stepped,
)
from bridge.listening.chord_symbol import ChordSymbol
from bridge.listening.hands import HandSplit
from bridge.music.grid import Metre
from bridge.music.notes import Note

TOGETHER_SECONDS: Final = 0.06
"""Keys that go down this closely are one chord."""
TRIAD: Final = 3
"""Pitch classes struck together that are a chord at once."""
BEATS_BEFORE: Final = 16
"""Beats without an update after which earlier ones no longer count."""
CONTEXT_KEPT: Final = 0.97
"""Weight that the pitch classes so far keep with each beat."""


class ListenMode(StrEnum):
    """The keys that chords are heard from, as on arranger keyboards. AUTO: the left hand where the
    hands are apart, else the whole keyboard where more than a line sounds."""

    AUTO = "auto"
    WHOLE = "whole"
    LEFT = "left"
    MELODY = "melody"


@dataclass(frozen=True)
class LiveChord:
    """The chord heard, and the scores [S] of all chords after the beats before ``beat``, with the
    pitch classes [12] of the music so far.

    Beats are counted from a bar line at tick ``origin`` of the session, where the metre begins.
    ``split`` is where the hands are apart.
    """

    chord: ChordSymbol | None = None
    origin: int = 0
    beat: int = 0
    scores: Floats | None = None
    context: Floats | None = None
    split: HandSplit = field(default_factory=HandSplit)

    def counted_from(self, origin: int) -> LiveChord:
        """The chord with beats counted from tick ``origin``: where that is another one than so
        far, a metre begins, and of the beats before only the pitch classes count."""
        if origin == self.origin:
            return self
        return replace(self, origin=origin, beat=0, scores=None)

    def keys_of(self, notes: Sequence[Note], mode: ListenMode, pinned: int = 0) -> list[Note]:
        """The notes that chords are heard from in a mode. ``pinned`` is a split (a MIDI note)
        that the player has set, 0 for the one that is found."""
        if mode is ListenMode.MELODY:
            return []
        split = pinned or self.split.pitch
        if mode is ListenMode.LEFT and split:
            return [n for n in notes if n.pitch < split]
        return list(notes)


def heard_at(
    live: LiveChord,
    notes: Sequence[Note],
    tick: int,
    metre: Metre,
    weights: ReaderWeights = WEIGHTS,
    low: Sequence[Note] | None = None,
) -> LiveChord:
    """The chord heard at ``tick``, from the ``notes`` so far; those that sound end after it. All
    ticks are counted from ``live.origin``.

    ``low`` are the notes that may be the bass (None: all): those of the left hand, while it
    plays. Without notes in the beat the chord stays.
    """
    length = metre.ticks_per_beat
    beat = _beat_of(tick, metre)
    live = _up_to(live, notes, beat, metre, weights, low)
    began = (unit_start(metre, beat) - ROUNDING) * length
    notes = [n for n in notes if n.end > began]
    start = unit_start(metre, beat)
    now = _slots(lasting(notes, tick, length * (beat + 1)), start, beat - start + 1, metre, weights)
    if low is not None:
        now = _with_low(
            now, _slots(lasting(low, tick, length * (beat + 1)), beat, 1, metre, weights)
        )
    if not now.weights.any():
        return live
    around = now.weights if live.context is None else now.weights + live.context
    scores = _entered(live, beat, metre, weights)
    scores = scores + evidence(now, metre, around, weights, start)[-1]
    state = STATES[int(scores.argmax())]
    chord = replace(state, bass=bass_of(state, int(now.low_at_start[-1])))
    if _same(chord, live.chord, now):
        return live
    return replace(live, chord=chord)


def caught_up(
    live: LiveChord,
    notes: Sequence[Note],
    tick: int,
    metre: Metre,
    low: Sequence[Note] | None = None,
) -> LiveChord:
    """The scores after the beats before ``tick``: done early, it need not be done when a chord is
    struck. Nothing is done before the first chord."""
    if live.scores is None:
        return live
    return _up_to(live, notes, _beat_of(tick, metre), metre, WEIGHTS, low)


def _beat_of(tick: int, metre: Metre) -> int:
    """The beat that a note struck at a tick belongs to: the next one, if it is a little early."""
    return int((tick + ROUNDING * metre.ticks_per_beat) // metre.ticks_per_beat)


def _same(chord: ChordSymbol, before: ChordSymbol | None, now: BeatSlots) -> bool:
    """True if a chord is the one before: equal, or equal but for a bass that does not sound."""
    if before is None or (chord.root, chord.quality) != (before.root, before.quality):
        return False
    return chord.bass == before.bass or bool(now.low_at_start[-1] >= WEIGHTS.bass_register)


def _up_to(
    live: LiveChord,
    notes: Sequence[Note],
    beat: int,
    metre: Metre,
    weights: ReaderWeights,
    low: Sequence[Note] | None,
) -> LiveChord:
    """The scores after all beats before ``beat``."""
    if beat <= live.beat and live.scores is not None:
        return live
    first = live.beat
    if live.scores is None or beat - first > BEATS_BEFORE:
        first, live = beat - 1, replace(live, scores=None)
    slots = _slots(notes, first, beat - first, metre, weights)
    if low is not None:
        slots = _with_low(slots, _slots(low, first, beat - first, metre, weights))
    contexts, context = [], np.zeros(12) if live.context is None else live.context
    for weight in slots.weights:
        context = context * CONTEXT_KEPT + weight
        contexts.append(context)
    found = evidence(slots, metre, np.array(contexts), weights, first)
    for index in range(beat - first):
        scores = _entered(live, first + index, metre, weights) + found[index]
        live = replace(live, scores=scores - scores.max(), beat=first + index + 1)
    return replace(live, context=context)


def _entered(live: LiveChord, beat: int, metre: Metre, weights: ReaderWeights) -> Floats:
    """The scores of all chords at the beginning of a beat, before its own evidence."""
    if live.scores is None:
        return np.zeros(len(STATES))
    costs = (weights.change_bar, weights.change_half, weights.change_beat)
    cost = float(metrical(metre, 1, costs, beat)[0])
    return stepped(live.scores, cost)[0]


def _slots(
    notes: Sequence[Note], beat: int, count: int, metre: Metre, weights: ReaderWeights
) -> BeatSlots:
    return slots_of(notes, metre, beat * metre.ticks_per_beat, count, weights.top_voice)


def _with_low(slots: BeatSlots, low: BeatSlots) -> BeatSlots:
    """The slots with the lowest notes of others, where these have any."""
    return replace(
        slots,
        low=np.where(low.low == NOTHING, slots.low, low.low),
        low_at_start=np.where(low.low == NOTHING, slots.low_at_start, low.low_at_start),
    )


def lasting(notes: Sequence[Note], tick: int, until: int) -> list[Note]:
    """The notes with those that sound at ``tick`` held to ``until`` (ticks)."""
    return [replace(n, length=until - n.tick) if n.end > tick else n for n in notes]
