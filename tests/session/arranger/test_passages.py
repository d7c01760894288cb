"""Intro, fill, break and ending, each when a musician expects it."""

from __future__ import annotations

import pytest
from arranging import BAR_TICKS, Make, at, notes, shot, take
from playing import BAR, assert_closed, ons, run, told

from bridge.errors import ConfigError
from bridge.session.handlers.arranging.passages import set_arranger
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import Break, Ending, Intro, SetArranger
from bridge.session.messages.arranger_status import ChangeKind
from bridge.session.simulation import Played

CRASH = 49


def drums(played: Played, bar: int) -> list[tuple]:
    return notes(played, bar, ["drums"])


def bass(played: Played, bar: int) -> list[tuple]:
    return notes(played, bar, ["bass"])


def has_fill(played: Played, bar: int) -> bool:
    """True if a bar's drums are not those of the first bar; a crash does not count."""
    here, groove = (
        [(tick % BAR_TICKS, pitch) for tick, _, pitch, _ in drums(played, n) if pitch != CRASH]
        for n in (bar, 0)
    )
    return here != groove


# --- fill ---------------------------------------------------------------------------------


def test_a_fill_begins_at_once_and_ends_with_the_bar(session: Make) -> None:
    plain = run(session(), take(4), 4 * BAR)
    played = run(session(), take(4, at(1.5, m.Fill())), 4 * BAR)
    before = [note for note in drums(played, 1) if note[0] < BAR_TICKS // 2]
    assert before == [note for note in drums(plain, 1) if note[0] < BAR_TICKS // 2]
    assert has_fill(played, 1)
    assert not has_fill(played, 2)


# --- break --------------------------------------------------------------------------------


def test_a_break_leaves_the_band_out_for_the_next_bar_only(session: Make) -> None:
    played = run(session(), take(5, at(1.4, Break())), 5 * BAR)
    assert [bool(drums(played, bar)) for bar in range(5)] == [True, True, False, True, True]
    assert not bass(played, 2)
    assert_closed(run(session(), take(5, at(1.4, Break()), told(5 * BAR, m.Stop())), 6 * BAR))


def test_drums_play_on_in_a_break_where_that_is_set(session: Make) -> None:
    played = run(session(break_drums=True), take(4, at(1.4, Break())), 4 * BAR)
    assert drums(played, 2)
    assert not bass(played, 2)


def test_a_break_that_is_held_goes_on_until_told(session: Make) -> None:
    events = take(8, at(1.4, Break(hold=True)), at(5.4, Break(hold=True)))
    played = run(session(), events, 8 * BAR)
    playing = [bool(drums(played, bar)) for bar in range(8)]
    assert playing == [True, True, False, False, False, False, True, True]


def test_a_break_asked_for_in_a_break_is_a_bar_longer(session: Make) -> None:
    played = run(session(), take(6, at(1.4, Break()), at(2.4, Break())), 6 * BAR)
    playing = [bool(drums(played, bar)) for bar in range(6)]
    assert playing == [True, True, False, False, True, True]


def test_a_break_can_be_taken_back_before_it_begins(session: Make) -> None:
    played = run(session(), take(4, at(1.3, Break()), at(1.6, Break())), 4 * BAR)
    assert played.rows == run(session(), take(4), 4 * BAR).rows


# --- ending -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "asked", "ends"), [(2, 1.2, 2), (4, 1.2, 4), (8, 3.9, 8), (4, 4.1, 8)]
)
def test_an_ending_comes_with_the_phrase_after_a_fill_and_stops_the_band(
    session: Make, phrase: int, asked: float, ends: int
) -> None:
    played = run(session(phrase_bars=phrase), take(12, at(asked, Ending())), 12 * BAR)
    assert has_fill(played, ends - 1)
    assert [tick for tick, *_ in drums(played, ends)] == [0, 0]  # kick and crash, once
    assert not played.state.clock.running
    assert max(row.tick for row in ons(played, "drums")) == ends * BAR_TICKS
    assert played.state.message == "the ending was played"
    assert_closed(played)


def test_an_ending_asked_for_again_is_taken_back(session: Make) -> None:
    played = run(session(), take(6, at(1.3, Ending()), at(2.3, Ending())), 6 * BAR)
    assert played.state.clock.running
    assert played.rows == run(session(), take(6), 6 * BAR).rows


def test_the_beats_until_the_ending_are_in_the_snapshot(session: Make) -> None:
    (change,) = shot(run(session(), take(4, at(1.3, Ending())), 2.1 * BAR)).arranger.pending
    assert (change.kind, change.beat, change.beats_left) == (ChangeKind.ENDING, 16.0, 8)
    assert shot(run(session(), take(6, at(1.3, Ending())), 4.2 * BAR)).arranger.passage == "ending"


def test_music_after_an_ending_begins_as_usual(session: Make) -> None:
    events = [*take(5, at(1.2, Ending())), told(7 * BAR, m.Start())]
    played = run(session(phrase_bars=2), events, 9 * BAR)
    assert played.state.clock.running
    assert played.state.arranger.ending == -1
    assert played.state.clock.bar == 1


# --- intro --------------------------------------------------------------------------------


def test_an_intro_comes_before_the_band_drums_first_with_a_fill_at_its_end(session: Make) -> None:
    played = run(session(), [told(-0.5, Intro()), *take(7)], 7 * BAR)
    assert [bool(bass(played, bar)) for bar in range(7)] == [False] * 2 + [True] * 5
    assert all(drums(played, bar) for bar in range(7))
    assert [has_fill(played, bar) for bar in range(7)] == [False] * 3 + [True] + [False] * 3
    assert played.state.arranger.since == 4
    assert played.state.arranger.passage is None


def test_an_intro_is_asked_for_and_taken_back_before_the_start(session: Make) -> None:
    played = run(session(), [told(-0.6, Intro()), told(-0.4, Intro()), *take(4)], 4 * BAR)
    assert played.rows == run(session(), take(4), 4 * BAR).rows


def test_an_intro_in_the_music_begins_with_the_next_bar(session: Make) -> None:
    played = run(session(intro_bars=2), take(8, at(3.5, Intro())), 8 * BAR)
    assert [bool(bass(played, bar)) for bar in range(3, 7)] == [True, False, True, True]
    assert has_fill(played, 5)


def test_the_second_take_has_no_intro_of_the_first(session: Make) -> None:
    events = [told(-0.5, Intro()), *take(2), told(3 * BAR, m.Stop()), told(4 * BAR, m.Start())]
    played = run(session(), events, 5 * BAR)
    assert played.state.arranger.passage is None
    assert played.state.arranger.since == 0


# --- count-in and settings ----------------------------------------------------------------


def test_a_count_in_can_be_switched_on_for_the_next_start(session: Make) -> None:
    played = run(session(), [told(-0.5, m.MoveTarget("count in", 1.0)), *take(2)], 0.99 * BAR)
    clicks = [row for row in ons(played, "drums") if row.note == 37]
    assert [row.tick for row in clicks] == [-3840, -2880, -1920, -960]
    assert {row.note for row in ons(played, "drums") if row.tick < 0} == {37}


@pytest.mark.parametrize(
    "wrong", [SetArranger(phrase_bars=3), SetArranger(intro_bars=0), SetArranger(count_in=3)]
)
def test_a_setting_out_of_range_is_refused(session: Make, wrong: SetArranger) -> None:
    with pytest.raises(ConfigError, match="choose"):
        set_arranger(session(), 0.0, wrong)


def test_settings_change_while_music_plays(session: Make) -> None:
    events = take(6, at(0.5, SetArranger(phrase_bars=2, break_drums=True)), at(0.6, Ending()))
    played = run(session(), events, 6 * BAR)
    assert max(row.tick for row in ons(played, "drums")) == 2 * BAR_TICKS
