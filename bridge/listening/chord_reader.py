"""Chords of a whole piece: the network's probabilities, and Viterbi's algorithm over beats. Pure.

:mod:`bridge.listening.chord_net` judges each beat with the music around it. A change of chord costs
less on a bar line than on a weak beat, so that the likeliest sequence changes where music does
(Sheh and Ellis 2003, "Chord segmentation and recognition using EM-trained hidden Markov models").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.listening.chord_features import Floats, Floats32, context, pitch_classes
from bridge.listening.chord_net import Hearing, chord_net
from bridge.listening.chord_symbol import ChordSymbol, Quality

QUALITIES: Final = tuple(Quality)
STATES: Final = tuple(ChordSymbol(root, quality) for quality in QUALITIES for root in range(12))
"""The chords that are told apart, a quality after another."""


@dataclass(frozen=True)
class Change:
    """Costs (nats) of a change of chord ``on_bar`` line, at ``half`` a bar and on other beats
    (``inside``); of the quality over one root half of that. ``quality`` is the weight of what tells
    qualities apart, relative to what tells roots apart. Chosen on validation tunes by
    ``tools/evaluate/two_hands.py``."""

    on_bar: float = 0.2
    half: float = 0.4
    inside: float = 0.68
    quality: float = 0.5


CHANGE: Final = Change()


def best_path(found: Floats, costs: Floats) -> list[int]:
    """The likeliest sequence of states: Viterbi with a cost of change for each slot."""
    count = len(found)
    if not count:
        return []
    best = found[0].copy()
    came = np.zeros((count, len(STATES)), np.int64)
    for slot in range(1, count):
        best, came[slot] = stepped(best, float(costs[slot]))
        best = best + found[slot]
    path = [int(best.argmax())]
    for slot in range(count - 1, 0, -1):
        path.append(int(came[slot, path[-1]]))
    return path[::-1]


def stepped(best: Floats, cost: float) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The best scores after a step, and the states that they came from: itself, the best of its
    root at half the cost, or the best of all."""
    own = np.arange(len(STATES))
    by_root = best.reshape(len(QUALITIES), 12)
    near = by_root.argmax(axis=0)
    near_score = np.tile(by_root.max(axis=0) - cost / 2, len(QUALITIES))
    near_from = np.tile(near * 12 + np.arange(12), len(QUALITIES))
    far = int(best.argmax())
    scores = np.stack([best, near_score, np.full(len(best), best[far] - cost)])
    froms = np.stack([own, near_from, np.full(len(best), far)])
    choice = scores.argmax(axis=0)
    return scores[choice, own], froms[choice, own]


def read_features(
    features: Floats32, where: Floats32, change: Change = CHANGE
) -> list[ChordSymbol | None]:
    """The chord of each beat from its features [N, WIDTH] and places [N, 3], with the music after
    it known. None before the first note; a chord goes on where nothing sounds.
    """
    sounding = pitch_classes(features)
    around = context(sounding, ahead=True)
    chords, basses = chord_net(Hearing.WHOLE).read(Hearing.WHOLE, features, where, around)
    sounds = sounding.any(axis=1)
    found = _weighted(chords.astype(float), change.quality)
    found[~sounds] = 0.0
    path = best_path(found, where @ np.array([change.on_bar, change.half, change.inside]))
    heard = np.maximum.accumulate(sounds)
    named = [STATES[s] if h else None for s, h in zip(path, heard, strict=True)]
    return with_basses(named, basses, where)


def _weighted(chords: Floats, quality: float) -> Floats:
    """Log probabilities of chords [N, S] with those of the qualities of each root weighted: the
    likeliest root may be none of the likeliest chord."""
    by_root = chords.reshape(len(chords), len(QUALITIES), 12)
    roots = np.logaddexp.reduce(by_root, axis=1, keepdims=True)
    return np.asarray(roots + quality * (by_root - roots)).reshape(chords.shape)


def with_basses(
    chords: Sequence[ChordSymbol | None], basses: Floats32, where: Floats32
) -> list[ChordSymbol | None]:
    """The chords of beats over their likeliest basses: the root or another tone, from where a chord
    begins, or a bar or its half."""
    found: list[ChordSymbol | None] = []
    bass: int | None = None
    for beat, chord in enumerate(chords):
        if chord is not None and (beat == 0 or chord != chords[beat - 1] or not where[beat, 2]):
            bass = bass_of(chord, basses[beat])
        found.append(None if chord is None else replace(chord, bass=bass))
    return found


def bass_of(chord: ChordSymbol, basses: Floats32) -> int | None:
    """The likeliest bass [12] of a chord; None for its root, or where it is no tone of it."""
    bass = int(basses.argmax())
    return bass if bass != chord.root and bass in chord.pitch_classes else None
