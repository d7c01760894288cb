"""The network that names the chord of a beat from both hands, and its bass note. Pure.

All roots are judged by the same weights, with pitch classes counted from each (a convolution over
the circle of pitch classes): a chord is learned in all keys at once. One set of weights hears only
what was played so far (:attr:`Hearing.LIVE`), another the music after a beat, too
(:attr:`Hearing.WHOLE`). Trained by ``tools/train/two_hands.py``; a network of this size runs in
numpy in a fraction of a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import numpy as np

from bridge.listening.chord_features import GROUPS, PLACES, WIDTH, Floats32
from bridge.listening.chord_symbol import Quality

TABLES: Final = Path(__file__).with_name("chord_net.npz")
KINDS: Final = len(Quality)
_RING: Final = np.arange(12)
_INTERVAL: Final = (_RING[:, None] - _RING[None]) % 12
"""[pitch class, root] -> semitones over the root."""
_FROM_ROOT: Final = (_RING[:, None] + _RING[None]) % 12
"""[root, semitones] -> pitch class."""
LEAST_SOUND: Final = 1e-3
CONTEXT_SCALE: Final = 4.0


class Hearing(StrEnum):
    """What is known at a beat: the music so far, or all of it."""

    LIVE = "live"
    WHOLE = "whole"

    @property
    def past(self) -> int:
        """Beats before the one that is named."""
        return 12 if self is Hearing.LIVE else 8

    @property
    def future(self) -> int:
        """Beats after it."""
        return 0 if self is Hearing.LIVE else 6


@dataclass(frozen=True, eq=False)
class ChordNet:
    """Weights of the network, float32. E numbers describe a beat inside it, H is its width, K the
    number of beats that it hears.

    ``pitches`` [2, GROUPS, 12, E] and ``rest`` [2, WIDTH - 84 + PLACES + 1, E] with ``rest_bias``
    [2, E] describe a beat (the second set: the beat that is named); ``window`` [K * E, H],
    ``usual`` [12, H], ``inner`` [H, H / 2] and ``named`` [H / 2, 14] follow, with their biases.
    The outputs are the 13 qualities of each root, and its being the bass.
    """

    pitches: Floats32
    rest: Floats32
    rest_bias: Floats32
    window: Floats32
    window_bias: Floats32
    usual: Floats32
    inner: Floats32
    inner_bias: Floats32
    named: Floats32
    named_bias: Floats32

    @cached_property
    def _turned(self) -> Floats32:
        """[2, 12 roots, GROUPS * 12, E]: the weights of the pitch classes, seen from each root."""
        return np.moveaxis(self.pitches[:, :, _INTERVAL], 3, 1).reshape(2, 12, GROUPS * 12, -1)

    @cached_property
    def _by_beat(self) -> Floats32:
        """[K, E, H]: the weights of the window, beat by beat."""
        return self.window.reshape(-1, self.rest.shape[2], len(self.window_bias))

    def described(self, features: Floats32, where: Floats32, *, now: bool = False) -> Floats32:
        """[N, 12, E]: beats of features [N, WIDTH] at places [N, 3], seen from each root."""
        seen = np.moveaxis(features[:, : GROUPS * 12] @ self._turned[int(now)], 0, 1)
        ones = np.ones((len(features), 1), np.float32)
        rest = np.concatenate([features[:, GROUPS * 12 :], where, ones], axis=1)
        outside = rest @ self.rest[int(now)] + self.rest_bias[int(now)]
        return np.asarray(np.maximum(seen + outside[:, None], 0.0))

    def nothing(self, count: int) -> Floats32:
        """[N, 12, E]: descriptions of beats before the beginning, or after the end."""
        return np.tile(np.maximum(self.rest_bias[0], 0.0), (count, 12, 1))

    def scores(self, window: Sequence[Floats32], around: Floats32) -> tuple[Floats32, Floats32]:
        """Log probabilities of the chords [N, S] (in the order of ``chord_reader.STATES``) and of
        the basses [N, 12].

        ``window`` are K arrays [N, 12, E]: the described beats, from the earliest on; ``around``
        [N, 12] the pitch classes of the music around. Each is multiplied by itself, so that the
        products for one beat are too small to be spread over threads.
        """
        hidden = scaled(around)[:, _FROM_ROOT] @ self.usual + self.window_bias
        for beat, weights in zip(window, self._by_beat, strict=True):
            hidden += beat @ weights
        hidden = np.maximum(np.maximum(hidden, 0.0) @ self.inner + self.inner_bias, 0.0)
        out = hidden @ self.named + self.named_bias
        chords = out[..., :KINDS].transpose(0, 2, 1).reshape(len(out), KINDS * 12)
        return _log_softmax(chords), _log_softmax(out[..., KINDS])

    def read(
        self, hearing: Hearing, features: Floats32, where: Floats32, around: Floats32
    ) -> tuple[Floats32, Floats32]:
        """The scores of all beats [N] of a piece, from its features, places and context."""
        count = len(features)
        seen = np.concatenate(
            [
                self.nothing(hearing.past),
                self.described(features, where),
                self.nothing(hearing.future),
            ]
        )
        window = [seen[k : k + count] for k in range(hearing.past + 1 + hearing.future)]
        window[hearing.past] = self.described(features, where, now=True)
        return self.scores(window, around)


def scaled(around: Floats32) -> Floats32:
    """Pitch classes around [N, 12] as the network takes them: their sum does not matter."""
    total = np.maximum(around.sum(axis=1, keepdims=True), LEAST_SOUND)
    return np.asarray(around / total * CONTEXT_SCALE)


def _log_softmax(logits: Floats32) -> Floats32:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


@cache
def chord_net(hearing: Hearing) -> ChordNet:
    """The network that is shipped with the program."""
    with np.load(TABLES, allow_pickle=False) as tables:
        return ChordNet(
            **{f.name: tables[f"{hearing} {f.name}"].astype(np.float32) for f in fields(ChordNet)}
        )


PADDING: Final = WIDTH - GROUPS * 12 + PLACES + 1
"""Numbers of a beat that are no pitch classes: heights, places, and a one where there is a beat."""
