"""The chord that is heard now, from the notes played so far. Pure.

The features of the last beats are kept; the beat that has begun is judged by what sounds in it
already, held notes as if they lasted (:mod:`bridge.listening.chord_net`). Keys that go down within
:data:`TOGETHER_SECONDS` are one chord: it counts when a triad is complete or the time is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from bridge.listening.chord_features import (
    ROUNDING,
    Floats32,
    beat_features,
    in_beats,
    low_at_start,
    pitch_classes,
    places,
    so_far,
    with_low_of,
)
from bridge.listening.chord_net import Hearing, chord_net
from bridge.listening.chord_reader import QUALITIES, bass_of
from bridge.listening.chord_symbol import ChordSymbol
from bridge.listening.hands import HandSplit
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note

TOGETHER_SECONDS: Final = 0.06
"""Keys that go down this closely are one chord."""
TRIAD: Final = 3
"""Pitch classes struck together that are a chord at once."""
BEATS_BEFORE: Final = 16
"""Beats without an update after which earlier ones no longer count."""
BASS_REGISTER: Final = 63
"""A lowest note from this pitch up is no bass."""


class ListenMode(StrEnum):
    """The keys that chords are heard from, as on arranger keyboards. AUTO: the left hand where the
    hands are apart, else the whole keyboard where more than a line sounds."""

    AUTO = "auto"
    WHOLE = "whole"
    LEFT = "left"
    MELODY = "melody"


@dataclass(frozen=True)
class Caution:
    """The evidence that a change of chord needs. Chosen on validation tunes by
    ``tools/evaluate/two_hands.py``.

    ``quality`` are nats for the quality heard so far; another root has a probability of at least
    ``sure``.
    """

    quality: float = 0.8
    sure: float = 0.3


CAUTION: Final = Caution()


@dataclass(frozen=True)
class LiveChord:
    """The chord heard, its probability (``sure``) and that of its root (``root_sure``), and what
    sounded before ``beat``.

    ``before`` are the last 12 beats, each [1, 12, E] as the network describes it; ``usual`` [12]
    the pitch classes of the music so far. Beats are counted from a bar line at tick ``origin`` of
    the session, where the metre begins. ``split`` is where the hands are apart.
    """

    chord: ChordSymbol | None = None
    sure: float = 0.0
    root_sure: float = 0.0
    origin: int = 0
    beat: int = 0
    before: tuple[Floats32, ...] | None = None
    usual: Floats32 | None = None
    split: HandSplit = field(default_factory=HandSplit)

    def counted_from(self, origin: int) -> LiveChord:
        """The chord with beats counted from tick ``origin``: where that is another one than so
        far, a metre begins, and of the beats before only the pitch classes count."""
        if origin == self.origin:
            return self
        return replace(self, origin=origin, beat=0, before=None)

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
    low: Sequence[Note] | None = None,
    caution: Caution = CAUTION,
) -> LiveChord:
    """The chord heard at ``tick``, from the ``notes`` so far; those that sound end after it. All
    ticks are counted from ``live.origin``.

    ``low`` are the notes that may be the bass (None: all): those of the left hand, while it
    plays. Without notes in the beat the chord stays.
    """
    beat = _beat_of(tick, metre)
    live = _up_to(live, notes, beat, metre, low)
    began, until = (beat - ROUNDING) * metre.ticks_per_beat, (beat + 1) * metre.ticks_per_beat
    sounding = lasting([n for n in notes if n.end > began], tick, until)
    now = _features(sounding, beat, 1, metre, None if low is None else lasting(low, tick, until))
    if not pitch_classes(now).any():
        return live
    chords, basses = _scores(live, now, beat, metre)
    holds = low_at_start(now) >= BASS_REGISTER
    return _judged(live, chords.reshape(-1, 12), basses, caution, holds_bass=holds)


def prepare() -> None:
    """Load the network and use it once (40 ms), so that no first chord is late."""
    heard_at(LiveChord(), [Note(0, pitch, 1) for pitch in (48, 52, 55)], 0, FOUR_FOUR)


def _judged(
    live: LiveChord, chords: Floats32, basses: Floats32, caution: Caution, *, holds_bass: bool
) -> LiveChord:
    """The chord by log probabilities [qualities, 12] of chords, and [12] of basses: the likeliest
    root, then its likeliest quality. ``holds_bass``: a chord that goes on keeps its bass."""
    before, roots = live.chord, np.logaddexp.reduce(chords, axis=0)
    root = int(roots.argmax())
    sure, qualities = float(np.exp(roots[root])), chords[:, root].copy()
    if before is not None and root == before.root:
        qualities[QUALITIES.index(before.quality)] += caution.quality
    elif before is not None and sure < caution.sure:
        return live
    quality = QUALITIES[int(qualities.argmax())]
    live = replace(live, sure=float(np.exp(chords[:, root].max())), root_sure=sure)
    if before is not None and (root, quality) == (before.root, before.quality) and holds_bass:
        return live
    chord = ChordSymbol(root, quality)
    return replace(live, chord=replace(chord, bass=bass_of(chord, basses)))


def _scores(live: LiveChord, now: Floats32, beat: int, metre: Metre) -> tuple[Floats32, Floats32]:
    """Log probabilities of the chords [S] and basses [12] of a beat with features ``now``
    [1, WIDTH]."""
    net, before = chord_net(Hearing.LIVE), live.before or ()
    nothing = (net.nothing(1),) * (Hearing.LIVE.past - len(before))
    here = net.described(now, places(metre, beat, 1), now=True)
    usual = np.zeros((1, 12), np.float32) if live.usual is None else live.usual[None]
    chords, basses = net.scores((*nothing, *before, here), usual)
    return chords[0], basses[0]


def caught_up(
    live: LiveChord,
    notes: Sequence[Note],
    tick: int,
    metre: Metre,
    low: Sequence[Note] | None = None,
) -> LiveChord:
    """The chord with the beats before ``tick`` taken in: done early, it need not be done when a
    chord is struck. Nothing is done before the first chord."""
    if live.before is None:
        return live
    return _up_to(live, notes, _beat_of(tick, metre), metre, low)


def _beat_of(tick: int, metre: Metre) -> int:
    """The beat that a note struck at a tick belongs to: the next one, if it is a little early."""
    return int((tick + ROUNDING * metre.ticks_per_beat) // metre.ticks_per_beat)


def _up_to(
    live: LiveChord, notes: Sequence[Note], beat: int, metre: Metre, low: Sequence[Note] | None
) -> LiveChord:
    """The chord with all beats before ``beat`` taken in."""
    if beat <= live.beat and live.before is not None:
        return live
    first = live.beat
    if live.before is None or beat - first > BEATS_BEFORE:
        first, live = beat - 1, replace(live, before=None)
    count = beat - first
    found = _features(notes, first, count, metre, low)
    seen = chord_net(Hearing.LIVE).described(found, places(metre, first, count))
    before = (*(live.before or ()), *np.split(seen, count))[-Hearing.LIVE.past :]
    usual = so_far(pitch_classes(found), live.usual)[-1]
    return replace(live, before=before, usual=usual, beat=beat)


def _features(
    notes: Sequence[Note], beat: int, count: int, metre: Metre, low: Sequence[Note] | None
) -> Floats32:
    """Features of beats, with the lowest notes of ``low`` where these have any."""
    found = beat_features(in_beats(notes, metre), beat, count)
    if low is None:
        return found
    return with_low_of(found, beat_features(in_beats(low, metre), beat, count))


def lasting(notes: Sequence[Note], tick: int, until: int) -> list[Note]:
    """The notes with those that sound at ``tick`` held to ``until`` (ticks)."""
    return [replace(n, length=until - n.tick) if n.end > tick else n for n in notes]
