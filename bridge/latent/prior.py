"""A prior over sequences of codes, by latent diffusion. Pure; the network is a callable.

A :class:`PriorSpace` takes codes [L, Z] to the coordinates [L, K] that the network knows (principal
components in standard deviations) and back. :func:`sample_codes` draws a sequence from noise in a
few steps; given codes are kept and the others fit them (inpainting). The sampler is DDIM (Song et
al. 2021) with v-prediction (Salimans and Ho 2022): at level t of 0..1 a noisy sequence is
``cos(pi t / 2) x + sin(pi t / 2) noise``, and the network predicts the velocity
``cos(pi t / 2) noise - sin(pi t / 2) x``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.latent.space import Floats, checked, sample

MAX_WINDOWS: Final = 32
"""Most windows that are sampled at once."""
STEPS: Final = 16
"""Default number of diffusion steps; the model's card gives the cost of fewer."""
MAX_STEPS: Final = 1000
MAX_COORDINATE: Final = 4.0
"""Predicted coordinates are clipped to this distance from 0, in standard deviations."""

Denoise = Callable[[Floats, Floats, Floats], Floats]
"""Coordinates [N, L, K], flags of given codes [N, L] (0 or 1), levels [N] -> velocity
[N, L, K]."""


@dataclass(frozen=True)
class PriorSpace:
    """The network's coordinates: ``mean`` [Z], orthonormal ``axes`` [K, Z] and ``spread`` [K],
    the standard deviation along each. ModelError where shapes do not match or a spread is 0."""

    mean: Floats
    axes: Floats
    spread: Floats

    def __post_init__(self) -> None:
        count, width = self.axes.shape
        if self.mean.shape != (width,) or self.spread.shape != (count,):
            raise ModelError(f"a prior's mean {self.mean.shape}, axes {self.axes.shape} and spread "
                             f"{self.spread.shape} do not match: export it again")  # fmt: skip
        if not (self.spread > 0).all():
            raise ModelError("a prior's spread is not above 0 everywhere: export it again")

    @property
    def width(self) -> int:
        """Z, the width of codes."""
        return int(self.axes.shape[1])

    def coordinates(self, codes: Floats) -> Floats:
        """Codes [..., Z] -> [..., K]."""
        return np.asarray((codes - self.mean) @ self.axes.T / self.spread, np.float32)

    def codes(self, coordinates: Floats) -> Floats:
        """Coordinates [..., K] -> codes [..., Z]."""
        return self.offset(coordinates) + self.mean

    def offset(self, coordinates: Floats) -> Floats:
        """Coordinates [..., K] -> the distance [..., Z] of their codes from the mean."""
        return np.asarray((coordinates * self.spread) @ self.axes, np.float32)

    def drawn(self, count: int, seed: int, *, temperature: float = 1.0) -> Floats:
        """``count`` codes [N, Z] of the normal distribution with the codes' own mean and
        covariance; ``temperature`` (>= 0) scales their distance from the mean."""
        return self.codes(sample(count, len(self.spread), seed, temperature=temperature))

    def variances(self, sigma: Floats) -> Floats:
        """Standard deviations of codes [..., Z] -> variances of their coordinates [..., K]."""
        return np.asarray(sigma**2 @ (self.axes**2).T / self.spread**2, np.float32)


@dataclass(frozen=True)
class Prior:
    """A trained prior: its coordinate space and its network."""

    space: PriorSpace
    denoise: Denoise


@dataclass(frozen=True)
class Guidance:
    """A normal distribution ``mu``, ``sigma`` [L, Z] of each code, for example from style and
    chords. Sampling is drawn towards ``mu``, the more the smaller ``sigma``."""

    mu: Floats
    sigma: Floats


def sample_codes(
    prior: Prior,
    length: int,
    seed: int | Sequence[int],
    *,
    steps: int = STEPS,
    temperature: float = 1.0,
    normalize: bool = False,
    given: Floats | None = None,
    pull: Guidance | None = None,
) -> Floats:
    """Sample a sequence of ``length`` (1 to 32) codes: [L, Z].

    ``given`` [L, Z] holds codes to keep; rows of NaN are sampled. ``temperature`` 0..2 scales
    the initial noise: 0 gives the likeliest sequence. ``normalize`` scales each sampled code to
    the typical length of codes in training. Equal seeds give equal sequences. ModelError for
    numbers out of range.
    """
    _check(length, steps, temperature)
    space = prior.space
    known, flags = _known(space, given, length)
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(
        (length, len(space.spread)), dtype=np.float32
    )
    x = np.float32(temperature) * noise
    levels = np.linspace(1.0, 0.0, steps + 1)
    held = flags[:, np.newaxis] > 0
    clean = known
    for level, below in pairwise(levels):
        x = np.where(held, known, x)
        x = x.astype(np.float32)
        v = prior.denoise(x[None], flags[None], np.asarray([level], np.float32))[0]
        signal, rest = float(np.cos(np.pi * level / 2)), float(np.sin(np.pi * level / 2))
        clean = np.clip(signal * x - rest * v, -MAX_COORDINATE, MAX_COORDINATE)
        if pull is not None:
            clean = _guided(space, clean, pull, rest)
        # The noise in x if ``clean`` is its signal; at the first level x is all noise.
        left = (x - signal * clean) / rest
        x = np.cos(np.pi * below / 2) * clean + np.sin(np.pi * below / 2) * left
    if normalize:
        lengths = np.linalg.norm(clean, axis=-1, keepdims=True)
        usual = np.sqrt(clean.shape[-1])
        clean = clean * usual / np.maximum(lengths, 1e-6)
    codes = space.codes(np.asarray(clean, np.float32))
    return codes if given is None else np.where(held, np.nan_to_num(given), codes)


def continue_codes(
    prior: Prior,
    past: Floats,
    count: int,
    seed: int | Sequence[int],
    *,
    steps: int = STEPS,
    temperature: float = 1.0,
    normalize: bool = False,
    pull: Guidance | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Floats:
    """Continue ``past`` [P, Z] (P >= 0) by ``count`` (>= 1) codes: [count, Z].

    Long sequences are sampled in parts, each given as many of the preceding codes as fit in
    :data:`MAX_WINDOWS`. ``pull`` has a row for each new code; ``progress`` is called with
    (codes done, codes in all). Other arguments as in :func:`sample_codes`.
    """
    if count < 1:
        raise ModelError(f"a sequence of {count} windows: choose 1 or more")
    width = prior.space.width
    before = np.asarray(past, np.float32)
    course = checked(before, width) if before.size else np.zeros((0, width), np.float32)
    begin = len(course)
    root = [seed] if isinstance(seed, int) else list(seed)
    while len(course) < begin + count:
        done = len(course) - begin
        kept = course[-MAX_WINDOWS // 2 :] if len(course) + count - done > MAX_WINDOWS else course
        fresh = min(count - done, MAX_WINDOWS - len(kept))
        given = np.full((len(kept) + fresh, width), np.nan, np.float32)
        given[: len(kept)] = kept
        made = sample_codes(
            prior, len(given), [*root, done],
            steps=steps, temperature=temperature, normalize=normalize, given=given,
            pull=None if pull is None else _guidance_for(pull, kept, done, fresh),
        )  # fmt: skip
        course = np.concatenate([course, made[len(kept) :]])
        progress(len(course) - begin, count)
    return course[begin:]


def _guidance_for(pull: Guidance, kept: Floats, done: int, fresh: int) -> Guidance:
    """The guidance of one part: the ``kept`` codes, then ``fresh`` rows of ``pull``."""
    part = slice(done, done + fresh)
    sure = np.ones_like(kept)
    return Guidance(np.concatenate([kept, pull.mu[part]]), np.concatenate([sure, pull.sigma[part]]))


def _guided(space: PriorSpace, clean: Floats, pull: Guidance, rest: float) -> Floats:
    """The prediction and the guidance, weighted by their inverse variances."""
    goal, doubt = space.coordinates(pull.mu), space.variances(pull.sigma)
    share = rest**2 / (rest**2 + doubt)
    return np.asarray((1 - share) * clean + share * goal, np.float32)


def _known(space: PriorSpace, given: Floats | None, length: int) -> tuple[Floats, Floats]:
    """Coordinates [L, K] of the given codes, zeros elsewhere, and their flags [L]."""
    if given is None:
        return np.zeros((length, len(space.spread)), np.float32), np.zeros(length, np.float32)
    if np.shape(given) != (length, space.width):
        raise ModelError(f"given codes of shape {np.shape(given)}, not {(length, space.width)}: "
                         "choose the model that made them")  # fmt: skip
    there = np.asarray(~np.isnan(given).all(axis=-1))
    if there.any():
        checked(given[there], space.width)
    known = space.coordinates(np.nan_to_num(given)) * there[:, np.newaxis]
    return known.astype(np.float32), there.astype(np.float32)


def _check(length: int, steps: int, temperature: float) -> None:
    if not 1 <= length <= MAX_WINDOWS:
        raise ModelError(f"a sequence of {length} windows: choose 1 to {MAX_WINDOWS}")
    if not 1 <= steps <= MAX_STEPS:
        raise ModelError(f"{steps} steps: choose 1 to {MAX_STEPS}")
    if not 0 <= temperature <= 2:  # false for a NaN too
        raise ModelError(f"a temperature of {temperature}: choose 0 to 2")
