"""Notes are passed on as they were played, and never go round in a loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playing import T0, run, told

from bridge.controllers.bindings import Binding, ControlState
from bridge.controllers.control_sources import SourceKind
from bridge.session import core
from bridge.session.messages import commands as m
from bridge.session.state.effects import Send
from bridge.session.state.events import CommandReceived, Event, MidiIn, Tick
from bridge.session.state.session_state import State

Make = Callable[..., State]

PLAYED = (
    b"\x93\x3c\x5a",
    b"\xb3\x40\x7f",
    b"\xb3\x43\x7f",
    b"\xb3\x01\x22",
    b"\xe3\x01\x50",
    b"\xd3\x30",
    b"\xa3\x3c\x31",
    b"\x83\x3c\x00",
)


def after(state: State, *messages: bytes, at: float = T0, apart: float = 0.05) -> list[bytes]:
    """The messages that are passed on of some."""
    sent: list[bytes] = []
    for number, message in enumerate(messages):
        state, effects = core.step(state, MidiIn(at + apart * number, message, "Piano"))
        sent += [effect.message for effect in effects if isinstance(effect, Send) and effect.thru]
    return sent


def test_all_that_is_played_is_passed_on_unchanged_on_its_channel(session: Make) -> None:
    assert after(session(thru="all"), *PLAYED) == list(PLAYED)


@pytest.mark.parametrize("thru", ["off", "keys"])
def test_otherwise_nothing_of_an_input_is_passed_on(session: Make, thru: str) -> None:
    assert after(session(thru=thru), *PLAYED) == []


def test_no_program_change_is_passed_on(session: Make) -> None:
    assert after(session(thru="all"), b"\xc0\x05") == []


def test_where_another_part_plays_the_channel_is_the_melodys(session: Make) -> None:
    state = session(thru="all", shared_channels=frozenset({1, 9}))
    sent = after(state, b"\x91\x3c\x5a", b"\xe1\x00\x50", b"\x92\x40\x5a", b"\x81\x3c\x00")
    assert sent == [b"\x90\x3c\x5a", b"\xe0\x00\x50", b"\x92\x40\x5a", b"\x80\x3c\x00"]


def test_two_keys_that_meet_on_one_channel_are_ended_once_each(session: Make) -> None:
    state = session(thru="all", shared_channels=frozenset({1}))
    played = [b"\x90\x3c\x5a", b"\x91\x3c\x50", b"\x80\x3c\x00", b"\x81\x3c\x00"]
    sent = [b"\x90\x3c\x5a", b"\x80\x3c\x00", b"\x90\x3c\x50", b"\x80\x3c\x00"]
    assert after(state, *played[:3]) == sent[:3], "the first ended when the second began"
    assert after(state, *played) == sent


def test_a_mapped_control_is_not_passed_on(session: Make) -> None:
    state = session(thru="all")
    bindings = ControlState((Binding("swing", SourceKind.CC, 1),))
    state = state.but(controllers=state.controllers.but(bindings=bindings))
    assert after(state, b"\xb0\x01\x22", b"\xb0\x0b\x22") == [b"\xb0\x0b\x22"]


# --- notes that come back ------------------------------------------------------------------


def loop(
    state: State, events: list[Event], until: float, delay: float, channel: int | None = None
) -> tuple[State, list[bytes]]:
    """Feed all that is sent back to the input ``delay`` seconds later, for ever; the session after
    it, and all that was sent. ``channel``: what comes back is on this channel."""
    mail, sent = sorted(events, key=lambda e: e.at), list[bytes]()
    while True:
        deadline = core.next_deadline(state)
        event: Event = mail[0] if mail else Tick(until)
        if deadline is not None and deadline < event.at:
            event = Tick(max(deadline, state.clock.now))
        elif mail:
            mail.pop(0)
        if event.at >= until:
            return state, sent
        state, effects = core.step(state, event)
        for effect in effects:
            if isinstance(effect, Send):
                sent.append(effect.message)
                mail.append(MidiIn(event.at + delay, effect.message, "Piano"))
        mail.sort(key=lambda e: e.at)
        assert len(sent) < 1000, "a loop"


@pytest.mark.parametrize("delay", [0.001, 0.01, 0.029])
def test_one_key_gives_two_messages_in_a_loop(session: Make, delay: float) -> None:
    key: list[Event] = [MidiIn(T0, b"\x90\x3c\x5a", "Piano")]
    key.append(MidiIn(T0 + 0.3, b"\x80\x3c\x00", "Piano"))
    state, sent = loop(session(thru="all"), key, T0 + 2.0, delay)
    assert sent == [b"\x90\x3c\x5a", b"\x80\x3c\x00"]
    assert state.counters.notes_in == 1
    assert state.counters.notes_returned == 1
    assert "come back" in state.message


def test_a_key_of_the_screen_that_comes_back_is_heard_once(session: Make) -> None:
    keys: list[Event] = [
        told(0.1, m.KeyDown(T0 + 0.1, 60)),
        told(0.4, m.KeyUp(T0 + 0.4, 60)),
    ]
    state, sent = loop(session(thru="keys"), keys, T0 + 1.0, 0.003)
    assert len(sent) == 2
    assert state.counters.notes_in == 1
    assert state.heard.held_pitches() == set()


def test_the_band_that_comes_back_is_not_the_player(session: Make) -> None:
    playing = run(session(thru="all"), [told(0, m.Start())], 4.0).state
    state, sent = loop(playing, [], T0 + 8.0, 0.004)
    assert len(sent) > 20
    assert state.counters.notes_in == 0
    assert state.heard.phrase.first_tick is None


def test_a_moved_wheel_does_not_go_round(session: Make) -> None:
    moves: list[Event] = [
        MidiIn(T0 + 0.005 * n, bytes((0xE0, 0, 64 + n)), "Piano") for n in range(40)
    ]
    _, sent = loop(session(thru="all"), moves, T0 + 2.0, 0.012)
    assert sent == [event.message for event in moves if isinstance(event, MidiIn)]


def test_a_wheel_that_is_back_at_once_is_passed_on_a_little_later(session: Make) -> None:
    """Without a loop: the value was sent a moment ago, but it is the player's."""
    places = (64, 70, 64)
    moves = [MidiIn(T0 + 0.005 * n, bytes((0xE0, 0, v)), "Piano") for n, v in enumerate(places)]
    played = run(session(thru="all"), moves, 0.5)
    sent = [(round(at - T0, 3), send.message[2]) for at, send in played.sent]
    assert sent == [(0.0, 64), (0.005, 70), (0.04, 64)]


def test_the_same_key_later_than_30_ms_is_played(session: Make) -> None:
    stroke = (b"\x90\x3c\x5a", b"\x80\x3c\x00")
    assert after(session(thru="all"), *stroke, *stroke, apart=0.016) == [*stroke, *stroke]


def test_another_velocity_is_the_players_at_once(session: Make) -> None:
    messages = (b"\x90\x3c\x5a", b"\x80\x3c\x00", b"\x90\x3c\x5b", b"\x80\x3c\x00")
    assert after(session(thru="all"), *messages, apart=0.004) == list(messages)


def test_no_note_off_of_the_player_is_taken_for_an_echo(session: Make) -> None:
    """Two note-ons without a note-off between, as merged keyboards send: the first may have come
    back, the second did not."""
    messages = (b"\x90\x3c\x5a", b"\x80\x3c\x00", b"\x90\x3c\x5a", b"\x90\x3c\x50")
    sent = after(session(thru="all"), *messages, b"\x80\x3c\x00", apart=0.005)
    assert sent == [*messages[:2], messages[3], b"\x80\x3c\x00"]


def test_what_comes_back_starts_no_music(session: Make) -> None:
    state = session(thru="keys", sync_start=True)
    state, _ = core.step(state, CommandReceived(T0, m.KeyDown(T0, 60)))
    state, _ = core.step(state, CommandReceived(T0 + 0.01, m.Stop()))
    state, _ = core.step(state, MidiIn(T0 + 0.02, b"\x90\x3c\x5a", "Piano"))
    assert state.clock.running, "another velocity: the player's"
    state, _ = core.step(state, CommandReceived(T0 + 1, m.Stop()))
    state, effects = core.step(state, CommandReceived(T0 + 2, m.KeyDown(T0 + 2, 60)))
    sent = [e.message for e in effects if isinstance(e, Send) and e.thru]
    state, _ = core.step(state, CommandReceived(T0 + 2.01, m.Stop()))
    state, _ = core.step(state, MidiIn(T0 + 2.02, sent[-1], "Piano"))
    assert not state.clock.running
