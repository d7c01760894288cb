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
    assert (np.abs(at.melody_rhythm(tokens)) <= 1 + 1e-9).all()


def test_silence_has_no_density_and_no_complexity() -> None:
    empty = trio()
    assert value("density", empty) == 0
    assert value("complexity", empty) == 0
    assert value("melody_rhythm", empty) == 0


def test_rates_count_their_own_drums_a_step() -> None:
    bar = trio(drums={0: KICK | HAT, 4: SNARE | HAT, 6: OPEN, 8: KICK | CRASH, 12: TOM})
    assert value("kick", bar) == 2 / 16
    assert value("snare", bar) == 1 / 16
    assert value("hihat_rate", bar) == 3 / 16
    assert value("toms", bar) == 1 / 16
    assert value("cymbals", bar) == 1 / 16
    assert value("density", bar) == 5 / 16


def test_strokes_off_the_beat_are_syncopated_and_hats_do_not_count() -> None:
    straight = trio(drums={0: KICK, 4: SNARE, 8: KICK, 12: SNARE})
    off = trio(drums={0: KICK, 3: SNARE, 7: KICK, 11: SNARE})
    assert value("syncopation", off) > value("syncopation", straight)
    busy = straight.copy()
    busy[0, 1::2, 2] |= HAT
    assert value("syncopation", busy) == value("syncopation", straight)


def test_more_drums_at_once_are_more_intense_and_not_denser() -> None:
    thin = trio(drums={0: KICK, 8: SNARE})
    thick = trio(drums={0: KICK | CRASH | HAT, 8: SNARE | TOM})
    assert value("intensity", thick) > value("intensity", thin)
    assert value("density", thick) == value("density", thin)


def test_complexity_is_the_entropy_of_the_steps() -> None:
    half = trio(drums=dict.fromkeys(range(8), KICK))
    assert value("complexity", half) == pytest.approx(1.0)
    quarters = trio(drums={**dict.fromkeys(range(4), KICK), **dict.fromkeys(range(4, 8), SNARE),
                           **dict.fromkeys(range(8, 12), HAT)})  # fmt: skip
    assert value("complexity", quarters) == pytest.approx(2.0)


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
