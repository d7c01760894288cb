"""Whatever is pressed, in whatever order: no stuck note, no burst, and a state that adds up."""

from __future__ import annotations

from collections import Counter

from arranging import fake_answer, fake_session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import BAR, T0, assert_closed, run, told, tune

from bridge.controllers.memories import MEMORIES, Variation
from bridge.music.notes import Part
from bridge.music.song_form import Section, SongForm
from bridge.session.messages import arranger_commands as a
from bridge.session.messages import commands as m
from bridge.session.state.effects import Click
from bridge.session.state.events import Event, FormRead
from bridge.session.state.song.form_position import live_form

BARS = 8
FORM = live_form(
    SongForm(
        "form",
        {"a": Section("a", bars=2, fill=True), "b": Section("b", bars=1, style="funk")},
        ("a", "b", "a"),
    ),
    seed=3,
)
PARTS = st.sampled_from(Part)
NUMBERS = st.integers(1, MEMORIES)
COMMANDS = st.one_of(
    st.builds(a.SetVariation, st.sampled_from(Variation)),
    st.builds(a.Break, st.booleans()),
    st.builds(a.PressMemory, NUMBERS),
    st.builds(a.StoreMemory, NUMBERS),
    st.builds(a.Solo, PARTS, st.booleans()),
    st.builds(m.Mute, PARTS, st.booleans()),
    st.builds(a.Transpose, st.integers(-7, 7)),
    st.builds(a.Audition, st.sampled_from(("", "funk", "swing"))),
    st.builds(a.EndAudition, st.booleans()),
    st.builds(m.SetMetre, st.sampled_from(("3/4", "4/4", "6/8"))),
    st.builds(m.SetStyle, st.sampled_from(("rock", "bossa"))),
    st.builds(m.SetTempo, st.sampled_from((90.0, 120.0, 180.0))),
    st.builds(m.SetControl, st.just("direction:density"), st.floats(-1, 1)),
    st.sampled_from((
        a.Intro(), a.Ending(), a.ArmStore(), a.SwitchMetronome(), a.StartForm(), a.LeaveForm(),
        m.Fill(), m.Start(), m.Stop(), m.GoToSection(), m.Panic(),
    )),
)  # fmt: skip
MOMENTS = st.floats(0.0, (BARS - 1) * BAR).map(lambda at: round(at, 3))


def bursts(times: list[float]) -> int:
    """The most note-ons within 5 ms."""
    return max(Counter(round(at / 0.005) for at in times).values(), default=0)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(MOMENTS, COMMANDS), max_size=25), st.booleans(), st.booleans())
def test_no_note_is_left_and_none_comes_in_a_burst(
    pressed: list[tuple[float, m.Command]], form: bool, metronome: bool
) -> None:
    events: list[Event] = [told(0, m.Start()), *tune(BARS)]
    events += [told(at, command) for at, command in pressed]
    events += [FormRead(T0 + 1.0, FORM)] if form else []
    end = told(BARS * BAR - 0.01, m.Stop())
    state = fake_session(thru="all", metronome=metronome)
    played = run(state, [*events, end], BARS * BAR, fake_answer)
    assert_closed(played)
    clicks = [e.message for e in played.effects if isinstance(e, Click)]
    ons = sum(message[0] & 0xF0 == 0x90 for message in clicks)
    assert ons <= sum(message[0] & 0xF0 == 0x80 for message in clicks)
    sent = [at for at, s in played.sent if s.message[0] & 0xF0 == 0x90 and not s.thru]
    assert bursts(sent) <= 10
    after = played.state
    assert not after.clock.running
    assert after.arranger.recalled is None
    assert after.arranger.coming is None
    assert after.arranger.passage is None
    assert after.arranger.ending == -1


@settings(max_examples=12)
@given(st.lists(st.tuples(MOMENTS, COMMANDS), max_size=12))
def test_the_same_presses_make_the_same_music(pressed: list[tuple[float, m.Command]]) -> None:
    events = [told(0, m.Start()), *tune(4), *(told(at / 3, command) for at, command in pressed)]
    first, second = (run(fake_session(), events, 4 * BAR, fake_answer) for _ in range(2))
    assert first.rows == second.rows
