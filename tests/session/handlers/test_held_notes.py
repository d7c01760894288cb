"""Held notes: each is ended by its own note-off, a pedal, a mode message, or the end of its input;
what was passed on ends with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from playing import BAR, T0, run, told

from bridge.controllers.bindings import Binding, ControlState
from bridge.controllers.control_sources import SourceKind
from bridge.music.notes import Note, Part
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.simulation import Played
from bridge.session.state.effects import PlayerNote
from bridge.session.state.events import CommandReceived, Event, InputGone, MidiIn
from bridge.session.state.listening import SENSING_SECONDS, TUNE_PORT, kind_of
from bridge.session.state.session_state import State

Make = Callable[..., State]
PIANO = "Piano"
START = told(0, m.Start())


def midi(at: float, *data: int, port: str = PIANO) -> MidiIn:
    """A message ``at`` seconds after the start."""
    return MidiIn(T0 + at, bytes(data), port)


def passed_on(played: Played) -> list[tuple[float, bytes]]:
    """The messages passed on, with seconds after the start."""
    return [(round(at - T0, 3), send.message) for at, send in played.sent if send.thru]


def lengths(played: Played) -> list[tuple[int, float, float]]:
    """The player's notes that have ended, as pitch, start and end in seconds at 120 BPM."""
    ended = sorted(played.state.heard.phrase.ended)
    return [(n.pitch, round(n.tick / 1920, 2), round(n.end / 1920, 2)) for n in ended]


def test_the_off_of_one_channel_ends_the_key_of_that_channel_only(session: Make) -> None:
    events = [START, midi(0.1, 0x91, 60, 90), midi(0.2, 0x92, 60, 80), midi(0.5, 0x82, 60, 0)]
    events += [midi(1.5, 0x81, 60, 0)]
    played = run(session(thru="all"), events, 1.0)
    assert played.state.heard.phrase.held_pitches() == {60}
    played = run(session(thru="all"), events, 2.0)
    assert lengths(played) == [(60, 0.1, 1.5), (60, 0.2, 0.5)]
    assert passed_on(played)[2:] == [(0.5, b"\x82\x3c\x00"), (1.5, b"\x81\x3c\x00")]


def test_an_mpe_keyboard_is_one_player(session: Make) -> None:
    keys = [midi(0.1, 0x91 + n, pitch, 90) for n, pitch in enumerate((48, 52, 55, 72))]
    state = run(session(), [START, *keys], 0.5).state
    assert state.heard.phrase.held_pitches() == {48, 52, 55, 72}
    assert state.heard.phrase.chord_held(60) == (48, 52, 55)


@pytest.mark.parametrize("ending", [(0xB0, 123, 0), (0xB0, 120, 0), (0xFF,), (0xB0, 126, 1)])
def test_all_notes_off_ends_the_keys_that_are_down(session: Make, ending: tuple[int, ...]) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0x90, 64, 90), midi(0.5, *ending)]
    played = run(session(thru="all"), events, 1.0)
    assert played.state.heard.phrase.held_pitches() == set()
    assert lengths(played) == [(60, 0.1, 0.5), (64, 0.2, 0.5)]
    assert passed_on(played)[2:] == [(0.5, b"\x80\x3c\x00"), (0.5, b"\x80\x40\x00")]


def test_all_notes_off_of_another_channel_ends_nothing(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB5, 123, 0)]
    assert run(session(), events, 1.0).state.heard.phrase.held_pitches() == {60}


def test_all_notes_off_of_an_mpe_keyboard_is_for_all_its_channels(session: Make) -> None:
    events = [START, midi(0.1, 0x91, 60, 90), midi(0.2, 0x92, 64, 90), midi(0.3, 0xB0, 123, 0)]
    assert run(session(), events, 1.0).state.heard.phrase.held_pitches() == set()


def test_the_pedal_holds_a_note_that_is_released(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 100), midi(0.4, 0x80, 60, 0)]
    held = run(session(), events, 1.0)
    assert held.state.heard.phrase.held_pitches() == {60}
    lifted = run(session(), [*events, midi(1.2, 0xB0, 64, 63)], 1.5)
    assert lifted.state.heard.phrase.held_pitches() == set()
    assert lengths(lifted) == [(60, 0.1, 1.2)]


def test_a_note_that_the_pedal_holds_hides_no_melody_played_below_it(session: Make) -> None:
    events = [START, midi(0.0, 0xB0, 64, 127)]
    for number, pitch in enumerate((72, 71, 69, 67)):
        events += [midi(0.5 * number, 0x90, pitch, 90), midi(0.5 * number + 0.3, 0x80, pitch, 0)]
    played = run(session(), events, 1.9)
    phrase = played.state.heard.phrase
    assert phrase.held_pitches() == {72, 71, 69, 67}
    assert [step for step, c in enumerate(phrase.classes(0, 16)) if c > 1] == [0, 4, 8, 12]


def test_a_pitch_struck_again_ends_the_note_that_the_pedal_holds(session: Make) -> None:
    events = [START, midi(0, 0xB0, 64, 127), midi(0.1, 0x91, 60, 90), midi(0.2, 0x81, 60, 0)]
    played = run(session(), [*events, midi(0.6, 0x92, 60, 80)], 1.0)
    assert lengths(played) == [(60, 0.1, 0.6)]
    ends = [e.key.channel for e in played.effects if isinstance(e, PlayerNote) and not e.velocity]
    assert ends == [1]


def test_sostenuto_holds_the_keys_that_were_down_and_no_others(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 48, 90), midi(0.2, 0xB0, 66, 127), midi(0.3, 0x90, 60, 90)]
    events += [midi(0.4, 0x80, 48, 0), midi(0.4, 0x80, 60, 0)]
    assert run(session(), events, 0.8).state.heard.phrase.held_pitches() == {48}
    played = run(session(), [*events, midi(0.9, 0xB0, 66, 0)], 1.0)
    assert played.state.heard.phrase.held_pitches() == set()


def test_sostenuto_does_not_hold_what_only_the_sustain_pedal_holds(session: Make) -> None:
    events = [START, midi(0.1, 0xB0, 64, 127), midi(0.2, 0x90, 48, 90), midi(0.3, 0x80, 48, 0)]
    events += [midi(0.4, 0xB0, 66, 127), midi(0.5, 0xB0, 64, 0)]
    assert run(session(), events, 0.8).state.heard.phrase.held_pitches() == set()


def test_all_notes_off_leaves_what_the_pedal_holds_and_all_sound_off_does_not(
    session: Make,
) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 127), midi(0.3, 0xB0, 123, 0)]
    played = run(session(thru="all"), events, 0.5)
    assert played.state.heard.phrase.held_pitches() == {60}
    played = run(session(thru="all"), [*events, midi(0.6, 0xB0, 120, 0)], 1.0)
    assert played.state.heard.phrase.held_pitches() == set()
    damped = [(0.6, b"\xb0\x40\x00"), (0.6, b"\xb0\x40\x7f")]
    assert passed_on(played)[-2:] == damped, "what rings at the receiver ends, the pedal is down"


def test_reset_all_controllers_lifts_the_pedal_and_centres_the_bend(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 127), midi(0.2, 0xE0, 0, 90)]
    events += [midi(0.3, 0x80, 60, 0), midi(0.5, 0xB0, 121, 0)]
    played = run(session(thru="all"), events, 1.0)
    assert played.state.heard.phrase.held_pitches() == set()
    assert {m for at, m in passed_on(played) if at == 0.5} == {b"\xb0\x40\x00", b"\xe0\x00\x40"}


def test_an_input_that_is_gone_holds_nothing(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.1, 0x90, 62, 90, port="Pad")]
    events += [midi(0.2, 0xB0, 64, 127), InputGone(T0 + 0.5, PIANO)]
    played = run(session(thru="all"), events, 1.0)
    assert played.state.heard.phrase.held_pitches() == {62}
    assert passed_on(played)[3:] == [(0.5, b"\x80\x3c\x00"), (0.5, b"\xb0\x40\x00")]
    assert played.state.message == "input 'Piano' is gone, its keys are released: plug it in again"


def test_an_input_that_is_gone_leaves_the_pedal_of_another_alone(session: Make) -> None:
    events = [midi(0.1, 0xB0, 64, 127), midi(0.1, 0xB1, 64, 127, port="Pad")]
    played = run(session(thru="all"), [*events, InputGone(T0 + 0.5, "Pad")], 1.0)
    assert passed_on(played)[2:] == [(0.5, b"\xb1\x40\x00")]
    assert played.state.heard.keys_of(PIANO).pedal


@pytest.mark.parametrize("running", [True, False])
def test_the_silence_of_active_sensing_ends_what_the_input_holds(
    session: Make, running: bool
) -> None:
    events = [*([START] if running else []), midi(0.1, 0xFE), midi(0.2, 0x90, 60, 90)]
    alive = [midi(0.2 + 0.27 * n, 0xFE) for n in range(1, 5)]
    state = run(session(thru="all"), [*events, *alive], 1.5).state
    assert state.heard.held_pitches() == {60}
    played = run(session(thru="all"), [*events, *alive], 2.0)
    assert played.state.heard.held_pitches() == set()
    end = round(0.2 + 0.27 * 4 + SENSING_SECONDS, 3)
    assert passed_on(played)[1:] == [(end, b"\x80\x3c\x00")]
    assert "'Piano' is silent" in played.state.message


def test_an_input_without_active_sensing_may_be_silent(session: Make) -> None:
    played = run(session(), [START, midi(0.1, 0x90, 60, 90)], 3.0)
    assert played.state.heard.phrase.held_pitches() == {60}


def test_stop_ends_keys_and_lifts_what_was_passed_on(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 127), midi(0.2, 0xE0, 0, 90)]
    played = run(session(thru="all"), [*events, told(1.0, m.Stop())], 1.5)
    assert played.state.heard.held_pitches() == set()
    ends = {m for at, m in passed_on(played) if at == 1.0}
    assert ends == {b"\x80\x3c\x00", b"\xb0\x40\x00", b"\xe0\x00\x40"}
    assert [n.end for _, n in played.recorder.recent(0, 10_000) if n.pitch == 60] == [1920]


def test_a_muted_melody_ends_what_was_passed_on(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 127)]
    events += [told(0.5, m.Mute(Part.MELODY, on=True)), midi(0.6, 0x80, 60, 0)]
    played = run(session(thru="all"), events, 1.0)
    assert passed_on(played)[2:] == [(0.5, b"\x80\x3c\x00"), (0.5, b"\xb0\x40\x00")]


def test_the_pedal_still_goes_up_when_it_was_mapped_in_the_meantime(session: Make) -> None:
    events = [START, midi(0.1, 0x90, 60, 90), midi(0.2, 0xB0, 64, 127), midi(0.3, 0x80, 60, 0)]
    state = run(session(thru="all"), events, 0.5).state
    pedal = Binding("swing", SourceKind.CC, 64)
    state = state.but(controllers=state.controllers.but(bindings=ControlState((pedal,))))
    state, _ = core.step(state, midi(0.6, 0xB0, 64, 0))
    assert state.heard.held_pitches() == set()
    state, _ = core.step(state, midi(0.7, 0xB0, 64, 127))
    assert not state.heard.keys_of(PIANO).has_pedals, "a mapped pedal is a control from now on"


def test_keys_of_the_tune_are_not_ended_by_the_player(session: Make) -> None:
    state = session(thru="all", tunes={"test": (Note(0, 60, 3800),)})
    events = [told(0, m.PlayTune(True, "test")), midi(0.2, 0x90, 60, 90), midi(0.4, 0x80, 60, 0)]
    assert run(state, events, 1.0).state.heard.phrase.held_pitches() == {60}


def test_after_a_stop_no_key_of_the_tune_is_down(session: Make) -> None:
    state = session(tunes={"test": (Note(0, 60, 3800),)})
    played = run(state, [told(0, m.PlayTune(True, "test")), told(0.5, m.Stop())], 1.0)
    assert played.state.heard.keys_of(TUNE_PORT).down == frozenset()


# --- properties ------------------------------------------------------------------------------

PORTS = ("Piano", "Pad")
CHANNELS = (0, 1, 15)
PITCHES = (60, 61)

channel = st.sampled_from(CHANNELS)
pitch = st.sampled_from(PITCHES)
value = st.sampled_from((0, 1, 63, 64, 127))
control = st.sampled_from((1, 64, 66, 67, 120, 121, 123, 126))
message = st.one_of(
    st.tuples(channel.map(lambda c: 0x90 | c), pitch, value),
    st.tuples(channel.map(lambda c: 0x80 | c), pitch, value),
    st.tuples(channel.map(lambda c: 0xA0 | c), pitch, value),
    st.tuples(channel.map(lambda c: 0xB0 | c), control, value),
    st.tuples(channel.map(lambda c: 0xD0 | c), value),
    st.tuples(channel.map(lambda c: 0xE0 | c), value, value),
    st.sampled_from(((0xFE,), (0xFF,), (0xC0, 5), (0xF8,), (0x90, 60), (0xF0, 1, 0xF7))),
)
command = st.sampled_from(
    (
        m.Start(),
        m.Stop(),
        m.Panic(),
        m.Clear(),
        m.Mute(Part.MELODY, on=True),
        m.Mute(Part.MELODY, on=False),
        m.Learn("swing"),
        m.CancelLearn(),
    )
)
step = st.one_of(
    st.tuples(st.just("midi"), st.sampled_from(PORTS), message),
    st.tuples(st.just("midi"), st.sampled_from(PORTS), message),
    st.tuples(st.just("midi"), st.sampled_from(PORTS), message),
    st.tuples(st.just("gone"), st.sampled_from(PORTS), st.none()),
    st.tuples(st.just("command"), st.none(), command),
)
story = st.lists(st.tuples(st.sampled_from((0.0, 0.004, 0.02, 0.05, 0.4)), step), max_size=40)


def keys_up(at: float) -> list[Event]:
    """The ends of a story: all keys go up, then all pedals."""
    offs = [
        midi(at, 0x80 | c, p, 0, port=port) for port in PORTS for c in CHANNELS for p in PITCHES
    ]
    return offs + [
        midi(at, 0xB0 | c, n, 0, port=port) for port in PORTS for c in CHANNELS for n in (64, 66)
    ]


def mode(control: int) -> Callable[[float], list[Event]]:
    """A mode message on all channels, after the pedals have gone up."""
    pedals = [(c, n) for c in CHANNELS for n in (64, 66)]

    def ends(at: float) -> list[Event]:
        up = [midi(at, 0xB0 | c, n, 0, port=port) for port in PORTS for c, n in pedals]
        return up + [midi(at, 0xB0 | c, control, 0, port=port) for port in PORTS for c in range(16)]

    return ends


ENDS: dict[str, Callable[[float], list[Event]]] = {
    "keys up": keys_up,
    "all notes off": mode(123),
    "all sound off": mode(120),
    "reset": lambda at: [midi(at, 0xFF, port=port) for port in PORTS],
    "unplugged": lambda at: [InputGone(T0 + at, port) for port in PORTS],
    "stop": lambda at: [CommandReceived(T0 + at, m.Stop())],
}


def events_of(steps: list[tuple[float, tuple[str, str, object]]]) -> tuple[list[Event], float]:
    """The events of a story, and its length in seconds."""
    at, events = 0.0, list[Event]()
    for pause, (kind, port, what) in steps:
        at += pause
        if kind == "midi":
            events.append(midi(at, *what, port=port))  # type: ignore[misc]
        elif kind == "gone":
            events.append(InputGone(T0 + at, port))
        else:
            events.append(told(at, what))  # type: ignore[arg-type]
    return events, at


PAD_61 = ("midi", "Pad", (0x91, 61, 1))
BOTH_STRUCK = [(0.0, PAD_61), (0.0, PAD_61), (0.0, ("midi", "Piano", (0x91, 61, 1)))]
"""A key that looks like an echo of itself, and the same key on another input."""


@pytest.mark.parametrize("end", ENDS)
@given(story)
@example(BOTH_STRUCK)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_the_end_nothing_is_held_and_nothing_passed_on_sounds(
    session: Make, end: str, steps: list[tuple[float, tuple[str, str, object]]]
) -> None:
    events, at = events_of(steps)
    events += ENDS[end](at + 0.1)
    played = run(session(thru="all", sync_start=True), events, at + BAR)
    heard = played.state.heard
    assert heard.held_pitches() == set()
    assert heard.passed_notes == {}
    sounding: set[bytes] = set()
    for _, send in played.sent:
        place = bytes((send.message[0] & 0x0F, send.message[1]))
        if not send.thru or send.message[0] >= 0xA0:
            continue
        if send.message[0] & 0xF0 == 0x90:
            assert place not in sounding, "a note-on is never sent twice"
            sounding.add(place)
        else:
            assert place in sounding, "a note-off has a note-on"
            sounding.remove(place)
    assert not sounding
    if end in ("reset", "unplugged", "stop"):
        last = {kind_of(s.message): s.message for _, s in played.sent if s.thru}
        assert [message for kind, message in last.items() if is_off_rest(kind, message)] == []


def is_off_rest(kind: bytes, message: bytes) -> bool:
    """True if a message leaves a pedal down, a bend off its centre, or pressure."""
    status = kind[0] & 0xF0
    if status == 0xB0:
        return kind[1] in (64, 66, 67) and message[2] > 0
    return (status == 0xE0 and message[1:] != b"\x00\x40") or (status == 0xD0 and message[1] > 0)
