"""An exported model through onnxruntime, for tools: arrays of windows, one thread."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from bridge.model.loading import load
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.sizes import BARS, HALVES, STEPS

IntArray = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def open_graph(source: str | bytes) -> onnxruntime.InferenceSession:
    """An onnxruntime session on the CPU with one thread, from a path or a serialised model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@dataclass(frozen=True)
class Guess:
    """The surrogate's answer: ``mu``, ``sigma`` [N, Z], ``chord_logits`` [N, 8, 25]."""

    mu: Floats
    sigma: Floats
    chord_logits: Floats


class ExportedModel:
    """The trio of a model folder, as the program runs it, and its presets. Bass is over ``chords``
    [N, 8]; where none are told, as over no chord at all."""

    def __init__(self, path: Path) -> None:
        self.trio = load(path)
        presets = self.trio.presets
        self.style_names = list(presets)
        self.styles: Floats = np.stack([preset.vector for preset in presets.values()])

    def in_metre(self, metre: str) -> ExportedModel:
        """The same model, told another metre."""
        other = copy.copy(self)
        other.trio = self.trio.in_metre(metre)
        return other

    def encode(self, tokens: IntArray, chords: IntArray | None = None) -> tuple[Floats, Floats]:
        """Trios [N, 64, 3] -> ``mu``, ``sigma``."""
        code = self.trio.encode(tokens, _told(chords, len(tokens)))
        return code.mu, code.sigma

    def style_of(self, bass: IntArray, drums: IntArray, chords: IntArray | None = None) -> Floats:
        """Bass and drums [N, 64] -> style [N, S]; chords are heard in the bass where none are
        told."""
        return self.trio.style_of(bass, drums, chords)

    def guess(
        self,
        melody: IntArray,
        style: Floats,
        heard: int = STEPS,
        chords: IntArray | None = None,
        phase: IntArray | None = None,
    ) -> Guess:
        """The surrogate's code of the first ``heard`` steps of melodies [N, 64].

        ``chords`` [N, 8] are given ones (None: none). ``phase`` [N] is the bar of the groove that
        each window begins with (None: 0).
        """
        flags = np.zeros(melody.shape, np.float32)
        flags[:, :heard] = 1
        given = np.zeros((len(melody), HALVES, CHORD_CLASSES), np.float32)
        if chords is not None:
            given = np.eye(CHORD_CLASSES, dtype=np.float32)[chords]
        place = np.zeros(len(melody), np.int64) if phase is None else phase
        found = self.trio.surrogate(melody * (flags > 0), flags, style, given, place)
        return Guess(found.code.mu, found.code.sigma, found.chord_logits)

    def decode(
        self,
        z: Floats,
        bars: tuple[int, ...] = tuple(range(BARS)),
        temperature: float = 0.0,
        seed: int = 0,
        chords: IntArray | None = None,
    ) -> IntArray:
        """Codes [N, Z] -> classes [N, K, 16, 3]."""
        rng = np.random.default_rng(seed)
        noise = rng.random((len(z), len(bars), SLOTS_PER_BAR, 3), dtype=np.float32)
        codes = np.asarray(z, np.float32)
        return self.trio.decode(codes, np.array(bars), temperature, noise, _told(chords, len(z)))


def _told(chords: IntArray | None, count: int) -> IntArray:
    return np.zeros((count, HALVES), np.int64) if chords is None else chords
