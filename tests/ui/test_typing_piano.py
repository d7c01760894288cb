"""The typing piano: strokes, repeats, gates and chords, with time as an argument."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.session.messages.commands import KeyDown, KeyUp
from bridge.ui import typing_piano as kb
from bridge.ui.typing_piano import Typing


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


def test_the_letter_a_is_middle_c_and_the_row_goes_up_in_white_keys() -> None:
    pitches = [Typing().pitch_of(key) for key in kb.WHITE_KEYS]
    assert pitches == [60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77]


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


def test_a_key_held_down_is_one_long_note() -> None:
    """Repeats come after half a second, then thirty a second: no second attack."""
    repeats = [("a", 0.5 + n / 30) for n in range(30)]
    typing, keys = play(Typing(), ("a", 0.0), *repeats)
    assert keys == [KeyDown(0.0, 60, 96)]
    _, end = kb.tick(typing, 0.5 + 29 / 30 + kb.RUN + 0.01)
    assert [type(key) for key in end] == [KeyUp]


def test_a_key_struck_again_in_quarter_notes_sounds_again_at_the_time_of_the_stroke() -> None:
    typing, keys = play(Typing(), ("a", 0.0), ("a", 0.5))
    _, more = kb.tick(typing, 0.5 + kb.DOUBT + 0.02)
    assert [*keys, *more] == [KeyDown(0.0, 60, 96), KeyUp(0.5, 60), KeyDown(0.5, 60, 96)]


def test_a_fast_second_stroke_is_never_taken_for_a_repeat() -> None:
    _, keys = play(Typing(), ("a", 0.0), ("a", 0.15))
    assert keys == [KeyDown(0.0, 60, 96), KeyUp(0.15, 60), KeyDown(0.15, 60, 96)]


def test_once_the_repeat_delay_is_known_other_strokes_sound_without_delay() -> None:
    learnt, _ = play(Typing(), ("a", 0.0), *[("a", 0.5 + n / 30) for n in range(4)])
    assert learnt.delay is not None
    assert abs(learnt.delay - 0.5) < 0.01
    _, keys = kb.press(kb.release(learnt, 2.0)[0], "a", 2.0)
    typing, again = kb.press(kb.press(learnt, "s", 2.0)[0], "s", 2.3)
    assert len(keys) == 1
    assert again == (KeyUp(2.3, 62), KeyDown(2.3, 62, 96))
    assert typing.pitches == (62,)


def test_in_chord_mode_keys_sound_together_and_holding_the_last_holds_all() -> None:
    chord, _ = kb.toggle_chord(Typing(), 0.0)
    struck = [("a", 0.0), ("d", 0.01), ("g", 0.02)]
    held = [("g", 0.52 + n / 30) for n in range(20)]
    typing, keys = play(chord, *struck, *held)
    assert downs(keys) == [60, 64, 67]
    assert not [key for key in keys if isinstance(key, KeyUp)]
    assert set(typing.pitches) == {60, 64, 67}


def test_moving_the_octave_ends_what_sounds_and_stays_within_the_piano() -> None:
    typing, _ = kb.press(Typing(), "a", 0.0)
    typing, keys = kb.shift_octave(typing, 1, 0.1)
    assert keys == (KeyUp(0.1, 60),)
    for _ in range(20):
        typing, _ = kb.shift_octave(typing, 1, 0.2)
    assert typing.octave == kb.HIGHEST_OCTAVE
    assert typing.pitch_of("apostrophe") in (None, 125)
    for _ in range(20):
        typing, _ = kb.shift_octave(typing, -1, 0.2)
    assert typing.pitch_of("a") == 12


def test_velocity_moves_in_tens_between_one_and_127() -> None:
    loud, soft = Typing(), Typing()
    for _ in range(20):
        loud, soft = kb.shift_velocity(loud, 1), kb.shift_velocity(soft, -1)
    assert (loud.velocity, soft.velocity) == (127, 1)


def test_a_letter_that_is_no_piano_key_plays_nothing() -> None:
    assert kb.press(Typing(), "q", 0.0) == (Typing(), ())


@given(
    st.lists(st.tuples(st.sampled_from([*kb.OFFSETS, "q"]), st.floats(0.0, 1.2)), max_size=40),
    st.booleans(),
)
def test_whatever_is_typed_every_note_is_closed_once_and_in_order(
    strokes: list[tuple[str, float]], chord: bool
) -> None:
    """Downs and ups alternate for each pitch, never go back in time, and end with an up."""
    events, now = [], 0.0
    for key, gap in strokes:
        now += gap
        events.append((key, now))
    typing, keys = play(Typing(chord=chord), *events)
    for after in (kb.DOUBT + 0.01, kb.GATE + kb.DOUBT + 0.02):
        typing, more = kb.tick(typing, now + after)
        keys += more
    assert typing.held == ()
    for pitch in {key.pitch for key in keys}:
        mine = [key for key in keys if key.pitch == pitch]
        kinds = [isinstance(key, KeyDown) for key in mine]
        assert kinds == [True, False] * (len(mine) // 2)
        assert [key.at for key in mine] == sorted(key.at for key in mine)
