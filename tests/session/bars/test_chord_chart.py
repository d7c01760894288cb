"""Fixed chords in a session: requests have them, whatever is played and in every style."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playing import BAR, RecordingWorker, run, told, tune

from bridge.music.chords import Chart, chord_class
from bridge.session.messages import commands as m
from bridge.session.messages.status import Timing
from bridge.session.recorder import Recorder
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.session_state import State

Make = Callable[..., State]
AM, F, C, G = (chord_class(name) for name in ("Am", "F", "C", "G"))


class RequestLog(RecordingWorker):
    """The test's worker, which tells the chords that were given."""

    def chords(self, bar: int) -> tuple[int, ...]:
        """The chords given for the bar itself."""
        request = self.asked[bar]
        at = 2 * request.bars[0]
        return request.chords[at : at + 2]


def played(state: State, *events: object, bars: int = 8) -> tuple[Played, RequestLog]:
    log = RequestLog()
    done = run(state, [told(0.0, m.Start()), *events], bars * BAR, answer=log)
    return done, log


def test_each_bar_has_its_chord_of_the_chart_and_it_goes_round(session: Make) -> None:
    _, log = played(session(chart=Chart.parse("Am F C G")))
    assert [log.chords(bar) for bar in range(6)] == [
        (AM, AM), (F, F), (C, C), (G, G), (AM, AM), (F, F)
    ]  # fmt: skip
    assert log.asked[5].chords == (C, C, G, G, AM, AM, F, F)  # the bars heard before it, too


def test_two_chords_share_a_bar_and_z_leaves_one_to_the_model(session: Make) -> None:
    _, log = played(session(chart=Chart.parse("Am F | z | G")), bars=4)
    assert [log.chords(bar) for bar in range(3)] == [(AM, F), (-1, -1), (G, G)]


def test_the_chart_is_moved_into_the_common_key_as_the_melody_is(session: Make) -> None:
    state = session(key="D major", chart=Chart.parse("Bm G D A"))
    _, log = played(state, bars=5)
    assert [log.chords(bar)[0] for bar in range(4)] == [AM, F, C, G]


def test_a_chart_alone_tells_the_key_so_that_the_bass_plays_at_once(session: Make) -> None:
    done, _ = played(session(key="", chart=Chart.parse("Bm G D A")), bars=4)
    assert str(done.state.heard.key.key) in ("D major", "B minor")
    assert any(r.part == "bass" and r.kind == "on" and r.tick < 3840 for r in done.rows)
    silent, _ = played(session(key=""), bars=4)
    assert not any(r.part == "bass" for r in silent.rows)


def test_live_it_begins_with_the_next_bar_and_an_empty_one_frees_the_chords(session: Make) -> None:
    events = [told(1.3 * BAR, m.SetChords("F G")), told(4.3 * BAR, m.SetChords(""))]
    done, log = played(session(), *events)
    assert log.asked[1].chords == ()
    assert [log.chords(bar) for bar in (2, 3, 4)] == [(F, F), (G, G), (F, F)]
    assert log.asked[5].chords == ()
    assert done.state.chords.chart == Chart()


def test_a_start_begins_with_the_first_chord(session: Make) -> None:
    again = [told(1.3 * BAR, m.SetChords("F G")), told(4.0 * BAR, m.Stop())]
    done, _ = played(session(), *again, bars=5)
    log = RequestLog()
    events = [told(0.0, m.SetControl("fills", 0.0)), told(0.1, m.Start())]
    again = done.state.but(clock=done.state.clock.but(now=0.0))
    run(again, events, 3 * BAR, answer=log)
    assert log.chords(0) == (F, F)


def test_the_style_moves_while_the_chords_stay_and_the_other_way_round(session: Make) -> None:
    state = session(chart=Chart.parse("Am F"))
    _, log = played(
        state, told(2.2 * BAR, m.SetStyle("swing")), told(5.2 * BAR, m.SetChords("C")), bars=9
    )
    assert [log.asked[b].style for b in (2, 4, 7)] == [(0.0,), (1.0,), (1.0,)]
    assert [log.chords(b)[0] for b in (3, 4, 7)] == [F, AM, C]


def test_the_left_hand_stands_above_the_chart(session: Make) -> None:
    state = session(chart=Chart.parse("C"), split=54)
    held = [e for e in tune(6, (48,)) if e.at < 2.0] + tune(1, (45,))[:1] + tune(1, (52,))[:1]
    _, log = played(state, *sorted(held, key=lambda e: e.at), bars=4)
    assert log.chords(3)[0] != -1
    assert log.chords(3) != (C, C)


def test_what_is_no_chart_is_one_line_and_changes_nothing(session: Make) -> None:
    state = session(chart=Chart.parse("Am F"))
    done, _ = played(state, told(1.0, m.SetChords("Am H7x")), bars=2)
    assert done.state.chords.chart.text == "Am F"
    assert done.state.message.startswith("chords: 'H7x' is not a chord name")


def test_the_screen_is_told_the_chart(session: Make) -> None:
    state = session(chart=Chart.parse(" Am  F "))
    shot = snapshot(state, 0.0, Recorder(120.0), (), Timing())
    assert shot.chart == "Am F"


@pytest.mark.parametrize(("number", "classes"), [(-1, ()), (0, (AM, F)), (1, (C, C)), (2, (AM, F))])
def test_bars_of_a_chart(number: int, classes: tuple[int, ...]) -> None:
    assert Chart.parse("Am F | C").bar(number) == classes
