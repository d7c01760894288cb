"""The typing piano: strokes, repeats, gates, chords, releases and sustain, with time as an
argument."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.session.messages.commands import KeyDown, KeyUp
from bridge.ui.keys import typing_piano as kb
from bridge.ui.keys.layouts import LAYOUTS, LOUDER, OCTAVE_UP, US
from bridge.ui.keys.typing_piano import Touch, Typing

KNOWN = Typing(delay=0.5)
"""A piano on a keyboard whose repeat delay has been measured."""


def play(typing: Typing, *events: tuple[str, float]) -> tuple[Typing, list[kb.Key]]:
    """Press keys at their times, with time passing at sixty ticks a second between them."""
    keys: list[kb.Key] = []
    before = events[0][1] if events else 0.0
    for key, at in events:
        while before + 1 / 60 < at:
            before += 1 / 60
            typing, more = kb.tick(typing, before)
            keys += more
        typing, more = kb.press(typing, key, at)
        keys += more
        before = at
    return typing, keys


def downs(keys: list[kb.Key]) -> list[int]:
    return [key.pitch for key in keys if isinstance(key, KeyDown)]


def pitch_of(typing: Typing, key: str) -> int | None:
    stroke = typing.stroke_of(key)
    return None if stroke is None else stroke[0]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_in_every_layout_the_home_row_goes_up_in_white_keys_and_the_row_above_in_black_ones(
    layout: object,
) -> None:
    typing = Typing(layout=layout)  # type: ignore[arg-type]
    white = [pitch_of(typing, key) for key in typing.layout.home]
    black = [pitch_of(typing, typing.layout.upper[place]) for place in (1, 2, 4, 5, 6, 8, 9)]
    assert white == [60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77]
    assert black == [61, 63, 66, 68, 70, 73, 75]
    assert len(typing.layout.offsets) == 18
    assert not set(typing.layout.offsets) & set(typing.layout.lower)
    assert not set(":!?1234567890+ ") & typing.layout.characters - set(":!")


def test_a_press_sounds_at_its_time_with_the_velocity_that_is_set() -> None:
    _, keys = kb.press(Typing(velocity=70), "d", 5.0)
    assert keys == (KeyDown(5.0, 64, 70),)


def test_another_key_releases_the_former_after_the_new_one_began() -> None:
    typing, keys = play(Typing(), ("a", 0.0), ("s", 0.3))
    assert keys == [KeyDown(0.0, 60, 96), KeyDown(0.3, 62, 96), KeyUp(0.3, 60)]
    assert typing.pitches == (62,)


def test_a_note_left_alone_ends_when_its_gate_runs_out() -> None:
    typing, _ = kb.press(Typing(), "a", 1.0)
    typing, none = kb.tick(typing, 1.0 + kb.GATE - 0.01)
    typing, keys = kb.tick(typing, 1.0 + kb.GATE + 0.02)
    assert none == ()
    assert keys == (KeyUp(1.0 + kb.GATE, 60),)
    assert typing.held == ()


# --- repeats, where the terminal reports no releases ----------------------------------------


@pytest.mark.parametrize("typing", [Typing(), KNOWN], ids=["new keyboard", "known keyboard"])
@pytest.mark.parametrize("interval", [0.15, 0.2, 0.3, 0.4])
def test_a_key_struck_again_and_again_sounds_at_once_each_time(
    typing: Typing, interval: float
) -> None:
    """Fault 1: `g` every 0.3 s was 70 ms late until one key had really been held."""
    for stroke in range(6):
        typing, keys = kb.press(typing, "g", stroke * interval)
        assert keys[-1] == KeyDown(stroke * interval, 67, 96), f"stroke {stroke}"


def test_a_held_key_tells_the_delay_once_and_is_one_long_note_from_then_on() -> None:
    held = [("a", 0.5 + n / 30) for n in range(30)]
    typing, keys = play(Typing(), ("a", 0.0), *held)
    assert typing.delay == pytest.approx(0.5)
    assert len(downs(keys)) == 3, "the first run is heard as two strokes, then it is known"
    typing, _ = kb.release(typing, 3.0)
    typing, keys = play(typing, ("s", 4.0), *[("s", 4.0 + at) for _, at in held])
    assert keys == [KeyDown(4.0, 62, 96)]
    _, end = kb.tick(typing, 4.5 + 29 / 30 + kb.RUN + 0.01)
    assert [type(key) for key in end] == [KeyUp]


def test_two_quick_strokes_do_not_tell_a_delay() -> None:
    typing, keys = play(Typing(), ("g", 0.0), ("g", 0.5), ("g", 0.6))
    assert downs(keys) == [67] * 3
    assert typing.delay is None


def test_another_keyboard_tells_its_own_delay() -> None:
    typing, _ = play(KNOWN, ("a", 0.0), *[("a", 0.25 + n / 30) for n in range(8)])
    assert typing.delay == pytest.approx(0.25)


def test_a_stroke_at_the_known_delay_sounds_late_once_and_then_in_time() -> None:
    typing, keys = kb.press(KNOWN, "a", 0.0)
    typing, none = kb.press(typing, "a", 0.5)
    typing, late = kb.tick(typing, 0.5 + kb.DOUBT + 0.01)
    assert (none, late) == ((), (KeyUp(0.5, 60), KeyDown(0.5, 60, 96)))
    for stroke in (1.0, 1.5, 2.0):
        typing, keys = kb.press(typing, "a", stroke)
        assert keys == (KeyUp(stroke, 60), KeyDown(stroke, 60, 96))


def test_holding_after_strokes_in_the_rhythm_of_the_delay_adds_one_stroke_at_the_most() -> None:
    strokes = [("a", 0.5 * n) for n in range(4)]
    typing, _ = play(KNOWN, *strokes)
    _, keys = play(typing, *[("a", 2.0 + n / 30) for n in range(10)])
    assert len(downs(keys)) == 1


# --- chords, octave, velocity ---------------------------------------------------------------


def test_in_chord_mode_keys_sound_together_and_holding_the_last_holds_all() -> None:
    chord, _ = kb.toggle_chord(KNOWN, 0.0)
    struck = [("a", 0.0), ("d", 0.01), ("g", 0.02)]
    held = [("g", 0.52 + n / 30) for n in range(20)]
    typing, keys = play(chord, *struck, *held)
    assert downs(keys) == [60, 64, 67]
    assert not [key for key in keys if isinstance(key, KeyUp)]
    assert set(typing.pitches) == {60, 64, 67}


def test_moving_the_octave_ends_what_sounds_and_stays_within_the_piano() -> None:
    typing, _ = kb.press(Typing(), "a", 0.0)
    typing, keys = kb.adjust(typing, OCTAVE_UP, 0.1)
    assert keys == (KeyUp(0.1, 60),)
    for _ in range(20):
        typing, _ = kb.shift_octave(typing, 1, 0.2)
    assert typing.octave == kb.HIGHEST_OCTAVE
    assert pitch_of(typing, "'") in (None, 125)
    for _ in range(20):
        typing, _ = kb.shift_octave(typing, -1, 0.2)
    assert pitch_of(typing, "a") == 12


def test_velocity_moves_in_tens_between_one_and_127() -> None:
    loud, soft = Typing(), Typing()
    for _ in range(20):
        loud, soft = kb.adjust(loud, LOUDER, 0.0)[0], kb.shift_velocity(soft, -1)
    assert (loud.velocity, soft.velocity) == (127, 1)


def test_shift_accents_and_the_row_below_is_soft_where_that_is_chosen() -> None:
    _, plain = kb.press(Typing(), "a", 0.0, hard=True)
    _, accent = kb.press(Typing(touch=Touch.ACCENT), "a", 0.0, hard=True)
    _, soft = kb.press(Typing(touch=Touch.ROWS), US.lower[0], 0.0)
    assert plain == (KeyDown(0.0, 60, 96),)
    assert accent == (KeyDown(0.0, 60, 120),)
    assert soft == (KeyDown(0.0, 60, 64),)


def test_a_letter_that_is_no_piano_key_plays_nothing() -> None:
    assert kb.press(Typing(), "q", 0.0) == (Typing(), ())


# --- releases and sustain -------------------------------------------------------------------


def test_with_releases_notes_last_as_long_as_their_keys_are_down_and_sound_together() -> None:
    true = Typing(releases=True)
    typing, keys = play(true, ("a", 0.0), ("d", 0.1), ("g", 0.2), ("a", 9.0))
    assert downs(keys) == [60, 64, 67, 60], "a press without a release before it is a stroke"
    typing, up = kb.lift(typing, "d", 9.5)
    assert up == (KeyUp(9.5, 64),)
    assert set(typing.pitches) == {60, 67}
    assert kb.press(typing, "g", 9.6, repeat=True) == (typing, ())
    assert kb.lift(typing, "x", 9.7) == (typing, ())


@pytest.mark.parametrize("releases", [True, False])
def test_the_sustain_holds_what_was_played_until_it_is_lifted(releases: bool) -> None:
    typing, _ = kb.set_sustain(Typing(releases=releases), True, 0.0)
    typing, _keys = kb.press(typing, "a", 0.1)
    typing, more = kb.lift(typing, "a", 0.2) if releases else kb.tick(typing, 2.0)
    assert more == ()
    typing, again = kb.press(typing, "a", 3.0)
    assert again == (KeyUp(3.0, 60), KeyDown(3.0, 60, 96))
    typing, _ = kb.lift(typing, "a", 3.1) if releases else kb.tick(typing, 5.0)
    typing, ups = kb.set_sustain(typing, False, 6.0)
    assert ups == (KeyUp(6.0, 60),)
    assert typing.held == ()


@given(
    st.lists(st.tuples(st.sampled_from([*US.offsets, "q"]), st.floats(0.0, 1.2)), max_size=40),
    st.booleans(),
    st.booleans(),
)
def test_whatever_is_typed_every_note_is_closed_once_and_in_order(
    strokes: list[tuple[str, float]], chord: bool, sustain: bool
) -> None:
    """Downs and ups alternate for each pitch, never go back in time, and end with an up."""
    events, now = [], 0.0
    for key, gap in strokes:
        now += gap
        events.append((key, now))
    typing, keys = play(replace(Typing(), chord=chord, sustain=sustain), *events)
    for after in (kb.DOUBT + 0.01, kb.GATE + kb.DOUBT + 0.02):
        typing, more = kb.tick(typing, now + after)
        keys += more
    typing, more = kb.set_sustain(typing, False, now + 3.0)
    keys += more
    assert typing.held == ()
    for pitch in {key.pitch for key in keys}:
        mine = [key for key in keys if key.pitch == pitch]
        kinds = [isinstance(key, KeyDown) for key in mine]
        assert kinds == [True, False] * (len(mine) // 2)
        assert [key.at for key in mine] == sorted(key.at for key in mine)
