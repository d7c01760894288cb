"""The data set: classes, splits, windows in the common key, melodies as players play them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="the training extra is not installed")

from tools.data import augment, build_dataset, dataset, sizes


def test_pitches_become_musicvae_classes() -> None:
    """The files' pitch + 2 is turned into pitch - 19; what is out of range moves by octaves."""
    raw = np.array([0, 1, 62, 12, 127], np.uint8)
    assert build_dataset.to_classes(raw).tolist() == [0, 1, 41, 3, 82]


def test_a_bass_is_put_where_basses_are() -> None:
    """Notes of a bass track that are too high or too low move by octaves to E1..G3."""
    raw = np.arange(2, 130).astype(np.uint8)
    low, high = build_dataset.BASS_LOW, build_dataset.BASS_HIGH
    folded = build_dataset.to_classes(raw, low, high).astype(int)
    assert folded.min() == low
    assert folded.max() == high
    assert not ((folded - (raw.astype(int) - 21)) % 12).any()


def test_no_tune_is_on_both_sides(prepared: Path) -> None:
    """The split goes by the tune's name alone, whatever the groove."""
    data = dataset.Dataset.load(prepared)
    seen = {name: set(data.lead[data.pieces(name)]) for name in dataset.SPLITS}
    assert all(seen.values())
    assert not seen["train"] & seen["test"]
    assert not seen["train"] & seen["valid"]
    for name in ("tune-85", "tune-86", "tune-1"):
        last = hashlib.sha1(name.encode()).hexdigest()[-1]
        expected = 2 if last in "01" else 1 if last == "2" else 0
        assert dataset.split_of(name) == expected


def test_windows_come_in_the_common_key(prepared: Path) -> None:
    """Melody and chords move together: the chord of the first bar holds its first note."""
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    batch = windows.random(32, np.random.default_rng(0))
    assert batch.tokens.shape == (32, sizes.STEPS, 3)
    first = (batch.tokens[:, 0, 0] + 19) % 12
    shift = np.unique((first - (batch.chords[:, 0] - 1)) % 12)
    assert len(shift) <= 5


def test_a_style_begins_where_its_groove_does(prepared: Path) -> None:
    """A window from any bar is turned: its bars stand where the groove has them, none is lost."""
    bars = np.repeat(np.arange(4), 16)
    for phase in range(4):
        heard = np.roll(bars, -16 * phase)  # begins with that bar of the groove
        assert np.array_equal(dataset.turned(heard[None], np.array([phase]))[0], bars)
        assert np.array_equal(dataset.turned(bars[None], np.array([-phase]))[0], heard)
    windows = dataset.Windows(dataset.Dataset.load(prepared), "train")
    index = np.arange(8)
    batch = windows.batch(index, np.random.default_rng(0))
    starts = windows.start[index] - windows.data.starts[windows.piece[index]]
    assert np.array_equal(batch.phase, starts // 16 % 4)


def test_transposition_keeps_the_range() -> None:
    """Classes stay within 2..89 and keep their pitch class moved; 0 and 1 stay."""
    classes = np.arange(90)
    for by in range(-6, 7):
        moved = dataset.transpose(classes, by)
        assert moved[:2].tolist() == [0, 1]
        assert moved[2:].min() >= 2
        assert moved[2:].max() <= 89
        assert np.array_equal(moved[2:] % 12, (classes[2:] + by) % 12)


@pytest.mark.parametrize("case", augment.CASES)
def test_heard_masks_are_what_they_say(case: str) -> None:
    """The last bar is heard in ``all`` only (or at a take's start); silence hears nothing."""
    mask = augment.heard_mask(case, np.random.default_rng(3))
    assert mask.shape == (sizes.STEPS,)
    if case == "all":
        assert mask.all()
    if case in ("next", "early"):
        assert not mask[-16:].any()
        assert mask[:32].all()
    if case == "silence":
        assert not mask.any()


def test_played_melodies_stay_melodies() -> None:
    """Every class of a melody with mistakes is one of the 90."""
    rng = np.random.default_rng(0)
    clean = rng.choice([0, 0, 0, 1, 2, 40, 89], size=(200, sizes.STEPS))
    rough = augment.with_mistakes(clean, rng)
    assert rough.min() >= 0
    assert rough.max() <= 89
    assert (rough != clean).any()
