"""The scripted player's keys, and the summary of a session."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.live.performer import KeyMove, share_in_key, tune_keys
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.key import Key
from bridge.music.notes import Note
from bridge.music.tunes import TUNES

notes = st.lists(
    st.builds(
        Note,
        tick=st.integers(0, 4 * FOUR_FOUR.ticks - 1),
        pitch=st.integers(48, 84),
        length=st.integers(1, FOUR_FOUR.ticks),
    ),
    min_size=1,
    max_size=30,
)


def test_a_tune_shorter_than_asked_goes_round() -> None:
    keys = tune_keys([Note(0, 60, TICKS_PER_BEAT)], bars=3)
    assert [k.tick // FOUR_FOUR.ticks for k in keys if k.velocity] == [0, 1, 2]


def test_a_repeated_key_goes_up_before_it_goes_down_again() -> None:
    keys = tune_keys([Note(0, 60, 960), Note(960, 60, 960)], bars=1)
    assert [(k.tick, bool(k.velocity)) for k in keys] == [
        (0, True),
        (960, False),
        (960, True),
        (1920, False),
    ]


@given(notes, st.integers(1, 9))
def test_every_key_pressed_is_let_go_before_the_end(tune: list[Note], bars: int) -> None:
    down: dict[int, int] = {}
    for key in tune_keys(tune, bars):
        assert 0 <= key.tick <= bars * FOUR_FOUR.ticks
        down[key.pitch] = down.get(key.pitch, 0) + (1 if key.velocity else -1)
        assert down[key.pitch] >= 0, "let go before it was pressed"
    assert not any(down.values())


@given(notes, st.integers(1, 9))
def test_keys_come_in_order_of_time(tune: list[Note], bars: int) -> None:
    keys: list[KeyMove] = tune_keys(tune, bars)
    assert keys == sorted(keys)


def test_no_notes_are_no_keys() -> None:
    assert tune_keys([], 4) == []


def test_the_share_in_key_counts_the_scale_of_the_key() -> None:
    scale = [Note(0, pitch, 1) for pitch in (38, 40, 42, 43)]
    assert share_in_key(scale, Key.parse("D major")) == 1.0
    assert share_in_key([*scale, *scale, *[Note(0, 41, 1)] * 2], Key.parse("D major")) == 0.8
    assert share_in_key([], Key.parse("C major")) == 1.0


def test_every_built_in_tune_can_be_played_for_half_a_minute() -> None:
    for tune in TUNES.values():
        assert len(tune_keys(tune.notes(), 12)) > 20, tune.name
