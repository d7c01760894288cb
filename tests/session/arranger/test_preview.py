"""The next bar is seen from the bar line on, and nothing is learned from looking ahead."""

from __future__ import annotations

from arranging import Make, at, shot, take
from msgspec import structs
from playing import BAR, RecordingWorker, off, on, run, simple_answer, told

from bridge.model.messages import Request, Result
from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import SetVariation


def ghost(played: object) -> set[int]:
    """The bars that notes of the band are planned in."""
    return {
        note.tick // 3840
        for note in shot(played).roll  # type: ignore[arg-type]
        if note.state != "played" and note.part is not Part.MELODY
    }


def test_the_snapshot_has_the_next_bar_at_any_time(session: Make) -> None:
    for tenths in range(12, 39, 3):
        bar = tenths / 10
        assert int(bar) + 1 in ghost(run(session(), take(4), bar * BAR + 0.03))


def test_the_preview_is_of_the_session_after_the_bar_line(session: Make) -> None:
    worker = RecordingWorker()
    run(session(), take(4, at(1.2, m.SetStyle("swing"))), 1.5 * BAR, worker)
    assert worker.asked[2].style == (1.0,)
    worker = RecordingWorker()
    run(session(), take(4, at(1.2, SetVariation("D"))), 1.5 * BAR, worker)  # type: ignore[arg-type]
    assert worker.asked[2].offset[0] > 0.5


def test_a_preview_leaves_no_trace_in_what_is_played(session: Make) -> None:
    """Walk, memory and trail go on with the two requests that know what was heard."""
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return simple_answer(request)

    walked = run(session(), [told(0, m.SetWalk("brownian")), *take(4)], 4 * BAR, answer).state
    places = [r.offset for r in asked if r.target_bar == 2]
    assert len(places) >= 3
    assert places[-1] == places[-2]
    assert walked.walking.place is not None
    assert walked.walking.place.bar == 4
    assert walked.counters.results_late == 0


def test_where_the_model_is_slow_the_preview_plays_and_no_bar_is_repeated(session: Make) -> None:
    played = run(session(), take(5), 5 * BAR, latency=0.7)
    assert played.state.counters.bars_repeated == 0
    assert played.state.counters.results_late > 0


def test_a_knob_in_the_middle_of_a_bar_still_changes_the_bar_that_plays(session: Make) -> None:
    events = take(3, at(1.3, m.SetControl("direction:density", 1.0)))
    played = run(session(), events, 2 * BAR)
    extra = [row.tick for row in played.rows if row.note == 51 and row.tick < 2 * 3840]
    assert extra
    assert min(extra) >= 1.3 * 3840


def test_notes_of_the_bar_that_plays_stay_when_the_bar_to_come_is_arranged_again(
    session: Make,
) -> None:
    plain = run(session(), take(3), 3 * BAR)
    events = take(3, *(at(1 + place / 10, m.SetControl("humanize", 0.0)) for place in range(1, 10)))
    assert run(session(), events, 3 * BAR).rows == plain.rows


def test_the_chord_lane_has_what_was_heard_and_what_is_expected(session: Make) -> None:
    struck = ((0.05, (48, 52, 55)), (BAR + 0.05, (53, 57, 60)))
    chord = [
        event
        for begin, pitches in struck
        for pitch in pitches
        for event in (on(begin, pitch), off(begin + 1.8, pitch))
    ]
    played = run(session(), [told(0, m.Start()), *chord], 1.6 * BAR)
    cells = {cell.half: cell for cell in shot(played).chords}
    assert (cells[0].name, cells[0].heard) == ("C", True)
    assert cells[2].name.startswith("F")
    assert not cells[4].heard
    charted = run(session(), [told(0, m.SetChords("Am F")), *take(2)], 1.6 * BAR)
    lane = [(cell.half, cell.name) for cell in shot(charted).chords]
    assert lane[:6] == [(0, "Am"), (1, "Am"), (2, "F"), (3, "F"), (4, "Am"), (5, "Am")]


def test_the_ears_say_what_they_think_and_how_sure_they_are(session: Make) -> None:
    nothing = shot(run(session(key=""), [], 0.5)).hearing
    assert (nothing.key, nothing.key_sure, nothing.chord_sure) == ("", None, None)
    played = shot(run(session(key=""), take(6), 5 * BAR)).hearing
    assert played.key
    assert played.key_sure is not None
    assert 0.0 < played.key_sure <= 1.0
    assert played.mode == "auto"
    assert played.energy is not None
    assert shot(run(session(), take(1), 0.5)).hearing.key_sure == 1.0


def test_a_model_that_is_slow_makes_no_preview_since_the_bar_itself_would_wait(
    session: Make,
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Result:
        asked.append(request)
        return structs.replace(simple_answer(request), milliseconds=600.0)

    run(session(), take(4), 4 * BAR, answer)
    assert [r.target_bar for r in asked].count(3) == 2
