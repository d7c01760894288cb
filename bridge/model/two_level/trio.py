"""A trio whose code has two levels, on ONNX Runtime.

Its graphs are told the metre, and hold the bass relative to its chords: notes are moved on the way
in and out. Its styles are codes of bass and drums, so no graph is needed for them.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError
from bridge.model.contract import TRACKS, Floats, Gaussian, Guess, Ints, ModelSpec, check_metre
from bridge.model.runtime import OnnxTrio
from bridge.model.two_level.chord_relative import step_chords, to_absolute, to_relative
from bridge.model.two_level.code_layout import CodeLayout, metre_number
from bridge.model.two_level.window_chords import chords_of_windows
from bridge.music.chord_features import half_bars
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR

TURNED_KEPT: Final = 16
"""Turned styles that are kept: four bars of four styles."""
HALF = SLOTS_PER_BAR // 2
"""The slot at which the second chord of a bar begins, in every metre."""
MELODY, BASS = 0, 1


class TwoLevelTrio(OnnxTrio):
    """A ``Trio`` from a model folder with ``coarse`` in its specification."""

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        super().__init__(folder, spec)
        self.layout = CodeLayout.of(spec)
        self._metre = FOUR_FOUR.name
        self._turned: dict[tuple[bytes, int], Floats] = {}

    def in_metre(self, metre: str) -> TwoLevelTrio:
        """The trio in a metre; its graphs are shared."""
        check_metre(self.spec, metre)
        if metre == self._metre:
            return self
        other = copy.copy(self)
        other._metre = metre
        other._decoded = (None, np.zeros(0, np.int64))
        other._turned = {}
        return other

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """Classes [N, T, 3] over chords [N, 8] -> the posterior over codes."""
        tokens = np.asarray(tokens, np.int64)
        if tokens.shape[1:] != (self.spec.steps, len(TRACKS)):
            raise ModelError(
                f"the model {self.spec.name} takes windows of {self.spec.steps} slots, "
                f"not of {tokens.shape[1]}"
            )
        if chords is None:
            chords = chords_of_windows(tokens[..., MELODY], tokens[..., BASS])
        held = tokens.copy()
        held[..., BASS] = to_relative(tokens[..., BASS], self._by_slot(chords))
        mu, sigma = self._encoder(tokens=held, **self._told(len(held)))
        return Gaussian(mu, sigma)

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """Melody [N, T], style, chords and phase -> the code of a whole trio, and chord logits."""
        return super().surrogate(melody, heard, self.in_phase(style, phase), chords, phase)

    def in_phase(self, style: Floats, phase: Ints) -> Floats:
        """Styles [N, S] -> the same, beginning with the bar of their groove at ``phase`` [N].

        A code holds four bars in their order, so the bars are decoded, turned and encoded again.
        """
        turns = np.asarray(phase) % max(1, self.spec.phases)
        out = np.asarray(style, np.float32).copy()
        keys = [(row.tobytes(), int(turn)) for row, turn in zip(out, turns, strict=True)]
        missing = [i for i, key in enumerate(keys) if key[1] and key not in self._turned]
        if missing:
            found = self._encoded_again(out[missing], turns[missing])
            if len(self._turned) > TURNED_KEPT:
                self._turned.clear()
            self._turned.update((keys[i], row) for i, row in zip(missing, found, strict=True))
        for i, key in enumerate(keys):
            out[i] = self._turned.get(key, out[i])
        return out

    def _encoded_again(self, style: Floats, turns: Ints) -> Floats:
        """The codes of styles' bars, each turned round by a number of bars."""
        count, bars = len(style), self.spec.bars
        noise = np.zeros((count, bars, SLOTS_PER_BAR, len(self.spec.tracks)), np.float32)
        codes = self.layout.code_of(style)
        held = super().decode(codes, np.arange(bars), 0.0, noise)
        order = (np.arange(bars) + turns[:, None]) % bars
        held = np.take_along_axis(held, order[..., None, None], axis=1)
        held[..., MELODY] = 0
        mu, _ = self._encoder(tokens=held.reshape(count, -1, held.shape[-1]), **self._told(count))
        return self.layout.style_of(mu)

    def warm_up(self) -> None:
        """Run every graph of a request once; also the encoder, which turns styles."""
        super().warm_up()
        self._encoded_again(np.zeros((1, self.spec.style), np.float32), np.ones(1, np.int64))

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
