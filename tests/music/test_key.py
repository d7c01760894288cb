"""Keys: names, transposition to the common key, estimation and live tracking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import NameUnknown
from bridge.music.key import (
    ALL_KEYS,
    MAJOR_PROFILE,
    MINOR_PROFILE,
    Key,
    KeyMode,
    KeyTracker,
    estimate_key,
    key_scores,
    pitch_class_weights,
)

keys = st.sampled_from(ALL_KEYS)
weights = st.lists(st.floats(0, 100), min_size=12, max_size=12)
C_MAJOR, A_MINOR, G_MAJOR = Key(0), Key(9, KeyMode.MINOR), Key(7)


def scale(key: Key, tonic_weight: float = 3.0) -> list[float]:
    """Weights of a key's scale with its tonic and fifth stressed."""
    steps = (0, 2, 4, 5, 7, 9, 11) if key.mode is KeyMode.MAJOR else (0, 2, 3, 5, 7, 8, 11)
    out = [0.0] * 12
    for step in steps:
        out[(key.tonic + step) % 12] = 1.0
    out[key.tonic] = tonic_weight
    out[(key.tonic + 7) % 12] = tonic_weight - 1
    return out


@given(keys)
def test_the_shift_leads_to_the_common_key(key: Key) -> None:
    """Moved by its shift, a major key's tonic is C and a minor key's is A."""
    assert (key.tonic + key.shift) % 12 == key.mode.value
    assert -6 <= key.shift <= 5
    assert key.shift + key.back == 0


@given(st.integers(0, 11))
def test_relative_keys_share_a_shift(tonic: int) -> None:
    """A major key and its relative minor, three semitones below, move alike."""
    assert Key(tonic).shift == Key((tonic - 3) % 12, KeyMode.MINOR).shift


@given(keys)
def test_a_name_parses_back(key: Key) -> None:
    """Every key's own name parses to it."""
    assert Key.parse(key.name) == key


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("C", "C major"),
        ("am", "A minor"),
        ("F# minor", "F# minor"),
        ("gb major", "F# major"),
        ("Bbm", "Bb minor"),
        ("  e MIN ", "E minor"),
    ],
)
def test_names_are_read_as_people_write_them(text: str, name: str) -> None:
    """Case, flats, and short forms do not matter."""
    assert Key.parse(text).name == name


@pytest.mark.parametrize("text", ["", "H", "C dorian", "7"])
def test_no_key_is_an_error_that_offers_some(text: str) -> None:
    """Text that is not a key raises NameUnknown."""
    with pytest.raises(NameUnknown):
        Key.parse(text)


def test_a_tonic_out_of_range_is_refused() -> None:
    """A tonic is a pitch class."""
    with pytest.raises(ValueError, match="tonic 12"):
        Key(12)


@given(keys)
def test_a_profile_is_its_own_key(key: Key) -> None:
    """The profiles themselves, rotated, give their keys."""
    profile = MAJOR_PROFILE if key.mode is KeyMode.MAJOR else MINOR_PROFILE
    rotated = [profile[(i - key.tonic) % 12] for i in range(12)]
    assert estimate_key(rotated) == key


@given(weights, st.integers(0, 11))
def test_estimation_moves_with_the_music(values: list[float], by: int) -> None:
    """Transposing the music rotates its scores, so the best key moves along."""
    moved = [values[(i - by) % 12] for i in range(12)]
    before, after = key_scores(values), key_scores(moved)
    for key, score in zip(ALL_KEYS, before, strict=True):
        there = ALL_KEYS.index(Key((key.tonic + by) % 12, key.mode))
        assert after[there] == pytest.approx(score, abs=1e-6)


def test_silence_is_in_c_major() -> None:
    """Without weights all scores are 0 and the estimate is C major, which transposes nothing."""
    assert estimate_key([0.0] * 12) == C_MAJOR
    assert not key_scores([1.0] * 12).any()


def test_weights_must_be_twelve() -> None:
    """Another number of weights is a mistake of the caller."""
    with pytest.raises(ValueError, match="twelve"):
        key_scores([1.0] * 11)


def test_weights_come_from_notes() -> None:
    """Pitches fold into pitch classes and durations add up."""
    found = pitch_class_weights([(60, 1.0), (72, 2.0), (61, 0.5)])
    assert found[0] == 3.0
    assert found[1] == 0.5


def test_the_tracker_takes_the_first_key_at_once() -> None:
    """Before anything was played it is C major; then what is played decides."""
    tracker = KeyTracker()
    assert tracker.key == C_MAJOR
    assert tracker.update(scale(G_MAJOR)).key == G_MAJOR


def test_silence_does_not_move_the_tracker() -> None:
    """A bar of rest keeps the key."""
    assert KeyTracker().update(scale(G_MAJOR)).update([0.0] * 12).key == G_MAJOR


def test_one_foreign_bar_does_not_flip_the_key() -> None:
    """A near rival must win several times running."""
    near = [a + 0.35 * b for a, b in zip(scale(C_MAJOR), scale(G_MAJOR), strict=True)]
    tracker = KeyTracker(margin=0.1, patience=2).update(scale(C_MAJOR))
    leaning = [a + 3 * b for a, b in zip(scale(C_MAJOR), scale(G_MAJOR), strict=True)]
    once = tracker.update(leaning)
    assert once.key == C_MAJOR
    assert once.update(near).key == C_MAJOR
    assert once.update(leaning).key == G_MAJOR


def test_a_clear_modulation_is_taken_at_once() -> None:
    """A far key that wins clearly needs no patience."""
    tracker = KeyTracker().update(scale(C_MAJOR)).update(scale(Key(6)))
    assert tracker.key == Key(6)


@given(st.lists(weights, max_size=6), keys)
def test_a_pinned_key_stays(history: list[list[float]], key: Key) -> None:
    """A pinned key overrides the playing; after unpinning the tracker decides."""
    tracker = KeyTracker().pin(key)
    for values in history:
        tracker = tracker.update(values)
        assert tracker.key == key
    assert tracker.pin(None).pinned is None


@given(weights, st.integers(1, 8))
def test_the_tracker_settles(values: list[float], count: int) -> None:
    """Repeated equal music never changes a settled key."""
    tracker = KeyTracker().update(values)
    settled = tracker.key
    for _ in range(count):
        tracker = tracker.update(values)
        assert tracker.key == settled
