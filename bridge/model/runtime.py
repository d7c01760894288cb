"""ONNX Runtime behind the ``Trio`` protocol. The only module that imports onnxruntime."""

from __future__ import annotations

import contextlib
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

# Read on import: otherwise ONNX Runtime stores a device id and an event database in the user's
# home.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from bridge.errors import ModelError
from bridge.latent.prior import Prior
from bridge.latent.steering import Steering
from bridge.model import graph_cache, library
from bridge.model.contract import (
    CHORD_CLASSES,
    CHORDS_PER_BAR,
    DRUMMER_WIDTH,
    TRACKS,
    Floats,
    Gaussian,
    GraphSpec,
    Guess,
    Ints,
    ModelSpec,
    Preset,
    Touch,
    check_metre,
)
from bridge.music.chord_features import FEATURES
from bridge.music.tokens import DRUM_NAMES

Array = npt.NDArray[Any]
Shape = list[int | str]
Ports = dict[str, tuple[str, Shape]]
"""Inputs or outputs of a graph: name -> (element type, shape)."""
LOG_FATAL: Final = 4
"""onnxruntime's log severity "fatal", because its warnings would be written over the screen."""
INTS: Final = "tensor(int64)"
FLOATS: Final = "tensor(float)"
_INTEGERS: Final = {"tokens", "melody", "bass", "drums", "bars", "phase", "metre"}
"""Names of the int64 inputs and outputs (classes or indices); all others are float32."""


def graph_ports(spec: ModelSpec) -> dict[str, tuple[dict[str, Shape], dict[str, Shape]]]:
    """(Inputs, outputs) of the required graphs of a trio with these sizes, by graph name."""
    steps, latent, style = spec.steps, spec.latent, spec.style
    chords: Shape = ["N", spec.bars * CHORDS_PER_BAR, CHORD_CLASSES]
    bars: Shape = ["N", "K", spec.steps_per_bar, len(TRACKS)]
    gaussian: dict[str, Shape] = {"mu": ["N", latent], "sigma": ["N", latent]}
    window: Shape = ["N", steps]
    place: dict[str, Shape] = {"phase": ["N"]} if spec.phases else {}
    metre: dict[str, Shape] = {"metre": ["N"]} if spec.coarse else {}
    styles: dict[str, tuple[dict[str, Shape], dict[str, Shape]]] = {
        "style": ({"bass": window, "drums": window}, {"style": ["N", style]})
    }
    return {
        "encoder": ({"tokens": [*window, len(TRACKS)], **metre}, gaussian),
        **({} if spec.coarse else styles),
        "surrogate": (
            {
                "melody": window,
                "heard": window,
                "style": ["N", style],
                "chords": chords,
                **place,
                **metre,
            },
            {**gaussian, "chord_logits": chords},
        ),
        "decoder": (
            {"z": ["N", latent], "bars": ["K"], **metre, "temperature": [], "noise": bars},
            {"tokens": bars},
        ),
    }


def optional_ports(spec: ModelSpec) -> dict[str, tuple[dict[str, Shape], dict[str, Shape]]]:
    """(Inputs, outputs) of the optional graphs of a trio, by graph name."""
    rows: Shape = ["N", "H"]
    bars: Shape = ["N", "K", spec.steps_per_bar, len(TRACKS)]
    hits: Shape = ["N", spec.steps_per_bar, len(DRUM_NAMES)]
    course: Shape = ["N", "L", library.prior_width(spec)]
    return {
        "feel": (
            {"drums": ["N", spec.steps_per_bar], "tempo": ["N"], "drummer": ["N", DRUMMER_WIDTH]},
            {"velocity": hits, "offset": hits},
        ),
        "prior": (
            {"x": course, "given": ["N", "L"], "level": ["N"]},
            {"velocity": course},
        ),
        "harmony": (
            {"features": [*rows, FEATURES]},
            {"chord_logits": [*rows, CHORD_CLASSES]},
        ),
        "earlier": (
            {"z": ["N", spec.earlier], "bars": ["K"], "temperature": [], "noise": bars},
            {"tokens": bars},
        ),
    }


class Graph:
    """One ONNX graph on one thread, with its checksum, names, shapes and types checked."""

    def __init__(self, folder: Path, name: str, spec: GraphSpec) -> None:
        self._path = folder / spec.file
        content = library.checked_bytes(folder, spec.file, spec.sha256)
        try:
            self._session = _session(content, spec.sha256)
        except Exception as exc:  # onnxruntime's classes have no common base below Exception
            raise ModelError(
                f"{self._path} is no graph that ONNX Runtime {onnxruntime.__version__} can run "
                f"({_one_line(exc)}): {library.REPAIR}"
            ) from exc
        self._check("input", self._session.get_inputs(), spec.inputs)
        self._check("output", self._session.get_outputs(), spec.outputs)

    def __call__(self, **feed: Array) -> list[Array]:
        """Run the graph and return its outputs in order. ModelError for any failure."""
        try:
            outputs: list[Array] = self._session.run(None, feed)
        except Exception as exc:
            raise ModelError(f"{self._path.name} failed: {_one_line(exc)}") from exc
        return outputs

    def _check(self, what: str, found: Sequence[Any], declared: dict[str, Shape]) -> None:
        """ModelError when the graph's ports differ from those in ``model.yaml``."""
        have: Ports = {port.name: (port.type, list(port.shape)) for port in found}
        want: Ports = {
            name: (INTS if name in _INTEGERS else FLOATS, shape) for name, shape in declared.items()
        }
        if list(have) != list(want):
            raise ModelError(
                f"{self._path} has the {what}s {list(have)}, not {list(want)}: {library.REPAIR}"
            )
        for name, port in want.items():
            if have[name] != port:
                raise ModelError(
                    f"{self._path}: the {what} {name!r} is {_port(have[name])}, "
                    f"not {_port(port)}: {library.REPAIR}"
                )


class OnnxTrio:
    """A ``Trio`` from a model folder and its specification. The encoder and style graphs are
    loaded on first use."""

    def __init__(self, folder: Path, spec: ModelSpec) -> None:
        self._folder = folder
        self._spec = spec
        library.check_band(self._spec)
        _check_graphs(folder, self._spec)
        library.verify(folder, self._spec)
        self._presets = library.read_presets(folder, self._spec)
        self._directions = library.read_directions(folder, self._spec)
        self._steering = library.read_steering(folder, self._spec)
        self._surrogate = self.graph("surrogate")
        self._decoder = self.graph("decoder")
        self._harmony = self._optional("harmony")
        self._feel = self._optional("feel")
        self._decoded: tuple[object, Ints] = (None, np.zeros(0, np.int64))

    @property
    def spec(self) -> ModelSpec:
        """The specification from ``model.yaml``."""
        return self._spec

    def in_metre(self, metre: str) -> OnnxTrio:
        """The model itself: its graphs are not told the metre. ModelError for one that it lacks."""
        check_metre(self._spec, metre)
        return self

    @property
    def presets(self) -> dict[str, Preset]:
        """The folder's styles."""
        return self._presets

    @property
    def directions(self) -> dict[str, Floats]:
        """The folder's latent directions."""
        found = self._directions
        return dict(zip(found.names, found.vectors, strict=True))

    @property
    def steering(self) -> Steering | None:
        """The steering data of ``directions.npz``."""
        return self._steering

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """Classes [N, T, 3] -> the posterior over codes."""
        mu, sigma = self._encoder(tokens=_ints(tokens))
        return Gaussian(mu, sigma)

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """Melody [N, T], style, chords and phase -> the code of a whole trio, and chord logits."""
        place = {"phase": _ints(phase) % self._spec.phases} if self._spec.phases else {}
        mu, sigma, logits = self._surrogate(
            melody=_ints(melody),
            heard=_floats(heard),
            style=_floats(style),
            chords=_floats(chords),
            **place,
            **self._told(len(melody)),
        )
        return Guess(Gaussian(mu, sigma), logits)

    def harmony(self, features: Floats) -> Floats | None:
        """Rows of ``music.chord_features.half_bars`` [N, H, F] -> chord logits [N, H, 25]."""
        if self._harmony is None:
            return None
        (logits,) = self._harmony(features=_floats(features))
        return logits

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch | None:
        """Drum classes [N, 16], BPM [N], a drummer [N, 6] -> the touch of the hits."""
        if self._feel is None:
            return None
        velocity, offset = self._feel(
            drums=_ints(drums), tempo=_floats(tempo), drummer=_floats(drummer)
        )
        return Touch(velocity, offset)

    @cached_property
    def prior(self) -> Prior | None:
        """The folder's prior over sequences of codes, loaded on first use."""
        space = library.read_prior_space(self._folder, self._spec)
        if space is None:
            return None
        graph = self.graph("prior")

        def denoise(x: Floats, given: Floats, level: Floats) -> Floats:
            (velocity,) = graph(x=_floats(x), given=_floats(given), level=_floats(level))
            return velocity

        return Prior(space, denoise)

    def style_of(self, bass: Ints, drums: Ints, chords: Ints | None = None) -> Floats:
        """Classes [N, T] each -> style vectors [N, S]."""
        (style,) = self._style(bass=_ints(bass), drums=_ints(drums))
        return style

    def decode(
        self,
        z: Floats,
        bars: Ints,
        temperature: float,
        noise: Floats,
        chords: Ints | None = None,
    ) -> Ints:
        """Codes [N, Z] -> classes [N, K, 16, 3] of the chosen bars.

        The last result is cached: while a knob turns, the same moves of the same code are decoded
        repeatedly.
        """
        key = (z.tobytes(), bars.tobytes(), float(temperature), noise.tobytes())
        if key != self._decoded[0]:
            (tokens,) = self._decoder(
                z=_floats(z),
                bars=_ints(bars),
                **self._told(len(z)),
                temperature=np.asarray(temperature, np.float32),
                noise=_floats(noise),
            )
            self._decoded = (key, tokens)
        return self._decoded[1].copy()

    def _told(self, count: int) -> dict[str, Array]:
        """Further inputs of the graphs for ``count`` windows: none."""
        return {}

    def warm_up(self) -> None:
        """Run every graph of a request once, because the first run allocates memory."""
        spec = self._spec
        halves = spec.bars * CHORDS_PER_BAR
        guess = self.surrogate(
            np.zeros((1, spec.steps), np.int64),
            np.zeros((1, spec.steps), np.float32),
            np.zeros((1, spec.style), np.float32),
            np.zeros((1, halves, CHORD_CLASSES), np.float32),
            np.zeros(1, np.int64),
        )
        self.feel(
            np.zeros((1, spec.steps_per_bar), np.int64),
            np.full(1, 120, np.float32),
            np.zeros((1, DRUMMER_WIDTH), np.float32),
        )
        self.harmony(np.zeros((1, halves, FEATURES), np.float32))
        for count in (1, spec.bars):
            noise = np.zeros((1, count, spec.steps_per_bar, len(TRACKS)), np.float32)
            self.decode(guess.code.mu, np.arange(count), 0.0, noise)

    def graph(self, name: str) -> Graph:
        """A graph of the folder, loaded anew."""
        return Graph(self._folder, name, self._spec.graphs[name])

    def _optional(self, name: str) -> Graph | None:
        return self.graph(name) if name in self._spec.graphs else None

    @cached_property
    def _encoder(self) -> Graph:
        return self.graph("encoder")

    @cached_property
    def _style(self) -> Graph:
        return self.graph("style")


def multiply_adds(folder: Path, name: str, feed: Mapping[str, Array]) -> int:
    """Number of multiply-adds in the matrix products of a graph for the inputs ``feed``.

    Counted from ONNX Runtime's profile of one run, which has the input and output shapes of every
    node. ModelError when the graph does not run.
    """
    part = library.read_spec(folder).graphs[name]
    content = library.checked_bytes(folder, part.file, part.sha256)
    options = _options()
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as scratch:
        options.profile_file_prefix = str(Path(scratch) / "profile")
        try:
            session = onnxruntime.InferenceSession(
                content, sess_options=options, providers=["CPUExecutionProvider"]
            )
            session.run(None, dict(feed))
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        except Exception as exc:
            raise ModelError(f"{part.file} failed: {_one_line(exc)}") from exc
    return sum(_products(event.get("args", {})) for event in events)


def _products(node: Mapping[str, Any]) -> int:
    """The multiply-adds of one node of a profile: MatMul, Gemm or LSTM; 0 for all others."""
    kind = node.get("op_name")
    if kind not in ("MatMul", "FusedMatMul", "Gemm", "LSTM"):
        return 0
    into: list[int] = next(iter(node["input_type_shape"][0].values()))
    out: list[int] = next(iter(node["output_type_shape"][0].values()))
    if kind != "LSTM":
        return math.prod(out) * into[-1]
    steps, count, width = into
    hidden = out[-1]
    directions = math.prod(out) // (count * hidden) // (steps if len(out) == 4 else 1)
    return steps * count * directions * 4 * hidden * (width + hidden)


def _check_graphs(folder: Path, spec: ModelSpec) -> None:
    """ModelError when ``model.yaml`` does not declare the graphs of a trio with its sizes."""
    path = folder / library.SPEC_FILE
    optional = optional_ports(spec)
    for name, (inputs, outputs) in (graph_ports(spec) | optional).items():
        if name not in spec.graphs:
            if name in optional:
                continue
            raise ModelError(f"{path}: the graph {name!r} is missing: {library.REPAIR}")
        graph = spec.graphs[name]
        for what, declared, want in (
            ("inputs", graph.inputs, inputs),
            ("outputs", graph.outputs, outputs),
        ):
            if list(declared.items()) != list(want.items()):
                raise ModelError(
                    f"{path}: the {what} of {name!r} are {declared}, not {want}: {library.REPAIR}"
                )


def _session(content: bytes, checksum: str) -> onnxruntime.InferenceSession:
    """A session of a graph: of its optimised form in the cache, else optimised, and kept there."""
    key = graph_cache.key_of(checksum, onnxruntime.__version__)
    optimised = graph_cache.read(key)
    if optimised is not None:
        options = _options()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        with contextlib.suppress(Exception):  # the graph itself is as good
            return _open(optimised, options)
    options, written = _options(), graph_cache.room(key)
    if written is None:
        return _open(content, options)
    options.optimized_model_filepath = str(written)
    try:
        session = _open(content, options)
    except Exception:  # the graph's fault, or the disk's: without it, the one or the other shows
        graph_cache.drop(written)
        return _open(content, _options())
    graph_cache.keep(key, written)
    return session


def _open(content: bytes, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        content, sess_options=options, providers=["CPUExecutionProvider"]
    )


def _options() -> onnxruntime.SessionOptions:
    """Options for one thread without spinning: the engine and the screen need the cores too."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = LOG_FATAL
    return options


def _ints(values: Array) -> Ints:
    return np.ascontiguousarray(values, np.int64)


def _floats(values: Array) -> Floats:
    return np.ascontiguousarray(values, np.float32)


def _port(port: tuple[str, Shape]) -> str:
    kind, shape = port
    return f"{kind} {shape}"


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split())[:200]
