"""Models of any kind as a :class:`~bridge.model.contract.Codec`: encode and decode windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.errors import ModelError
from bridge.latent.prior import PriorSpace
from bridge.model import library
from bridge.model.contract import (
    Floats,
    Gaussian,
    GraphSpec,
    Ints,
    ModelSpec,
    Trio,
    Window,
    check_metre,
)
from bridge.model.loading import load
from bridge.model.runtime import Graph
from bridge.model.two_level.window_chords import chords_of_windows

FAKE: Final = "fake"
NO_EARLIER: Final = "the model {} has no earlier version: make the codes again"
_GAUSSIAN: Final = ("mu", "sigma")


def load_codec(model: str | Path, place: Path | None = None) -> OnnxCodec | TrioCodec:
    """Load a model of any kind by name or folder; ``place`` is an additional library.

    NameUnknown or ModelError where it cannot be loaded.
    """
    if str(model) == FAKE:
        from bridge.model.fake import FakeTrio

        return TrioCodec(FakeTrio())
    folder = library.find(model, place)
    # The graphs of two levels are told more than a codec knows: the metre, and chords.
    spec = library.read_spec(folder)
    if not spec.coarse:
        return OnnxCodec(folder, spec)
    trio = load(folder, spec)
    return TrioCodec(trio, partial(trio.graph, "earlier") if spec.earlier else None)


class OnnxCodec:
    """A ``Codec`` from a model folder, with its specification where it is read already. Graphs are
    loaded on first use."""

    def __init__(self, folder: Path, spec: ModelSpec | None = None) -> None:
        self._folder = folder
        self._spec = spec or library.read_spec(folder)
        self._inputs = check_ports(folder, self._spec)

    @property
    def spec(self) -> ModelSpec:
        """The specification from ``model.yaml``."""
        return self._spec

    def in_metre(self, metre: str) -> OnnxCodec:
        """The model itself: its graphs are not told the metre. ModelError for one that it lacks."""
        check_metre(self._spec, metre)
        return self

    @cached_property
    def distribution(self) -> PriorSpace | None:
        """The normal distribution of the folder's codes."""
        return library.read_prior_space(self._folder, self._spec)

    @property
    def can_encode(self) -> bool:
        """True if the model has an encoder."""
        return "encoder" in self._spec.graphs

    def encode(self, window: Window, controls: Floats | None = None) -> Gaussian:
        """Windows [N, T, C] -> the posterior over codes."""
        if not self.can_encode:
            raise ModelError(
                f"the model {self._spec.name} has no encoder: it can sample and interpolate "
                "between random codes, but not take in music"
            )
        feed = {self._spec.window: self._window(window), **self._controls(controls, len(window))}
        mu, sigma = self._encoder(**feed)
        return Gaussian(mu, sigma)

    def moved(self, codes: Floats) -> tuple[Floats, Ints]:
        """ModelError: these models have no earlier version."""
        raise ModelError(NO_EARLIER.format(self._spec.name))

    def again(self, window: Window) -> Window:
        """Windows [N, T, C] encoded and decoded at temperature 0."""
        code = self.encode(window)
        noise = np.zeros(self.noise_shape(len(window)), np.float32)
        return self.decode(code.mu, 0.0, noise)

    def noise_shape(self, count: int) -> tuple[int, ...]:
        """The shape of the decoder's noise for ``count`` codes."""
        names = {"N": count, "K": self._spec.bars}
        return tuple(names[d] if isinstance(d, str) else d for d in self._inputs["noise"])

    def decode(
        self,
        z: Floats,
        temperature: float,
        noise: Floats,
        controls: Floats | None = None,
        chords: Ints | None = None,
    ) -> Window:
        """Codes [N, Z] -> windows [N, T, C]."""
        feed: dict[str, Any] = {
            "z": np.ascontiguousarray(z, np.float32),
            "temperature": np.asarray(temperature, np.float32),
            "noise": np.ascontiguousarray(noise, np.float32),
            **self._controls(controls, len(z)),
        }
        if "bars" in self._inputs:
            feed["bars"] = np.arange(self._spec.bars)
        (window,) = self._decoder(**feed)
        return np.asarray(window).reshape(len(z), self._spec.steps, -1)

    def _window(self, window: Window) -> Window:
        kind = np.float32 if self._spec.window == "groove" else np.int64
        return np.ascontiguousarray(window, kind)

    def _controls(self, controls: Floats | None, count: int) -> dict[str, Floats]:
        """The input dict of the controls, empty for models without. ModelError where they are
        missing or not expected."""
        spec = self._spec
        if not spec.controls:
            if controls is not None:
                raise ModelError(f"the model {spec.name} takes no controls")
            return {}
        shape = (count, spec.steps, spec.controls)
        if controls is None:
            raise ModelError(f"the model {spec.name} needs controls, as floats of shape {shape}")
        return {"controls": np.ascontiguousarray(np.broadcast_to(controls, shape), np.float32)}

    @cached_property
    def _encoder(self) -> Graph:
        return Graph(self._folder, "encoder", self._spec.graphs["encoder"])

    @cached_property
    def _decoder(self) -> Graph:
        return Graph(self._folder, "decoder", self._spec.graphs["decoder"])


class TrioCodec:
    """A :class:`~bridge.model.contract.Trio` as a ``Codec``."""

    def __init__(self, trio: Trio, earlier: Callable[[], Graph] | None = None) -> None:
        self._trio, self._earlier = trio, earlier

    @property
    def spec(self) -> ModelSpec:
        """The trio's specification."""
        return self._trio.spec

    def in_metre(self, metre: str) -> TrioCodec:
        """The trio in a metre."""
        return TrioCodec(self._trio.in_metre(metre), self._earlier)

    @property
    def distribution(self) -> PriorSpace | None:
        """That of the trio's prior."""
        prior = self._trio.prior
        return None if prior is None else prior.space

    @property
    def can_encode(self) -> bool:
        """True: every trio has an encoder."""
        return True

    def encode(self, window: Window, controls: Floats | None = None) -> Gaussian:
        """Classes [N, T, 3] -> the posterior over codes."""
        return self._trio.encode(window)

    def moved(self, codes: Floats) -> tuple[Floats, Ints]:
        """Codes [N, ``spec.earlier``] of the earlier version, decoded by its own graph at
        temperature 0, -> codes [N, Z] of those notes, and their chords."""
        if self._earlier is None:
            raise ModelError(NO_EARLIER.format(self.spec.name))
        (tokens,) = self._earlier()(
            z=np.ascontiguousarray(codes, np.float32),
            bars=np.arange(self.spec.bars),
            temperature=np.asarray(0, np.float32),
            noise=np.zeros(self.noise_shape(len(codes)), np.float32),
        )
        windows = tokens.reshape(len(codes), self.spec.steps, -1)
        chords = chords_of_windows(windows[..., 0], windows[..., 1])
        return self._trio.encode(windows, chords).mu, chords

    def again(self, window: Window) -> Window:
        """Windows [N, T, C] encoded and decoded at temperature 0, over the same chords."""
        spec = self.spec
        chords = chords_of_windows(window[..., 0], window[..., 1])
        code = self._trio.encode(window, chords)
        noise = np.zeros(self.noise_shape(len(window)), np.float32)
        classes = self._trio.decode(code.mu, np.arange(spec.bars), 0.0, noise, chords)
        return classes.reshape(len(window), spec.steps, -1)

    def noise_shape(self, count: int) -> tuple[int, ...]:
        """[N, bars, 16, 3]."""
        return (count, self.spec.bars, self.spec.steps_per_bar, len(self.spec.tracks))

    def decode(
        self,
        z: Floats,
        temperature: float,
        noise: Floats,
        controls: Floats | None = None,
        chords: Ints | None = None,
    ) -> Window:
        """Codes [N, Z] -> classes [N, T, 3]."""
        bars = np.arange(self.spec.bars)
        classes = self._trio.decode(z, bars, temperature, noise, chords)
        return classes.reshape(len(z), self.spec.steps, -1)


def check_ports(folder: Path, spec: ModelSpec) -> dict[str, list[int | str]]:
    """The decoder's inputs. ModelError when ``model.yaml`` does not declare a codec's graphs."""
    path = folder / library.SPEC_FILE

    def check(name: str, graph: GraphSpec, want: set[str], out: tuple[str, ...]) -> None:
        inputs = set(graph.inputs) - {"bars"}
        outputs = tuple(graph.outputs)
        if inputs != want or outputs != out:
            raise ModelError(
                f"{path}: the graph {name!r} is from {sorted(inputs)} to {list(outputs)}, "
                f"not from {sorted(want)} to {list(out)}: {library.REPAIR}"
            )

    if "decoder" not in spec.graphs:
        raise ModelError(f"{path}: the graph 'decoder' is missing: {library.REPAIR}")
    controls = {"controls"} if spec.controls else set()
    decoder = spec.graphs["decoder"]
    check("decoder", decoder, {"z", "temperature", "noise", *controls}, (spec.window,))
    if "encoder" in spec.graphs:
        check("encoder", spec.graphs["encoder"], {spec.window, *controls}, _GAUSSIAN)
    return decoder.inputs
