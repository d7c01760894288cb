"""A trio whose code has two levels, on ONNX Runtime.

Its graphs are told the metre, and hold the bass relative to its chords: notes are moved on the way
in and out. Its styles are codes of bass and drums, so no graph is needed for them.
"""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.model.contract import Floats, Gaussian, Ints, ModelSpec, check_metre
from bridge.model.runtime import OnnxTrio
from bridge.model.two_level.chord_relative import step_chords, to_absolute, to_relative
from bridge.model.two_level.code_layout import CodeLayout, metre_number
from bridge.model.two_level.window_chords import chords_of_windows
from bridge.music.chord_features import half_bars
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR

HALF = SLOTS_PER_BAR // 2
"""The slot at which the second chord of a bar begins, in every metre."""
MELODY, BASS = 0, 1


class TwoLevelTrio(OnnxTrio):
    """A ``Trio`` from a model folder with ``coarse`` in its specification."""

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        super().__init__(folder, spec)
        self.layout = CodeLayout.of(spec)
        self._metre = FOUR_FOUR.name

    def in_metre(self, metre: str) -> TwoLevelTrio:
        """The trio in a metre; its graphs are shared."""
        check_metre(self.spec, metre)
        if metre == self._metre:
            return self
        other = copy.copy(self)
        other._metre = metre
        other._decoded = (None, np.zeros(0, np.int64))
        return other

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """Classes [N, T, 3] over chords [N, 8] -> the posterior over codes."""
        tokens = np.asarray(tokens, np.int64)
        if chords is None:
            chords = chords_of_windows(tokens[..., MELODY], tokens[..., BASS])
        held = tokens.copy()
        held[..., BASS] = to_relative(tokens[..., BASS], self._by_slot(chords))
        mu, sigma = self._encoder(tokens=held, **self._told(len(held)))
        return Gaussian(mu, sigma)

    def style_of(self, bass: Ints, drums: Ints, chords: Ints | None = None) -> Floats:
        """Classes [N, T] each, over chords [N, 8] -> style vectors [N, S]."""
        window = np.stack([np.zeros_like(bass), bass, drums], axis=-1)
        return self.layout.style_of(self.encode(window, chords).mu)

    def decode(
        self,
        z: Floats,
        bars: Ints,
        temperature: float,
        noise: Floats,
        chords: Ints | None = None,
    ) -> Ints:
        """Codes [N, Z] -> classes [N, K, 16, 3] of the chosen bars, the bass over ``chords``."""
        held = super().decode(z, bars, temperature, noise)
        if chords is None:
            chords = self.chords_of(z)
        named = self._by_slot(chords).reshape(len(z), -1, SLOTS_PER_BAR)[:, np.asarray(bars)]
        held[..., BASS] = to_absolute(held[..., BASS], named)
        return held

    def chords_of(self, z: Floats) -> Ints:
        """The chords [N, 8] under the melodies of codes, as the chord reader hears them; no chord
        without one."""
        count, spec = len(z), self.spec
        blank = np.zeros((count, spec.bars, SLOTS_PER_BAR, len(spec.tracks)), np.float32)
        melody = super().decode(z, np.arange(spec.bars), 0.0, blank)[..., MELODY]
        rows = [half_bars(line.reshape(-1), np.ones(spec.steps)) for line in melody]
        logits = self.harmony(np.stack(rows))
        if logits is None:
            return np.zeros((count, 2 * spec.bars), np.int64)
        named: Ints = logits.argmax(-1)
        return named

    def _by_slot(self, chords: Ints) -> Ints:
        """Chord classes [N, 8] -> of each slot [N, T]."""
        return step_chords(np.asarray(chords, np.int64), HALF, SLOTS_PER_BAR)

    def _told(self, count: int) -> dict[str, npt.NDArray[np.int64]]:
        """The metre, for each of ``count`` windows."""
        return {"metre": np.full(count, metre_number(self._metre))}
