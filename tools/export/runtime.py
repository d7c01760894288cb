"""An exported model through onnxruntime, for tools: arrays of windows, one thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

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
    """The four graphs and the presets of an exported model."""

    def __init__(self, path: Path) -> None:
        names = ("encoder", "style", "surrogate", "decoder")
        self.graphs = {name: open_graph(str(path / f"{name}.onnx")) for name in names}
        with np.load(path / "styles.npz", allow_pickle=False) as styles:
            self.style_names = [str(name) for name in styles["names"]]
            self.styles: Floats = styles["vectors"]

    def encode(self, tokens: IntArray) -> tuple[Floats, Floats]:
        """Trios [N, 64, 3] -> ``mu``, ``sigma``."""
        mu, sigma = self.graphs["encoder"].run(None, {"tokens": tokens})
        return mu, sigma

    def style_of(self, bass: IntArray, drums: IntArray) -> Floats:
        """Bass and drums [N, 64] -> style [N, S]."""
        out: Floats = self.graphs["style"].run(None, {"bass": bass, "drums": drums})[0]
        return out

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
        feed = {"melody": melody * (flags > 0), "heard": flags, "style": style, "chords": given}
        feed["phase"] = np.zeros(len(melody), np.int64) if phase is None else phase
        return Guess(*self.graphs["surrogate"].run(None, feed))

    def decode(
        self,
        z: Floats,
        bars: tuple[int, ...] = tuple(range(BARS)),
        temperature: float = 0.0,
        seed: int = 0,
    ) -> IntArray:
        """Codes [N, Z] -> classes [N, K, 16, 3]."""
        rng = np.random.default_rng(seed)
        feed = {
            "z": z.astype(np.float32),
            "bars": np.array(bars, np.int64),
            "temperature": np.array(temperature, np.float32),
            "noise": rng.random((len(z), len(bars), SLOTS_PER_BAR, 3), dtype=np.float32),
        }
        out: IntArray = self.graphs["decoder"].run(None, feed)[0]
        return out
