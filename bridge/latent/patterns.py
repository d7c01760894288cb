"""Composition patterns over sequences of codes: fibo, orale, blender, swapper.

A sequence is [N, Z]; a :class:`Pair` holds a second sequence for the patterns that need two.
Patterns map a pair to a pair, so they can be chained. Pure; reproducible by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bridge.errors import ModelError, NameUnknown
from bridge.latent.space import Floats, checked, generator

MAX_CODES: Final = 200_000
"""Most codes that a pattern may produce; more would be days of music."""


@dataclass(frozen=True)
class Pair:
    """The sequence that a pattern changes, and a second one (None: absent)."""

    codes: Floats
    other: Floats | None = None


def fibo(codes: Floats) -> Floats:
    """The first row, then the first two, three, five, eight rows, and so on.

    The last repetition is the whole sequence, also where its length is no Fibonacci number.
    """
    rows = checked(codes)
    counts, following = [1], 2
    while counts[-1] < len(rows):
        counts, following = [*counts, min(following, len(rows))], following + counts[-1]
    _check_count(sum(counts))
    return np.concatenate([rows[:count] for count in counts])


def orale(codes: Floats, *, amount: float = 0.15, times: int = 2, seed: int = 1) -> Floats:
    """Repetition as in oral tales: the sequence three times unchanged and a fourth time slightly
    changed; applied ``times`` (>= 1) times over: [4 ** times * N, Z].

    A change adds ``amount`` (>= 0) times a standard normal to every value.
    """
    result = checked(codes)
    if times < 1 or amount < 0:
        raise ModelError(f"orale: times {times} and amount {amount:g}: choose 1 and 0 at least")
    _check_count(len(result) * 4.0**times)
    random = generator(seed)
    for _ in range(times):
        noise = amount * random.standard_normal(result.shape)
        changed = (result.astype(np.float64) + noise).astype(np.float32)
        result = np.concatenate([result, result, result, changed])
    return result


def blender(codes: Floats, other: Floats, *, times: int = 1, dims: int = 1) -> Floats:
    """``codes`` changed into ``other`` (both [N, Z]), dimension by dimension.

    Each stage is repeated ``times`` (>= 1) times; the next stage takes ``dims`` more dimensions
    from ``other``, up to all of them.
    """
    start, goal = _same_shape("blender", codes, other)
    if times < 1 or dims < 1:
        raise ModelError(f"blender: times {times} and dims {dims}: choose 1 or more of each")
    width = start.shape[1]
    upto = [*range(0, width, dims), width]
    _check_count(len(start) * float(times) * len(upto))
    taken = np.arange(width) < np.array(upto)[:, None]
    blended = np.where(taken[:, None, :], goal, start)
    return np.repeat(blended, times, axis=0).reshape(-1, width)


def swapper(
    codes: Floats, other: Floats, *, times: int = 16, seed: int = 1
) -> tuple[Floats, Floats]:
    """Both sequences (of one shape) after ``times`` (>= 0) swaps of their values at random
    positions."""
    first, second = _same_shape("swapper", codes, other)
    if times < 0:
        raise ModelError(f"swapper: times {times}: choose 0 or more")
    places, swaps = np.unique(
        generator(seed).integers(first.size, size=times), return_counts=True
    )  # an even number of swaps changes nothing
    odd = np.zeros(first.size, bool)
    odd[places[swaps % 2 == 1]] = True
    swapped = odd.reshape(first.shape)
    return np.where(swapped, second, first), np.where(swapped, first, second)


# --- by name, in a chain ------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A pattern of a chain: its name in :data:`PATTERNS` and the settings that differ from the
    defaults."""

    name: str
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Pattern:
    """A pattern as called from a chain: ``run(pair, seed, settings)``, the default ``settings``
    (an int for a whole number), and ``about``, a line of help."""

    run: Callable[[Pair, int, Mapping[str, float]], Pair]
    settings: Mapping[str, float]
    about: str


def _fibo(pair: Pair, seed: int, settings: Mapping[str, float]) -> Pair:
    return Pair(fibo(pair.codes), pair.other)


def _orale(pair: Pair, seed: int, settings: Mapping[str, float]) -> Pair:
    times = int(settings["times"])
    return Pair(orale(pair.codes, amount=settings["amount"], times=times, seed=seed), pair.other)


def _blender(pair: Pair, seed: int, settings: Mapping[str, float]) -> Pair:
    other = _required_other("blender", pair)
    times, dims = int(settings["times"]), int(settings["dims"])
    return Pair(blender(pair.codes, other, times=times, dims=dims), other)


def _swapper(pair: Pair, seed: int, settings: Mapping[str, float]) -> Pair:
    other = _required_other("swapper", pair)
    return Pair(*swapper(pair.codes, other, times=int(settings["times"]), seed=seed))


PATTERNS: Final[Mapping[str, Pattern]] = {
    "fibo": Pattern(_fibo, {}, "the first row, the first two, three, five, eight, ..."),
    "orale": Pattern(
        _orale, {"amount": 0.15, "times": 2}, "three times as it is, a fourth slightly changed"
    ),
    "blender": Pattern(
        _blender, {"times": 1, "dims": 1}, "turned into the other, dimension by dimension"
    ),
    "swapper": Pattern(_swapper, {"times": 16}, "values swapped with the other's at random"),
}


def parse_step(text: str) -> Step:
    """Parse ``NAME`` or ``NAME:setting=number,...``. NameUnknown or ModelError otherwise."""
    name, _, rest = text.partition(":")
    if name not in PATTERNS:
        raise NameUnknown("pattern", name, PATTERNS)
    usual, settings = PATTERNS[name].settings, {}
    for part in filter(None, rest.split(",")):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in usual:
            raise NameUnknown(f"setting of {name}", key, usual)
        try:
            settings[key] = float(int(value) if isinstance(usual[key], int) else float(value))
        except ValueError as exc:
            kind = "a whole number" if isinstance(usual[key], int) else "a number"
            raise ModelError(f"{text!r}: {key} has to be {kind}, such as {usual[key]}") from exc
        if not np.isfinite(settings[key]):
            raise ModelError(f"{text!r}: {key} has to be finite, such as {usual[key]}")
    return Step(name, settings)


def chain(steps: Sequence[Step], pair: Pair, seed: int) -> Pair:
    """Apply patterns in order; step i uses the seed ``seed + i``."""
    for number, step in enumerate(steps):
        if step.name not in PATTERNS:
            raise NameUnknown("pattern", step.name, PATTERNS)
        pattern = PATTERNS[step.name]
        pair = pattern.run(pair, seed + number, {**pattern.settings, **step.settings})
    return pair


def _required_other(name: str, pair: Pair) -> Floats:
    if pair.other is None:
        raise ModelError(f"{name} needs a second sequence of codes: give one (--with CODES)")
    return pair.other


def _same_shape(name: str, codes: Floats, other: Floats) -> tuple[Floats, Floats]:
    first, second = checked(codes), checked(other)
    if first.shape != second.shape:
        raise ModelError(f"{name}: sequences of {first.shape} and {second.shape} (codes, "
                         "dimensions): it needs two of one size")  # fmt: skip
    return first, second


def _check_count(count: float) -> None:
    if count > MAX_CODES:
        raise ModelError(f"that would make {count:,.0f} codes, more than {MAX_CODES:,}: "
                         "choose fewer times")  # fmt: skip
