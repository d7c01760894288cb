"""Fills at the ends of phrases, and a band that rests while nobody plays, if set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from playing import BAR, BEAT, off, on, run, simple_answer, told

from bridge.model.messages import Request, Result
from bridge.music.arrange import CRASH, GM_DRUMS, HIGH_TOM, LOW_TOM, MID_TOM
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.repetition import phrase_bars
from bridge.session.messages.commands import Mode, SetControl, Start, WhenSilent
from bridge.session.simulation import Played, Row
from bridge.session.state.events import Event
from bridge.session.state.session_state import State

TOMS = {GM_DRUMS.notes[drum] for drum in (HIGH_TOM, MID_TOM, LOW_TOM)}
CRASHES = {GM_DRUMS.notes[CRASH]}
Session = Callable[..., State]


def ons(played: Played) -> list[Row]:
    """The note-ons of the drums."""
    return [row for row in played.rows if row.part == "drums" and row.kind == "on"]


def bars_with(played: Played, pitches: set[int]) -> list[int]:
    """The bars in which the drums strike one of these."""
    return sorted({r.tick // FOUR_FOUR.ticks for r in ons(played) if r.note in pitches})


def drums_in(played: Played, bar: int) -> list[int]:
    """The ticks from the bar line at which drums are struck in ``bar``."""
    start = bar * FOUR_FOUR.ticks
    ticks = [r.tick - start for r in ons(played)]
    return [tick for tick in ticks if 0 <= tick < FOUR_FOUR.ticks]


def keys(*beats: float, long: float = 0.9) -> list[Event]:
    """A key, ``long`` beats, at each of these beats."""
    pressed = [(beat, 60 + n % 5) for n, beat in enumerate(beats)]
    down = [on(beat * BEAT, pitch) for beat, pitch in pressed]
    return [*down, *(off((beat + long) * BEAT, pitch) for beat, pitch in pressed)]


def take(state: State, bars: float, fills: float = 0.0, events: Iterable[Event] = ()) -> Played:
    """A take of ``bars`` bars."""
    moves = [told(-0.5, SetControl("fills", fills)), told(0, Start())]
    return run(state, [*moves, *events], bars * BAR)


def test_a_fill_ends_every_phrase_and_a_crash_begins_the_next(session: Session) -> None:
    played = take(session(), 17, 0.5)
    plain = take(session(), 17)
    changed = [bar for bar in range(17) if drums_in(played, bar) != drums_in(plain, bar)]
    assert changed == [7, 8, 15, 16]
    assert {8, 16} <= set(bars_with(played, CRASHES))


@pytest.mark.parametrize(("amount", "beats"), [(0.0, 0), (0.25, 1), (0.5, 2), (1.0, 4)])
def test_the_knob_says_how_many_beats_of_the_bar_are_filled(
    session: Session, amount: float, beats: int
) -> None:
    plain = take(session(), 8)
    filled = take(session(), 8, amount)
    since = FOUR_FOUR.ticks - beats * TICKS_PER_BEAT
    before = [tick for tick in drums_in(plain, 7) if tick < since - 60]
    assert [tick for tick in drums_in(filled, 7) if tick < since - 60] == before
    assert bool(beats) == (drums_in(filled, 7) != drums_in(plain, 7))


def test_phrases_are_those_of_the_tune_that_goes_round() -> None:
    assert [phrase_bars(period) for period in (0, 4, 8, 12, 16, 20, 32)] == [8, 8, 8, 12, 8, 20, 8]


def test_in_a_loop_phrases_are_counted_from_its_beginning(session: Session) -> None:
    state = session(mode=Mode.LOOP, loop_bars=4)
    played = take(state, 17, 1.0, keys(*range(16)))
    assert bars_with(played, TOMS) == [7, 15]


def test_a_band_that_keeps_the_groove_plays_through_silence(session: Session) -> None:
    played = take(session(), 8, events=keys(0))
    assert all(drums_in(played, bar) for bar in range(1, 8))


def test_a_band_that_rests_leaves_off_after_two_bars_of_silence(session: Session) -> None:
    played = take(session(when_silent=WhenSilent.REST), 8, events=keys(0))
    assert [bool(drums_in(played, bar)) for bar in range(8)] == [True, True, True, *[False] * 5]
    last = max(r.tick for r in played.rows)
    assert last < 3 * FOUR_FOUR.ticks + TICKS_PER_BEAT


def test_it_comes_in_again_with_the_next_key_and_not_a_bar_later(session: Session) -> None:
    played = take(session(when_silent=WhenSilent.REST), 8, events=keys(0, 21))
    assert not drums_in(played, 4)
    assert drums_in(played, 5)
    assert min(drums_in(played, 5)) > 0.25 * FOUR_FOUR.ticks
    assert drums_in(played, 6)


def test_a_key_held_down_is_not_silence(session: Session) -> None:
    state = session(when_silent=WhenSilent.REST)
    played = take(state, 8, events=keys(0, long=40))
    assert all(drums_in(played, bar) for bar in range(1, 8))


def test_a_silent_window_is_told_as_not_heard(session: Session) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return simple_answer(request)

    run(session(), [told(0, Start()), *keys(0)], 8 * BAR, answer)
    early = next(r for r in asked if r.target_bar == 2)
    late = next(r for r in asked if r.target_bar == 7)
    assert np.any(early.heard)
    assert not np.any(late.heard)
