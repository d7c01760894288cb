"""Forms chosen, started at the next bar, followed and left while music plays."""

from __future__ import annotations

import pytest
from arranging import Make, at, notes, shot, take
from playing import BAR, RecordingWorker, assert_closed, run, told

from bridge.music.notes import Part
from bridge.music.song_form import Section, SongForm
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import LeaveForm, StartForm
from bridge.session.messages.arranger_status import ChangeKind
from bridge.session.messages.listings import ChooseForm
from bridge.session.state.effects import AnswerFromFiles
from bridge.session.state.events import FormRead
from bridge.session.state.song.form_position import live_form

SONG = SongForm(
    name="song",
    sections={
        "verse": Section("verse", bars=2, parts=(Part.DRUMS,)),
        "chorus": Section("chorus", bars=2, style="swing"),
    },
    order=("verse", "chorus", "verse"),
    tempo=(90.0, 90.0),
)
FORM = live_form(SONG, seed=1)


def read(bar: float, form: object = FORM) -> FormRead:
    """The form arrives at a place in the take, in bars."""
    return FormRead(1.0 + bar * BAR, form)  # type: ignore[arg-type]


def test_choosing_asks_for_the_file(session: Make) -> None:
    played = run(session(forms=("song",)), [told(0, m.MoveTarget("form:song", 1.0))], 0.2)
    asked = [e.request for e in played.effects if isinstance(e, AnswerFromFiles)]
    assert asked == [ChooseForm("song")]


def test_a_chosen_form_waits_and_begins_at_the_next_bar_when_it_is_started(session: Make) -> None:
    events = take(10, read(1.2), at(3.4, StartForm()))
    waits = run(session(), events, 3.2 * BAR)
    assert shot(waits).arranger.form == "song"
    assert shot(waits).form is None
    (change,) = shot(run(session(), events, 3.6 * BAR)).arranger.pending
    assert (change.kind, change.name, change.beat) == (ChangeKind.FORM, "song", 16.0)
    played = run(session(), events, 7.5 * BAR)
    assert not notes(played, 4, ["bass"])
    assert not notes(played, 5, ["bass"])
    assert notes(played, 6, ["bass"])
    form = shot(played).form
    assert form is not None
    assert (form.section, form.bar, form.bars, form.then) == ("chorus", 2, 2, "verse")
    assert played.state.band.style == "swing"
    assert played.state.clock.line.bpm == pytest.approx(120.0)


def test_sections_go_on_and_are_chosen_as_in_a_form_from_the_start(session: Make) -> None:
    events = take(12, read(0.2), at(0.4, StartForm()), at(1.4, m.GoToSection("chorus")))
    state = run(session(), events, 2.5 * BAR).state
    form = shot(run(session(), events, 2.5 * BAR)).form
    assert form is not None
    assert (form.section, form.bar) == ("chorus", 1)
    assert state.form is not None
    assert state.form.origin == 1


def test_a_form_is_left_at_the_next_bar_and_the_band_plays_on(session: Make) -> None:
    events = take(10, read(0.2), at(0.4, StartForm()), at(1.4, LeaveForm()), at(7.9, m.Stop()))
    played = run(session(), events, 8 * BAR)
    assert not notes(played, 1, ["bass"])
    assert notes(played, 2, ["bass"])
    assert played.state.form is None
    assert_closed(played)


def test_leaving_takes_a_start_back(session: Make) -> None:
    events = take(6, read(0.2), at(1.3, StartForm()), at(1.6, LeaveForm()))
    state = run(session(), events, 3.5 * BAR).state
    assert state.form is None
    assert state.arranger.chosen == FORM


def test_while_nothing_plays_the_next_take_begins_with_it_in_its_tempo(session: Make) -> None:
    state = run(session(), [read(0.0)], 0.2).state
    assert state.clock.line.bpm == pytest.approx(90.0)
    played = run(state, [told(0.5, m.Start())], 1.0)
    assert shot(played).form is not None
    gone = run(state, [told(0.5, LeaveForm()), told(0.6, m.Start())], 1.0)
    assert shot(gone).form is None


def test_a_style_that_the_model_lacks_is_said_and_nothing_changes(session: Make) -> None:
    wrong = live_form(SongForm("odd", {"a": Section("a", style="polka")}, ("a",)), seed=1)
    state = run(session(), take(2, read(0.5, wrong)), BAR).state
    assert "polka" in state.message
    assert state.arranger.chosen is None


def test_the_form_changes_the_requests_only_from_its_first_bar_on(session: Make) -> None:
    with_form, without = RecordingWorker(), RecordingWorker()
    run(session(), take(4, read(0.2), at(1.4, StartForm())), 4 * BAR, with_form)
    run(session(), take(4), 4 * BAR, without)
    assert with_form.asked[1].offset == without.asked[1].offset
    assert with_form.asked[2].offset != without.asked[2].offset


def test_without_a_chosen_form_there_is_nothing_to_start(session: Make) -> None:
    assert "choose one" in run(session(), [told(0, StartForm())], 0.2).state.message
