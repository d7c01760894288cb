"""Melodies as players play them: masks of the steps heard, mistakes, given chords."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from tools.data.dataset import IntArray
from tools.data.sizes import STEPS

Floats = npt.NDArray[np.float32]
CASES = ("all", "next", "early", "start", "silence")
CASE_SHARES = (0.3, 0.35, 0.15, 0.15, 0.05)


def heard_mask(case: str, rng: np.random.Generator, steps: int = STEPS) -> Floats:
    """A mask [steps] of the steps that were heard (1) in one of :data:`CASES`.

    ``all``: every step; ``next``: all but the last bar; ``early``: also without up to half of the
    bar before; ``start``: the performance begins at least a bar late; ``silence``: none.
    """
    heard = np.ones(steps, np.float32)
    if case == "next":
        heard[-SLOTS_PER_BAR:] = 0
    elif case == "early":
        heard[-SLOTS_PER_BAR - int(rng.integers(1, 9)) :] = 0
    elif case == "start":
        heard[: SLOTS_PER_BAR * int(rng.integers(1, steps // SLOTS_PER_BAR))] = 0
        if rng.random() < 0.7:
            heard[-SLOTS_PER_BAR - int(rng.integers(0, 5)) :] = 0
    elif case == "silence":
        heard[:] = 0
    return heard


def heard_masks(count: int, rng: np.random.Generator, steps: int = STEPS) -> Floats:
    """Masks [count, steps] of random cases."""
    cases = rng.choice(CASES, size=count, p=CASE_SHARES)
    return np.stack([heard_mask(str(case), rng, steps) for case in cases])


def with_mistakes(melody: IntArray, rng: np.random.Generator, amount: float = 1.0) -> IntArray:
    """A copy of melodies [N, 64] with the mistakes of a player.

    About half of the windows stay clean. The others have notes a step early or late, wrong notes
    near the right one, octave jumps, missing notes and missing note-offs. ``amount`` scales the
    share of windows with mistakes (1: half).
    """
    out = melody.copy()
    rough = rng.random(len(out)) < 0.5 * amount
    draw = rng.random(out.shape)
    level = np.where(rough, rng.uniform(0.01, 0.08, len(out)), 0)[:, None]
    notes = out >= 2
    wrong = notes & (draw < level)
    out[wrong] += rng.choice([-2, -1, 1, 2], size=int(wrong.sum()))
    octave = notes & (draw > 1 - level / 3)
    out[octave] += rng.choice([-12, 12], size=int(octave.sum()))
    dropped = notes & (draw > 0.5) & (draw < 0.5 + level)
    out[dropped] = 0
    out[(out == 1) & (rng.random(out.shape) < np.where(rough, 0.3, 0.02)[:, None])] = 0
    out = np.where(notes & (out != 0), np.clip(out, 2, 89), out)
    if rough.any():
        _jitter(out, rough, rng)
    whole = rng.random(len(out))
    shift = np.where(whole < 0.1 * amount, 12, np.where(whole > 1 - 0.1 * amount, -12, 0))
    moved = out + shift[:, None]
    return np.where((out >= 2) & (moved >= 2) & (moved <= 89), moved, out)


def _jitter(out: IntArray, rough: npt.NDArray[np.bool_], rng: np.random.Generator) -> None:
    """Move some onsets of rough windows one step later or earlier where there is room."""
    for row in np.flatnonzero(rough):
        for at in np.flatnonzero(out[row] >= 2):
            if rng.random() < 0.08:
                to = at + (1 if rng.random() < 0.7 else -1)
                if 0 <= to < out.shape[1] and out[row, to] == 0:
                    out[row, to], out[row, at] = out[row, at], 0


def given_chords(chords: IntArray, rng: np.random.Generator) -> Floats:
    """One-hot [N, 8, 25] of what a player gives: nothing (55 %), all (25 %), some halves."""
    count = len(chords)
    kind = rng.random(count)
    give = np.where(kind[:, None] < 0.55, False, rng.random(chords.shape) < 0.5)
    give = np.where(kind[:, None] > 0.75, True, give)
    give &= chords > 0
    return (np.eye(CHORD_CLASSES, dtype=np.float32)[chords]) * give[..., None]
