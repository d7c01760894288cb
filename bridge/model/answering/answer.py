"""Answer requests with a trio model; encode and decode windows with any model.

Pure except for time measurement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError
from bridge.latent.prior import MAX_STEPS, MAX_WINDOWS, Guidance, sample_codes
from bridge.model.answering import steered
from bridge.model.answering.drum_touch import Touches, touches
from bridge.model.contract import (
    CHORD_CLASSES,
    CHORDS_PER_BAR,
    TRACKS,
    Codec,
    Floats,
    Gaussian,
    Guess,
    Ints,
    ModelSpec,
    Trio,
    Window,
    check_metre,
)
from bridge.model.messages import BarTokens, Request, Result
from bridge.music.chord_features import half_bars
from bridge.music.grid import SLOTS_PER_BAR, Metre, metre_named
from bridge.music.tokens import from_slots, to_slots

SPREAD: Final = 2.0
"""Deviations of the code that variation 1 would add; from half of it on a whole one is added."""
MAX_TEMPERATURE: Final = 2.0
"""The highest temperature of a request."""


def answer(model: Trio, request: Request, clock: Callable[[], float] = time.perf_counter) -> Result:
    """Compute the accompaniment for ``request`` with ``model``.

    The code is ``listen * mu + offset + spread * sigma * normal`` with ``spread`` twice the
    variation, at most 1, plus the prior's part with ``onward``; a part with a point of its own uses
    that point's ``listen`` and both offsets. Normals and the decoder's noise come from PCG64 of the
    request's seed. In a model with steering turned knobs take each voice from a move of the code,
    and ``Result.code`` includes the mean of those moves. The noise is drawn for the whole window,
    so a bar is the same whether requested alone or with others. Given chords (>= 0) are kept; the
    others are the likeliest of the chord reader, or of the surrogate in a model without one.

    ``clock`` gives seconds, for ``Result.milliseconds``. ModelError for a request that does not
    fit the model, and for model output of a wrong shape or with values that are not finite.
    """
    started = clock()
    spec, metre = model.spec, metre_named(request.metre)
    check_metre(spec, metre.name)
    model, request = model.in_metre(metre.name), _in_slots(request, metre)
    _check(spec, request)
    rng = np.random.Generator(np.random.PCG64(request.seed))
    normal = rng.standard_normal(spec.latent, dtype=np.float32)
    noise = rng.random((1, spec.bars, spec.steps_per_bar, len(TRACKS)), dtype=np.float32)
    given = _given_chords(spec, request)
    heard = _heard_chords(model, request) if (given < 0).any() else np.zeros(0, np.int64)
    if len(heard):
        given = np.where(given >= 0, given, heard[-len(given) :])
    guess = _guess(model, request, given)
    chords = np.where(given >= 0, given, guess.chord_logits[0].argmax(-1))
    mu = guess.code.mu[0]
    pushed = np.float32(min(1.0, SPREAD * request.variation)) * guess.code.sigma[0] * normal
    onward = _prior_offset(model, request, guess.code)
    code = _with_offset(request.listen * mu + pushed + onward, request.offset)
    own = [
        _with_offset(
            _with_offset(point.listen * mu + pushed + onward, request.offset), point.offset
        )
        for point in request.points
    ]
    bars = np.asarray(request.bars, np.int64)
    # With a decoder that feeds each bar to the next, preceding bars are decoded too.
    decoded_bars = bars if spec.segments == 1 else np.arange(bars.max() + 1)
    knobs = dict(request.knobs)
    moves = steered.moves_of(model, knobs)
    tried = (np.stack([code, *own])[:, None] + moves).reshape(-1, spec.latent)
    shared = np.repeat(noise[:, decoded_bars], len(tried), axis=0)
    over = np.repeat(chords[None], len(tried), axis=0)
    decoded = model.decode(
        tried.astype(np.float32), decoded_bars, request.temperature, shared, over
    )
    if spec.segments > 1:
        decoded = decoded[:, bars]
    _check_classes(spec, decoded, len(tried), len(bars))
    places = decoded.reshape(1 + len(own), len(moves), *decoded.shape[1:])
    for place, point in enumerate(request.points, start=1):
        track = TRACKS.index(point.part)
        places[0, ..., track] = places[place, ..., track]
    shape = (spec.bars, spec.steps_per_bar)
    tune, played = (np.asarray(row).reshape(shape)[bars] for row in (request.melody, request.heard))
    classes, move = steered.choose_bars(model, knobs, places[0], tune, played)
    code = code + move
    steps = from_slots(classes, metre, axis=1)
    hits = to_slots(steps[..., 2], metre)
    return Result(
        generation=request.generation,
        target_bar=request.target_bar,
        bars=tuple(
            _bar(bar, touch)
            for bar, touch in zip(steps, touches(model, hits, request, metre), strict=True)
        ),
        code=tuple(code.tolist()),
        chords=tuple(chords.tolist()),
        milliseconds=(clock() - started) * 1000,
        heard=tuple(mu.tolist()),
        chords_before=tuple(heard[: -len(given)].tolist()),
        metre=metre.name,
    )


def _in_slots(request: Request, metre: Metre) -> Request:
    """The request with its melody in bars of 16 slots. ModelError where there are no whole bars."""
    if metre.steps == SLOTS_PER_BAR:
        return request
    names = ("melody", "heard", "before", "style_bass", "style_drums")
    lines = {name: getattr(request, name) for name in names}
    for name, line in lines.items():
        if len(line) % metre.steps:
            raise ModelError(f"the request's {name} has {len(line)} steps: no bars of {metre.name}")
    laid = {n: tuple(to_slots(np.asarray(v, np.int64), metre).tolist()) for n, v in lines.items()}
    return msgspec.structs.replace(request, **laid)


def decode_windows(
    model: Codec,
    codes: Floats,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    controls: Floats | None = None,
    noise: Floats | None = None,
    chords: Ints | None = None,
) -> Window:
    """Codes [N, Z] -> windows [N, T, C] (see :class:`Codec`), with any model.

    ``noise`` is given or comes from PCG64 of ``seed``; temperature 0 takes the likeliest class;
    ``chords`` [N, H] are those that the bass is to play (None: as heard in the melody). ModelError
    for codes of another width or that are not finite, and for a temperature outside 0..2.
    """
    spec = model.spec
    codes = np.asarray(codes, np.float32)
    _check_floats(spec, "codes", codes, (len(codes), spec.latent))
    _within("temperature", [temperature], 0, MAX_TEMPERATURE)
    if noise is None:
        rng = np.random.Generator(np.random.PCG64(seed))
        noise = rng.random(model.noise_shape(len(codes)), dtype=np.float32)
    window = model.decode(codes, temperature, noise, controls, chords)
    _check_window(spec, window, len(codes))
    return window


def noise_of(codec: Codec, seed: int) -> Floats:
    """The decoder's noise for one code, equal to that of a request with the same seed, so that a
    code sounds the same live and offline."""
    random = np.random.Generator(np.random.PCG64(seed))
    random.standard_normal(codec.spec.latent, dtype=np.float32)
    return random.random(codec.noise_shape(1), dtype=np.float32)


def no_chords(spec: ModelSpec, count: int = 1) -> Floats | None:
    """Controls [count, T, c] that mean "no chord" at every step; None for models without
    controls."""
    if not spec.controls:
        return None
    controls = np.zeros((count, spec.steps, spec.controls), np.float32)
    controls[..., 0] = 1.0
    return controls


def encode_windows(model: Codec, window: Window, controls: Floats | None = None) -> Gaussian:
    """Windows [N, T, C] -> the posterior over codes, with any model that has an encoder.

    ModelError for windows of another shape or with invalid classes.
    """
    window = np.asarray(window)
    _check_window(model.spec, window, len(window))
    code = model.encode(window, controls)
    _check_floats(model.spec, "mu", code.mu, (len(window), model.spec.latent))
    _check_floats(model.spec, "sigma", code.sigma, (len(window), model.spec.latent))
    return code


def _prior_offset(model: Trio, request: Request, code: Gaussian) -> Floats:
    """The offset [Z] from the melody's code towards the prior's continuation of the past, times
    its share. The melody's code also guides the prior's sampling."""
    onward = request.onward
    if onward is None or onward.share == 0:
        return np.zeros(model.spec.latent, np.float32)
    if model.prior is None:
        raise ModelError(f"the model {model.spec.name} has no prior: choose another walk")
    past = np.asarray(onward.past[-(MAX_WINDOWS - 1) :], np.float32).reshape(-1, model.spec.latent)
    given = np.concatenate([past, np.full((1, model.spec.latent), np.nan, np.float32)])
    unsure = np.ones_like(past)
    course = sample_codes(
        model.prior,
        len(given),
        onward.seed,
        steps=onward.steps,
        temperature=onward.temperature,
        given=given,
        pull=Guidance(np.concatenate([past, code.mu]), np.concatenate([unsure, code.sigma])),
    )
    return np.asarray(onward.share * (course[-1] - code.mu[0]), np.float32)


def _with_offset(code: Floats, offset: Sequence[float]) -> Floats:
    """A code [Z] plus an offset; an empty offset changes nothing."""
    return code + np.asarray(offset, np.float32) if offset else code


def chord_input(chords: Ints) -> Floats:
    """Chord classes [N, H] (-1: none given) -> [N, H, 25], one-hot where given, else zeros."""
    table = np.concatenate([np.eye(CHORD_CLASSES), np.zeros((1, CHORD_CLASSES))])
    return table[chords].astype(np.float32)


def _given_chords(spec: ModelSpec, request: Request) -> Ints:
    return np.asarray(request.chords or (-1,) * (spec.bars * CHORDS_PER_BAR), np.int64)


def _heard_chords(model: Trio, request: Request) -> Ints:
    """Chord classes of ``before`` and of the window, from the chord reader; empty without
    one."""
    before = len(request.before)
    heard = np.concatenate([np.ones(before), request.heard])
    rows = half_bars([*request.before, *request.melody], heard)
    logits = model.harmony(rows[None])
    if logits is None:
        return np.zeros(0, np.int64)
    _check_floats(model.spec, "heard chords", logits, (1, len(rows), CHORD_CLASSES))
    named: Ints = logits[0].argmax(-1)
    return named


def _guess(model: Trio, request: Request, given: Ints) -> Guess:
    """Run the surrogate. ModelError for output that is not finite or of a wrong shape."""
    spec = model.spec
    guess = model.surrogate(
        np.asarray([request.melody], np.int64),
        np.asarray([request.heard], np.float32),
        _style(model, request),
        chord_input(given[None]),
        np.asarray([request.phase], np.int64),
    )
    halves = spec.bars * CHORDS_PER_BAR
    _check_floats(spec, "mu", guess.code.mu, (1, spec.latent))
    _check_floats(spec, "sigma", guess.code.sigma, (1, spec.latent))
    _check_floats(spec, "chord logits", guess.chord_logits, (1, halves, CHORD_CLASSES))
    return guess


def _style(model: Trio, request: Request) -> Floats:
    """The style [1, S] of a request: its own, or that of its bars."""
    style = np.asarray(request.style, np.float32).reshape(1, model.spec.style)
    if not request.style_drums:
        return style
    bass, drums = (
        np.asarray(line, np.int64)[np.newaxis] for line in (request.style_bass, request.style_drums)
    )
    if (bass >= 2).any():
        return model.style_of(bass, drums)
    return model.style_of(bass_of_style(model, style), drums, _none(model.spec))


def bass_of_style(model: Trio, style: Floats) -> Ints:
    """The bass classes [1, T] that a style [1, S] plays without a melody, over no chords."""
    spec = model.spec
    silent = np.zeros((1, spec.steps), np.int64)
    none = np.zeros((1, spec.bars * CHORDS_PER_BAR, CHORD_CLASSES), np.float32)
    code = model.surrogate(silent, silent.astype(np.float32), style, none, np.zeros(1, np.int64))
    noise = np.zeros((1, spec.bars, spec.steps_per_bar, len(TRACKS)), np.float32)
    bars = model.decode(code.code.mu, np.arange(spec.bars), 0.0, noise, _none(spec))
    return bars[..., TRACKS.index("bass")].reshape(1, -1)


def _none(spec: ModelSpec) -> Ints:
    """Half bars [1, H] without a chord."""
    return np.zeros((1, spec.bars * CHORDS_PER_BAR), np.int64)


def _bar(classes: Ints, touch: Touches) -> BarTokens:
    melody, bass, drums = (tuple(track) for track in classes.T.tolist())
    return BarTokens(melody, bass, drums, touch)


# --- checks ---------------------------------------------------------------------------------


def _check(spec: ModelSpec, request: Request) -> None:
    """ModelError naming the first thing in the request that does not fit the model."""
    halves = spec.bars * CHORDS_PER_BAR
    _width(spec, "melody classes", request.melody, spec.steps)
    _width(spec, "heard flags", request.heard, spec.steps)
    _width(spec, "style values", request.style, spec.style)
    if request.style_drums or request.style_bass:
        for line, most in ((request.style_bass, "bass"), (request.style_drums, "drums")):
            _width(spec, f"{most} classes of a style", line, spec.steps)
            _within(f"{most} class", line, 0, spec.tracks[most] - 1)
    if len(request.before) % spec.steps_per_bar:
        raise ModelError(f"the request has {len(request.before)} classes before: no whole bars")
    if request.chords:
        _width(spec, "chords", request.chords, halves)
    if request.offset:
        _width(spec, "offset values", request.offset, spec.latent)
    if not request.bars:
        raise ModelError("the request asks for no bars")
    _within("bar", request.bars, 0, spec.bars - 1)
    _within("melody class", request.melody, 0, spec.tracks["melody"] - 1)
    _within("melody class", request.before, 0, spec.tracks["melody"] - 1)
    _within("heard flag", request.heard, 0, 1)
    _within("chord class", request.chords, -1, CHORD_CLASSES - 1)
    _within("temperature", [request.temperature], 0, MAX_TEMPERATURE)
    _within("variation", [request.variation], 0, 1)
    _within("tempo", [request.tempo], 1, 1000)
    _within("seed", [request.drummer], 0, float("inf"))
    _within("seed", [request.seed], 0, float("inf"))
    _within("listen", [request.listen, *(p.listen for p in request.points)], 0, 1)
    if request.onward is not None:
        _within("share", [request.onward.share], 0, 1)
        _within("number of steps", [request.onward.steps], 1, MAX_STEPS)
        _within("temperature", [request.onward.temperature], 0, MAX_TEMPERATURE)
        for past in request.onward.past:
            _width(spec, "values of a past code", past, spec.latent)
    for point in request.points:
        if point.part not in TRACKS:
            raise ModelError(f"the request has a point for {point.part!r}, which is not a part")
        if point.offset:
            _width(spec, "offset values", point.offset, spec.latent)
    offsets = [("offset", o) for o in (request.offset, *(p.offset for p in request.points))]
    played = () if request.onward is None else request.onward.past
    offsets += [("past", code) for code in played]
    for what, values in (("style", request.style), *offsets):
        if not np.isfinite(np.asarray(values, np.float32)).all():
            raise ModelError(f"the request's {what} holds a value that is not finite")


def _width(spec: ModelSpec, what: str, values: Sequence[Any], width: int) -> None:
    if len(values) != width:
        raise ModelError(
            f"the request has {len(values)} {what}, but the model {spec.name} takes {width}"
        )


def _within(what: str, values: Sequence[float], low: float, high: float) -> None:
    for value in values:
        if not low <= value <= high:  # false for a NaN too
            raise ModelError(f"the request has a {what} of {value}, outside {low}..{high}")


def _check_floats(spec: ModelSpec, what: str, array: Floats, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ModelError(f"the model {spec.name} gave {what} of shape {array.shape}, not {shape}")
    if not np.isfinite(array).all():
        raise ModelError(f"the model {spec.name} gave {what} that are not finite")


def _check_classes(spec: ModelSpec, classes: npt.NDArray[Any], codes: int, bars: int) -> None:
    shape = (codes, bars, spec.steps_per_bar, len(TRACKS))
    if classes.shape != shape or classes.dtype.kind != "i":
        raise ModelError(
            f"the model {spec.name} gave {classes.dtype} bars of shape {classes.shape}, not {shape}"
        )
    limits = [spec.tracks[track] for track in TRACKS]
    if (classes < 0).any() or (classes >= limits).any():
        raise ModelError(f"the model {spec.name} gave a class that does not exist")


def _check_window(spec: ModelSpec, window: Window, count: int) -> None:
    shape = (count, spec.steps, sum(spec.tracks.values()) if _is_groove(spec) else len(spec.tracks))
    if window.shape != shape or window.dtype.kind != ("f" if _is_groove(spec) else "i"):
        raise ModelError(
            f"the model {spec.name} has windows of shape {shape}, not {window.dtype} of shape "
            f"{window.shape}"
        )
    if _is_groove(spec):
        if not np.isfinite(window).all():
            raise ModelError(f"a window of the model {spec.name} has a value that is not finite")
    elif (window < 0).any() or (window >= list(spec.tracks.values())).any():
        raise ModelError(f"a window of the model {spec.name} has a class that does not exist")


def _is_groove(spec: ModelSpec) -> bool:
    return spec.window == "groove"
