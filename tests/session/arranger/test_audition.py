"""A style is tried under the player's melody, and the way back leads exactly back."""

from __future__ import annotations

import pytest
from arranging import Make, at, notes, shot, take
from playing import BAR, RecordingWorker, assert_closed, run, told

from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import Audition, EndAudition
from bridge.session.messages.arranger_status import ChangeKind


def test_a_style_is_tried_from_the_next_bar_on(session: Make) -> None:
    played = run(session(), take(4, at(1.4, Audition("swing"))), 2.5 * BAR)
    assert played.state.band.style == "swing"
    assert shot(played).arranger.audition == "swing"
    assert notes(played, 1) == notes(run(session(), take(4), 2.5 * BAR), 1)
    early = shot(run(session(), take(4, at(1.4, Audition("swing"))), 1.6 * BAR)).arranger
    assert early.pending[0].kind is ChangeKind.AUDITION


def test_going_back_restores_exactly_what_was(session: Make) -> None:
    events = take(6, at(1.4, Audition("swing")), at(3.4, EndAudition(keep=False)))
    played, plain = (run(session(), e, 6 * BAR) for e in (events, take(6)))
    assert played.state.band == plain.state.band
    assert played.state.arranger == plain.state.arranger
    assert [notes(played, bar) for bar in (4, 5)] == [notes(plain, bar) for bar in (4, 5)]
    assert notes(played, 2) != notes(plain, 2)
    assert_closed(run(session(), [*events, told(6 * BAR, m.Stop())], 7 * BAR))


def test_one_that_did_not_begin_yet_leaves_no_trace(session: Make) -> None:
    events = take(4, at(1.3, Audition("swing")), at(1.6, EndAudition(keep=False)))
    played, plain = (run(session(), e, 4 * BAR) for e in (events, take(4)))
    assert played.rows == plain.rows
    assert played.state.band == plain.state.band


def test_requests_after_going_back_are_those_of_the_old_style(session: Make) -> None:
    tried, plain = RecordingWorker(), RecordingWorker()
    run(
        session(),
        take(6, at(1.4, Audition("swing")), at(3.4, EndAudition(keep=False))),
        6 * BAR,
        tried,
    )
    run(session(), take(6), 6 * BAR, plain)
    assert tried.asked[2].style != plain.asked[2].style
    assert tried.asked[5].style == plain.asked[5].style
    assert tried.asked[5].seed == plain.asked[5].seed


def test_several_are_tried_and_the_way_back_leads_to_the_first(session: Make) -> None:
    events = take(6, at(1.4, Audition(by=1)), at(2.4, Audition(by=1)), at(3.4, Audition(by=1)))
    state = run(session(), [*events, at(4.4, EndAudition(keep=False))], 5.5 * BAR).state
    assert (state.band.style, state.arranger.audition) == ("rock", None)
    assert state.band.control("swing") == 0.0


def test_a_style_that_is_kept_stays(session: Make) -> None:
    events = take(6, at(1.4, Audition("swing")), at(2.4, EndAudition(keep=True)))
    state = run(session(), [*events, at(3.4, EndAudition(keep=False))], 5 * BAR).state
    assert state.band.style == "swing"
    assert state.message == "no style is being tried"


def test_choosing_a_style_ends_the_trial(session: Make) -> None:
    events = take(4, at(1.3, Audition("swing")), at(1.5, m.SetStyle("swing")))
    state = run(session(), events, 3 * BAR).state
    assert (state.band.style, state.arranger.audition) == ("swing", None)


def test_a_swing_that_the_player_moved_meanwhile_stays(session: Make) -> None:
    events = take(5, at(1.4, Audition("swing")), at(2.5, m.SetControl("swing", 0.9)))
    state = run(session(), [*events, at(3.4, EndAudition(keep=False))], 5 * BAR).state
    assert (state.band.style, state.band.control("swing")) == ("rock", pytest.approx(0.9))


def test_while_nothing_plays_the_way_back_is_at_once(session: Make) -> None:
    events = [told(0, Audition("swing")), told(0.1, EndAudition(keep=False))]
    played = run(session(), events, 0.3)
    assert played.state.band == run(session(), [], 0.3).state.band


def test_an_unknown_style_is_said(session: Make) -> None:
    assert "swin" in run(session(), [told(0, Audition("swin"))], 0.1).state.message
