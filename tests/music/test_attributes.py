"""Musical attributes: each says what its name says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bridge.music import attributes as at

KICK, SNARE, HAT, OPEN, TOM, CRASH = 1, 2, 4, 8, 16, 128


def trio(
    melody: dict[int, int] | None = None,
    bass: dict[int, int] | None = None,
    drums: dict[int, int] | None = None,
) -> at.Ints:
    """One bar with those classes at those steps."""
    bar = np.zeros((1, 16, 3), np.int64)
    for track, line in enumerate((melody, bass, drums)):
        for step, cls in (line or {}).items():
            bar[0, step, track] = cls
    return bar


def value(name: str, bar: at.Ints) -> float:
    return float(at.ATTRIBUTES[name](bar)[0])


@given(
    hnp.arrays(np.int64, (2, 32), elements=st.integers(0, 89)),
    hnp.arrays(np.int64, (2, 32), elements=st.integers(0, 511)),
)
def test_every_attribute_of_any_bars_is_a_number(lines: at.Ints, drums: at.Ints) -> None:
    tokens = np.stack([lines, lines[::-1], drums], axis=-1)
    found = at.features(tokens)
    assert found.shape == (2, len(at.FEATURES))
    assert np.isfinite(found).all()
    assert (np.abs(at.ATTRIBUTES["melody_rhythm"](tokens)) <= 1 + 1e-9).all()


def test_silence_has_no_density_and_no_complexity() -> None:
    empty = trio()
    assert value("density", empty) == 0
    assert value("complexity", empty) == 0
    assert value("melody_rhythm", empty) == 0


def test_shares_tell_what_strikes_the_steps_that_are_struck() -> None:
    bar = trio(drums={0: KICK | HAT, 4: SNARE | HAT, 6: OPEN | HAT, 8: KICK | CRASH, 12: TOM})
    assert value("kick", bar) == 2 / 5
    assert value("snare", bar) == 1 / 5
    assert value("hihat_rate", bar) == 3 / 5
    assert value("toms", bar) == 1 / 5
    assert value("cymbals", bar) == 1 / 5
    assert value("density", bar) == 5 / 16


@given(st.lists(st.sets(st.integers(0, 15)), min_size=3, max_size=3))
def test_syncopation_goes_from_the_least_to_the_most_of_so_many(lines: list[set[int]]) -> None:
    kick, snare, bass = lines
    bar = trio(bass=dict.fromkeys(bass, 12))
    for step in range(16):
        bar[0, step, 2] = KICK * (step in kick) + SNARE * (step in snare)
    assert -1e-9 <= value("syncopation", bar) <= 1 + 1e-9


def test_more_of_the_same_is_denser_and_nothing_else() -> None:
    some = trio(drums={s: (KICK if s % 8 == 0 else SNARE) | HAT for s in range(0, 16, 4)})
    more = trio(drums={s: (KICK if s % 4 == 0 else SNARE) | HAT for s in range(0, 16, 2)})
    assert value("density", more) == 2 * value("density", some)
    for name in ("kick", "snare", "hihat_rate", "toms", "cymbals", "intensity"):
        assert value(name, more) == value(name, some)


def test_strokes_off_the_beat_are_syncopated_and_hats_do_not_count() -> None:
    straight = trio(drums={0: KICK, 4: SNARE, 8: KICK, 12: SNARE})
    off = trio(drums={0: KICK, 3: SNARE, 7: KICK, 11: SNARE})
    assert value("syncopation", off) > value("syncopation", straight)
    busy = straight.copy()
    busy[0, 1::2, 2] |= HAT
    assert value("syncopation", busy) == value("syncopation", straight)


def test_open_hats_and_crashes_are_more_intense_and_not_denser() -> None:
    thin = trio(drums={0: KICK | HAT, 4: HAT, 8: SNARE | HAT, 12: HAT})
    thick = trio(drums={0: KICK | CRASH, 4: HAT, 8: SNARE | OPEN, 12: HAT})
    assert value("intensity", thin) == 0
    assert value("intensity", thick) == 0.5
    for name in ("density", "kick", "snare", "syncopation"):
        assert value(name, thick) == value(name, thin)


def test_complexity_is_how_unlike_each_other_beats_and_halves_are() -> None:
    same = trio(drums=dict.fromkeys(range(0, 16, 4), KICK))
    assert value("complexity", same) == 0
    turned = trio(drums={s: KICK if s % 8 == 0 else SNARE for s in range(0, 16, 4)})
    assert value("complexity", turned) == pytest.approx(0.5)
    never = trio(drums={0: KICK, 5: SNARE, 10: HAT, 15: TOM})
    assert value("complexity", never) == pytest.approx(1.0)


def test_the_basss_register_and_steps_are_in_semitones() -> None:
    low, high = 36 - 19, 43 - 19
    bar = trio(bass={0: low, 4: high, 8: low, 12: 1})
    assert value("bass_register", bar) == pytest.approx((36 + 43 + 36) / 3)
    assert value("bass_movement", bar) == 7
    assert value("bass_density", bar) == 3 / 16


def test_a_band_on_the_melodys_notes_is_like_it_and_between_them_is_not() -> None:
    tune = {0: 50, 3: 52, 6: 53, 10: 55}
    along = trio(tune, drums=dict.fromkeys(tune, KICK))
    between = trio(tune, drums=dict.fromkeys(sorted(set(range(16)) - set(tune)), KICK))
    assert value("melody_rhythm", along) == pytest.approx(1.0)
    assert value("melody_rhythm", between) == pytest.approx(-1.0)
