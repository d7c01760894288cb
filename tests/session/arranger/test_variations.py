"""Variations A to D: from sparse to full, at the next bar, the same when called again."""

from __future__ import annotations

import pytest
from arranging import Make, at, fake_answer, fake_session, notes, shot, take
from playing import BAR, assert_closed, run, told

from bridge.controllers.memories import Variation
from bridge.session.arranger.variations import PLANS, seed_of
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import SetVariation
from bridge.session.messages.arranger_status import ChangeKind, PendingChange


def test_a_variation_begins_at_the_next_bar_line_and_not_before(session: Make) -> None:
    plain = run(fake_session(), take(4), 4 * BAR, fake_answer)
    events = take(4, at(1.4, SetVariation(Variation.D)), at(3.9, m.Stop()))
    varied = run(fake_session(), events, 4 * BAR, fake_answer)
    assert [notes(varied, bar) for bar in (0, 1)] == [notes(plain, bar) for bar in (0, 1)]
    assert notes(varied, 2) != notes(plain, 2)
    assert_closed(varied)


def test_a_is_sparser_and_softer_than_b_and_d_fuller_and_louder() -> None:
    count: dict[str, int] = {}
    loud: dict[str, float] = {}
    for variation in Variation:
        events = take(9, at(0.4, SetVariation(variation)))
        played = run(fake_session(style="funk"), events, 9 * BAR, fake_answer)
        found = [note for bar in range(1, 8) for note in notes(played, bar, ["drums"])]
        count[variation] = len(found)
        loud[variation] = sum(velocity for *_, velocity in found) / len(found)
    assert count["A"] < count["B"] <= count["C"] <= count["D"]
    assert loud["A"] < loud["B"] < loud["C"] < loud["D"]


def test_the_same_variation_called_again_is_the_same_seeds_included() -> None:
    calls = [at(bar - 0.6, SetVariation(v)) for bar, v in ((4, "C"), (8, "A"), (12, "C"))]  # type: ignore[arg-type]
    played = run(fake_session(), take(16, *calls), 16 * BAR, fake_answer)
    first, second = ([notes(played, bar) for bar in range(b, b + 4)] for b in (4, 12))
    assert first == second
    assert [notes(played, bar) for bar in range(8, 12)] != first


def test_each_variation_has_a_seed_of_its_own_and_b_the_sessions(session: Make) -> None:
    state = session(seed=5)
    seeds = [seed_of(state.but(arranger=state.arranger.but(variation=v)), 3) for v in PLANS]
    assert len(set(seeds)) == 4
    assert seeds[list(PLANS).index(Variation.B)] == 5


def test_pressing_the_variation_that_plays_takes_the_other_back(session: Make) -> None:
    plain = run(session(), take(4), 4 * BAR)
    events = take(4, at(1.3, SetVariation(Variation.D)), at(1.6, SetVariation(Variation.B)))
    played = run(session(), events, 4 * BAR)
    assert played.rows == plain.rows
    assert played.state.arranger.variation is Variation.B


def test_the_snapshot_counts_the_beats_until_the_variation(session: Make) -> None:
    events = take(4, at(1.3, SetVariation(Variation.C)))
    for beats, left in ((5.5, 3), (6.5, 2), (7.5, 1)):
        pending = shot(run(session(), events, beats * BAR / 4)).arranger.pending
        assert pending == (PendingChange(ChangeKind.VARIATION, "C", 8.0, left),)
    assert shot(run(session(), events, 2.1 * BAR)).arranger.pending == ()
    assert shot(run(session(), events, 2.1 * BAR)).arranger.variation is Variation.C


def test_while_nothing_plays_it_is_chosen_at_once(session: Make) -> None:
    state = run(session(), [told(0, SetVariation(Variation.A))], 0.1).state
    assert state.arranger.variation is Variation.A
    assert state.arranger.coming is None


@pytest.mark.parametrize("late", [0.01, 0.05, 0.1])
def test_it_comes_in_time_also_when_it_is_asked_for_just_before_the_bar(
    session: Make, late: float
) -> None:
    events = take(4, told(2 * BAR - late, SetVariation(Variation.D)))
    played = run(session(), [*events, at(2.5, m.Stop())], 2.6 * BAR)
    assert played.state.arranger.variation is Variation.D
    assert played.state.counters.notes_dropped == 0
    assert_closed(played)


def test_a_jump_back_before_its_beginning_leaves_the_bars_countable(session: Make) -> None:
    events = take(6, at(3.3, SetVariation(Variation.D)), told(4.5 * BAR, m.Stop()))
    played = run(session(), [*events, told(5 * BAR, m.Start())], 7 * BAR)
    assert played.state.arranger.since == 0
    assert played.state.clock.bar == 1
    assert_closed(
        run(session(), [*events, told(5 * BAR, m.Start()), told(7 * BAR, m.Stop())], 8 * BAR)
    )
