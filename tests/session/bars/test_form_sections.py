"""The form of a session: the order of sections, requested changes, and the influence of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from playing import BAR, FACTS, on, run, told, tune

from bridge.controllers.bindings import Binding, ControlState
from bridge.controllers.control_sources import SourceKind
from bridge.errors import NameUnknown
from bridge.model.messages import Request
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part
from bridge.music.song_form import Section, SongForm, lay_out
from bridge.session.bars.form_sections import check_form
from bridge.session.messages.commands import GoToSection, HoldSection, SetStyle, Start, Stop
from bridge.session.messages.status import FormStatus, Timing
from bridge.session.new_session import first_state
from bridge.session.recorder import Recorder
from bridge.session.simulation import Played
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import Ask
from bridge.session.state.events import Event, MidiIn
from bridge.session.state.session_state import State
from bridge.session.state.song.form_position import LiveForm

Session = Callable[..., State]
SECTIONS = {
    "intro": Section("intro", 2, parts=(Part.DRUMS,), travel=0),
    "verse": Section("verse", 4, knobs={"density": -0.5}, travel=0, fill=True),
    "chorus": Section("chorus", 4, style="swing", knobs={"density": 0.9}, travel=2),
    "end": Section("end", 2, travel=0, close=True),
}
ORDER = ("intro", "verse", "chorus", "verse", "end")
COURSE = LiveForm("test", lay_out(SongForm("test", SECTIONS, ORDER)), style="rock")


@pytest.fixture
def formed(session: Session) -> State:
    return session(form=COURSE, seed=3)


def played(state: State, *events: Event, bars: int = 18) -> Played:
    return run(state, [told(0, Start()), *tune(bars), *events], bars * BAR + 1)


def shown(state: State, *events: Event, at: float) -> FormStatus:
    """The form's status for the screen, ``at`` bars after the start."""
    done = run(state, [told(0, Start()), *tune(int(at) + 1), *events], at * BAR)
    shot = snapshot(done.state, done.state.clock.now, Recorder(120), (), Timing())
    assert shot.form is not None
    return shot.form


def requests(done: Played) -> dict[int, Request]:
    return {e.request.target_bar: e.request for e in done.effects if isinstance(e, Ask)}


def bars_with(done: Played, part: str) -> set[int]:
    return {FOUR_FOUR.bar_of(r.tick) for r in done.rows if r.part == part and r.kind == "on"}


def test_the_form_runs_by_itself_to_its_end_and_stops(formed: State) -> None:
    done = played(formed)
    assert not done.state.clock.running
    assert done.state.message == "the form has ended"
    assert bars_with(done, "drums") == set(range(16))
    last = [r for r in done.rows if r.kind == "on" and r.tick >= FOUR_FOUR.bar_start(15)]
    assert {r.tick for r in last} == {FOUR_FOUR.bar_start(15)}, "the last bar is one beat"
    for part in ("drums", "bass"):
        kinds = [r.kind for r in done.rows if r.part == part]
        assert kinds.count("on") == kinds.count("off")


def test_parts_play_only_in_sections_that_have_them(formed: State) -> None:
    assert bars_with(played(formed), "bass") == set(range(2, 16))


def test_sections_bring_their_knobs_and_their_own_place(formed: State) -> None:
    asked = requests(played(formed))
    verse, again, chorus = (np.asarray(asked[bar].offset) for bar in (3, 11, 6))
    assert np.array_equal(verse, again), "the place comes back"
    assert not np.allclose(verse, chorus)
    other = requests(played(first_state_with_seed(formed, 4)))
    assert not np.allclose(other[3].offset, verse), "the seed chooses the places"


def first_state_with_seed(state: State, seed: int) -> State:
    return first_state(replace(state.setup, seed=seed), FACTS)


def test_a_style_comes_with_its_section_and_goes_with_it(formed: State) -> None:
    asked = requests(played(formed))
    styles = [asked[bar].style[0] for bar in range(1, 12)]
    assert styles[:5] == [0.0] * 5  # rock in intro and verse
    assert styles[5:7] == [1.0, 1.0]  # swing in the chorus
    assert styles[7] == pytest.approx(2 / 3)  # moving to the chorus
    assert styles[8] == pytest.approx(1 / 3)
    assert styles[9:] == [0.0, 0.0]


def test_the_groove_begins_with_each_section(formed: State) -> None:
    done = played(formed)
    place = {bar: asked.phase + asked.bars[0] for bar, asked in requests(done).items()}
    assert [place[bar] for bar in range(1, 14)] == [1, *range(4), *range(4), *range(4)]


def test_without_a_form_the_groove_begins_with_the_music(session: Session) -> None:
    done = run(session(), [told(0, Start()), *tune(7)], 7 * BAR)
    place = {bar: asked.phase + asked.bars[0] for bar, asked in requests(done).items()}
    assert place == {bar: bar for bar in place}
    assert len(place) > 5


def test_the_players_own_style_stays_while_sections_name_none(formed: State) -> None:
    asked = requests(played(formed, told(2.5 * BAR, SetStyle("swing")), bars=5))
    assert [asked[bar].style[0] for bar in (2, 3, 4, 5)] == [0.0, 1.0, 1.0, 1.0]


def test_the_last_bar_of_a_section_is_filled(formed: State) -> None:
    done = played(formed)
    snares = {bar: sum(r.part == "drums" and r.kind == "on" and r.note == 38 and
                       FOUR_FOUR.bar_of(r.tick) == bar for r in done.rows)
              for bar in range(16)}  # fmt: skip
    assert snares[5] > 2 == snares[4]
    assert snares[13] > 2 == snares[12]


def test_a_section_asked_for_is_pending_and_begins_at_the_next_bar_line(formed: State) -> None:
    ask = told(3.3 * BAR, GoToSection("end"))
    before, pending = shown(formed, ask, at=3.2), shown(formed, ask, at=3.6)
    assert (before.section, before.bar, before.bars, before.then) == ("verse", 2, 4, "chorus")
    assert before.pending == ""
    assert (pending.section, pending.pending, pending.then) == ("verse", "end", "end")
    after = shown(formed, ask, at=4.2)
    assert (after.section, after.bar, after.pending) == ("end", 1, "")
    assert after.sections == ("intro", "verse", "chorus", "end")
    asked = requests(played(formed, ask, bars=6))
    assert asked[4].offset != asked[3].offset


def test_a_change_asked_for_fills_the_bar_before_it(formed: State) -> None:
    done = played(formed, told(2.3 * BAR, GoToSection(by=1)), bars=4)
    toms = {
        FOUR_FOUR.bar_of(r.tick) for r in done.rows if r.note in (45, 48, 50) and r.kind == "on"
    }
    assert toms == {2}


def test_steps_add_up_and_stop_at_the_ends(formed: State) -> None:
    two = [told(0.3 * BAR, GoToSection(by=1)), told(0.4 * BAR, GoToSection(by=1))]
    assert shown(formed, *two, at=1.2).section == "chorus"
    assert shown(formed, told(0.3 * BAR, GoToSection(by=-5)), at=1.2).section == "intro"
    assert shown(formed, told(0.3 * BAR, GoToSection(by=50)), at=1.2).section == "end"


def test_a_name_means_the_next_section_of_that_name(formed: State) -> None:
    status = shown(formed, told(3.3 * BAR, GoToSection("verse")), at=4.5)
    assert (status.section, status.then) == ("verse", "end")  # the second verse
    wrong = run(formed, [told(0, Start()), told(1, GoToSection("vers"))], 2)
    assert "did you mean 'verse'?" in wrong.state.message


def test_a_held_section_goes_on_until_another_is_asked_for(formed: State) -> None:
    hold = told(0.5 * BAR, HoldSection(True))
    status = shown(formed, hold, at=7.5)
    assert (status.section, status.held, status.bars, status.then) == ("intro", True, 0, "")
    go = told(6.5 * BAR, GoToSection("chorus"))
    assert shown(formed, hold, go, at=7.5).section == "chorus"
    loose = told(5.5 * BAR, HoldSection())
    assert shown(formed, hold, loose, at=6.5).section == "verse"


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        (Binding("section:end", SourceKind.NOTE, 36), bytes((0x99, 36, 100))),
        (Binding("section:end", SourceKind.PROGRAM, 5), bytes((0xC0, 5))),
        (Binding("next section", SourceKind.CC, 20), bytes((0xB0, 20, 127))),
    ],
)
def test_pads_programs_and_knobs_change_sections(
    session: Session, binding: Binding, message: bytes
) -> None:
    state = session(form=COURSE)
    state = first_state(replace(state.setup), FACTS, ControlState(bindings=(binding,)))
    press = MidiIn(on(3.3 * BAR, 0).at, message)
    wanted = "end" if "end" in binding.target else "chorus"
    assert shown(state, press, at=4.5).section == wanted


def test_a_start_begins_the_form_again(formed: State) -> None:
    done = run(formed, [told(0, Start()), *tune(8), told(7 * BAR, Stop()),
                        told(8 * BAR, Start())], 8.5 * BAR)  # fmt: skip
    shot = snapshot(done.state, done.state.clock.now, Recorder(120), (), Timing())
    assert shot.form is not None
    assert (shot.form.section, shot.form.bar) == ("intro", 1)


def test_the_same_seed_keys_and_form_give_the_same_rows(formed: State) -> None:
    assert played(formed).rows == played(formed).rows


def test_without_a_form_sections_cannot_be_asked_for(session: Session) -> None:
    done = run(session(), [told(0, Start()), told(1, GoToSection(by=1))], 2)
    assert "choose one first" in done.state.message
    shot = snapshot(done.state, done.state.clock.now, Recorder(120), (), Timing())
    assert shot.form is None


def test_a_form_with_names_that_the_model_lacks_is_refused() -> None:
    for section, says in (
        (Section("a", style="polka"), "no style named 'polka'"),
        (Section("a", knobs={"densty": 1.0}), "no direction named 'densty'"),
    ):
        form = LiveForm("x", lay_out(SongForm("x", {"a": section}, ("a",))))
        with pytest.raises(NameUnknown, match=says):
            check_form(form, FACTS)
