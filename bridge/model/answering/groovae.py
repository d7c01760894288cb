"""Imported GrooVAE models beside a trio: drums from taps, and humanized drums.

GrooVAE: Gillick et al. 2019, "Learning to Groove with Inverse Sequence Transformations",
arXiv:1905.06118. Both are models of the kind "groove" (see :class:`~bridge.model.contract.Codec`):
a window is [N, T, 27], nine hits, nine velocities (0..1) and nine offsets (-1..1, in half steps).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bridge.errors import ModelError, NameUnknown
from bridge.latent.prior import Prior
from bridge.latent.steering import Steering
from bridge.model import library
from bridge.model.answering.drum_touch import touches_of_hits
from bridge.model.contract import (
    Codec,
    Floats,
    Gaussian,
    Guess,
    Ints,
    ModelSpec,
    Preset,
    Touch,
    Trio,
    check_metre,
)
from bridge.model.messages import Request, Result
from bridge.music.grid import FOUR_FOUR, SLOTS_PER_BAR
from bridge.music.tokens import DRUM_NAMES, NOTE_OFF

DRUMS: Final = len(DRUM_NAMES)
TAP_DRUM: Final = 3
"""Drum that carries the taps (``TAPIFY_CHANNEL`` of magenta.js 1.23.1, core/data.js)."""
TAP_BARS: Final = 2
TAP_MODEL: Final = "tap2drum_2bar"
HUMANIZE_MODEL: Final = "groovae_2bar_humanize"


def find_groove(name: str, place: Path | None = None) -> Path:
    """The folder of a GrooVAE. ModelError where it is missing (with the command that imports it)
    or of another kind."""
    try:
        folder = library.find(name, place)
    except NameUnknown as exc:
        raise ModelError(
            f"there is no model {name}: latent-bridge models import {name} fetches it"
        ) from exc
    spec = library.read_spec(folder)
    whole = spec.steps % SLOTS_PER_BAR == 0 and "encoder" in spec.graphs
    if spec.tracks != {"groove": 3 * DRUMS} or not whole:
        raise ModelError(
            f"the model {name} is of the kind {spec.kind!r}, not a GrooVAE of nine drums with an "
            f"encoder, such as {TAP_MODEL} or {HUMANIZE_MODEL}"
        )
    return folder


def load_groove(name: str, place: Path | None = None) -> Codec:
    """Load a GrooVAE by name or folder. ModelError as :func:`find_groove`."""
    from bridge.model.codec import OnnxCodec  # imports ONNX Runtime: in the worker only

    return OnnxCodec(find_groove(name, place))


def humanize(codec: Codec, drums: Ints) -> Touch:
    """The touch of bars of drum classes [K, 16]. Each bar is repeated to fill a window, and the
    last repetition is used, because the network has seen the bar before it."""
    times = codec.spec.steps // SLOTS_PER_BAR
    hits = (drums[..., None] >> np.arange(DRUMS)) & 1
    window = np.zeros((len(drums), codec.spec.steps, 3 * DRUMS), np.float32)
    window[..., :DRUMS] = np.tile(hits, (1, times, 1))
    noise = np.zeros(codec.noise_shape(len(drums)), np.float32)
    played = codec.decode(codec.encode(window).mu, 0.0, noise)[:, -SLOTS_PER_BAR:]
    return Touch(played[..., DRUMS : 2 * DRUMS], np.float32(0.5) * played[..., 2 * DRUMS :])


def drums_from_taps(codec: Codec, request: Request, result: Result) -> Result:
    """``result`` with drums from the rhythm of the request's melody.

    The drums of a bar come from the taps of the two bars before it. Where these have no tap, the
    band's own drums stay.
    """
    melody = np.asarray(request.melody).reshape(-1, SLOTS_PER_BAR)
    taps = (melody > NOTE_OFF) & (np.asarray(request.heard).reshape(melody.shape) > 0)
    rng = np.random.Generator(np.random.PCG64(request.seed))
    noise = rng.random(codec.noise_shape(1), dtype=np.float32)
    bars = list(result.bars)
    for place, index in enumerate(request.bars):
        known = taps[max(0, index - TAP_BARS) : index]
        if not known.any():
            continue
        rhythm = np.zeros((codec.spec.steps // SLOTS_PER_BAR, SLOTS_PER_BAR))
        rhythm[: len(known)] = known[: len(rhythm)]
        window = np.zeros((1, codec.spec.steps, 3 * DRUMS), np.float32)
        window[0, :, TAP_DRUM] = rhythm.ravel()
        groove = codec.decode(codec.encode(window).mu, request.temperature, noise)
        bar = groove[0, :SLOTS_PER_BAR]
        hits = bar[:, :DRUMS] > 0.5
        drums = (hits << np.arange(DRUMS)).sum(-1)
        touch = Touch(bar[None, :, DRUMS : 2 * DRUMS], np.float32(0.5) * bar[None, :, 2 * DRUMS :])
        (how,) = touches_of_hits(codec.spec.name, drums[None], touch)
        bars[place] = msgspec.structs.replace(bars[place], drums=tuple(drums.tolist()), touch=how)
    return msgspec.structs.replace(result, bars=tuple(bars))


class TrioWithGroove:
    """A ``Trio`` with a humanizer, a tap model, or both; everything else is delegated."""

    def __init__(
        self, trio: Trio, humanizer: Codec | None = None, tapper: Codec | None = None
    ) -> None:
        self._trio, self._humanizer, self._tapper = trio, humanizer, tapper

    @property
    def spec(self) -> ModelSpec:
        """The trio's."""
        return self._trio.spec

    def in_metre(self, metre: str) -> TrioWithGroove:
        """The trio in a metre; the models beside it know 4/4 only, so there they are left out."""
        four = metre == FOUR_FOUR.name
        trio = self._trio.in_metre(metre)
        return TrioWithGroove(trio, self._humanizer if four else None, self._tapper)

    @property
    def presets(self) -> dict[str, Preset]:
        """The trio's."""
        return self._trio.presets

    @property
    def directions(self) -> dict[str, Floats]:
        """The trio's."""
        return self._trio.directions

    def encode(self, tokens: Ints, chords: Ints | None = None) -> Gaussian:
        """As the trio."""
        return self._trio.encode(tokens, chords)

    def surrogate(
        self, melody: Ints, heard: Floats, style: Floats, chords: Floats, phase: Ints
    ) -> Guess:
        """As the trio."""
        return self._trio.surrogate(melody, heard, style, chords, phase)

    @property
    def steering(self) -> Steering | None:
        """The trio's."""
        return self._trio.steering

    @property
    def prior(self) -> Prior | None:
        """The trio's."""
        return self._trio.prior

    def harmony(self, features: Floats) -> Floats | None:
        """As the trio."""
        return self._trio.harmony(features)

    def feel(self, drums: Ints, tempo: Floats, drummer: Floats) -> Touch | None:
        """From the humanizer, where there is one, at any tempo; else from the trio."""
        if self._humanizer is None:
            return self._trio.feel(drums, tempo, drummer)
        return humanize(self._humanizer, drums)

    def style_of(self, bass: Ints, drums: Ints, chords: Ints | None = None) -> Floats:
        """As the trio."""
        return self._trio.style_of(bass, drums, chords)

    def decode(
        self,
        z: Floats,
        bars: Ints,
        temperature: float,
        noise: Floats,
        chords: Ints | None = None,
    ) -> Ints:
        """As the trio."""
        return self._trio.decode(z, bars, temperature, noise, chords)

    def finish(self, request: Request, result: Result) -> Result:
        """The result with drums from the taps, if the request asks for them."""
        if request.tap and self._tapper is not None:
            check_metre(self._tapper.spec, request.metre)
            return drums_from_taps(self._tapper, request, result)
        return result
