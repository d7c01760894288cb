"""Mapped controls in a session: who holds a value, what a mapped key is, and no harm ever."""

from __future__ import annotations

import random
from collections.abc import Callable

from playing import FACTS, T0, off, on, run, told

from bridge.midi.control import Binding, Coding, ControlState, Kind, Takeover
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.knobs import control_range
from bridge.session.messages import Fill, Mute, SetControl, SetStyle, SetTempo, Start, Stop
from bridge.session.state import Event, MidiIn, Remapped, Setup, State, first_state


def bound(*bindings: Binding, **setup: object) -> State:
    return first_state(
        Setup(bpm=120.0, key="C major", **setup),  # type: ignore[arg-type]
        FACTS,
        ControlState(bindings),
    )


def after(state: State, *events: Event) -> State:
    for event in events:
        state, _ = core.step(state, event)
    return state


def cc(number: int, value: int, at: float = 1.0) -> MidiIn:
    return MidiIn(at, bytes((0xB0, number, value)), "port")


def pickup(target: str) -> Binding:
    return Binding(target, Kind.CC, 70, takeover=Takeover.PICKUP)


def test_at_the_start_a_knob_has_to_pick_up_the_default() -> None:
    state = after(bound(pickup("volume drums")), cc(70, 0), cc(70, 20))
    assert state.controls["volume drums"] == 1.0
    assert after(state, cc(70, 127), cc(70, 64)).controls["volume drums"] == 64 / 127


def test_a_value_moved_on_the_screen_has_to_be_picked_up_again() -> None:
    state = after(bound(pickup("swing")), cc(70, 0), cc(70, 10))
    assert state.controls["swing"] == 10 / 127
    state = after(state, told(1, SetControl("swing", 0.9)), cc(70, 20))
    assert state.controls["swing"] == 0.9
    assert after(state, cc(70, 120), cc(70, 60)).controls["swing"] == 60 / 127


def test_a_style_that_brings_its_swing_takes_it_from_the_knob() -> None:
    state = after(bound(pickup("swing")), cc(70, 0), told(1, SetStyle("swing")), cc(70, 5))
    assert state.controls["swing"] == 0.6


def test_a_tempo_from_elsewhere_takes_it_from_the_knob() -> None:
    state = after(bound(pickup("tempo")), cc(70, 51), cc(70, 60))
    held = state.line.bpm
    assert held > 120
    state = after(state, told(1, SetTempo(200.0)), cc(70, 62))
    assert round(state.line.bpm) == 200


def test_a_knob_that_holds_a_value_keeps_it_while_it_turns() -> None:
    state = bound(pickup("temperature"))
    state = after(state, cc(70, 42), *[cc(70, v) for v in range(43, 128)])
    assert state.controls["temperature"] == 1.5


def test_a_switch_mutes_and_knows_what_the_screen_muted() -> None:
    pad = Binding("mute drums", Kind.NOTE, 36, coding=Coding.TOGGLE)
    hit = MidiIn(1.0, b"\x90\x24\x40")
    state = after(bound(pad), hit)
    assert state.muted == {Part.DRUMS}
    state = after(state, told(1, Mute(Part.DRUMS, on=False)), hit)
    assert state.muted == {Part.DRUMS}


def test_a_pad_can_choose_a_style_by_name() -> None:
    pad = Binding("style:swing", Kind.NOTE, 36, coding=Coding.MOMENTARY)
    assert after(bound(pad), MidiIn(1.0, b"\x90\x24\x40")).style == "swing"


def test_other_bindings_come_while_it_plays_and_know_the_values() -> None:
    state = after(bound(), told(0, SetControl("swing", 0.5)))
    state = after(state, Remapped(2.0, (pickup("swing"),), "mapping changed"))
    assert state.message == "mapping changed"
    assert after(state, cc(70, 0, 2.1)).controls["swing"] == 0.5
    assert after(state, cc(70, 64, 2.1)).controls["swing"] == 64 / 127


def test_a_key_that_is_mapped_while_it_sounds_still_ends() -> None:
    fill = Binding("fill", Kind.NOTE, 60, coding=Coding.MOMENTARY)
    events = [told(0, Start()), on(0.1, 60), Remapped(T0 + 0.2, (fill,)), off(0.3, 60)]
    played = run(bound(), events, 1.0)
    assert played.state.thru == {}
    assert played.state.phrase.held_pitches() == set()


# --- fuzz ---------------------------------------------------------------------------------

TARGETS = (
    *("tempo", "temperature", "variation", "swing", "humanize", "direction:density"),
    *("volume melody", "volume bass", "volume drums", "mute drums", "mute bass", "style:rock"),
    *("start", "stop", "fill", "tap", "clear", "capture", "next style", "previous style"),
    *("panic", "style:none", "direction:none"),
)
MESSAGES = 100_000


def random_binding(rng: random.Random) -> Binding:
    kind = rng.choice(list(Kind))
    return Binding(
        target=rng.choice(TARGETS),
        kind=kind,
        number=rng.randrange(32) if rng.random() < 0.8 else None,
        channel=rng.choice([None, rng.randrange(16)]),
        coding=rng.choice(list(Coding)),
        takeover=rng.choice(list(Takeover)),
        low=rng.random(),
        high=rng.random(),
        invert=rng.random() < 0.3,
        curve=rng.choice([0.5, 1.0, 2.0]),
        steps=rng.choice([0, 0, 2, 5]),
    )


def random_message(rng: random.Random) -> bytes:
    """Any bytes, most of them channel messages, many of those controllers of low number."""
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(8))
    status = rng.choice((0x80, 0x90, 0x90, 0xA0, 0xB0, 0xB0, 0xB0, 0xC0, 0xD0, 0xE0))
    number = rng.choice((rng.randrange(128), rng.randrange(40), 6, 38, 98, 99, 100, 101))
    data = (number,) if status in (0xC0, 0xD0) else (number, rng.randrange(128))
    return bytes((status | rng.choice((0, 0, 9, rng.randrange(16))), *data))


def test_a_hundred_thousand_random_messages_do_no_harm(
    session: Callable[..., State],
) -> None:
    """No exception, no control outside its range, and after a stop no note that sounds."""
    rng = random.Random(5)
    state = session(sync_start=True, thru="all")
    sounding: dict[tuple[str, int, int], int] = {}
    at = 0.0
    for number in range(MESSAGES):
        at += rng.random() * 0.004
        event: Event = MidiIn(at, random_message(rng), "port")
        if number % 5_000 == 0:
            event = Remapped(at, tuple(random_binding(rng) for _ in range(24)))
        elif number % 1_000 == 500:
            event = told(at, rng.choice((Start(), Fill(), SetTempo(180.0))))
        state, effects = core.step(state, event)
        note_sent(sounding, effects)
        for name, value in state.controls.items():
            low, high, _ = control_range(name)
            assert low <= value <= high, name
    assert 30.0 <= state.line.bpm <= 300.0
    _, effects = core.step(state, told(at, Stop()))
    note_sent(sounding, effects)
    assert not any(sounding.values())


def note_sent(sounding: dict[tuple[str, int, int], int], effects: list[object]) -> None:
    """Keep the book of what sounds on each part."""
    for effect in effects:
        message = getattr(effect, "message", b"")
        if len(message) == 3 and message[0] & 0xF0 in (0x80, 0x90):
            key = (effect.part.value, message[0] & 0x0F, message[1])  # type: ignore[attr-defined]
            on_now = message[0] & 0xF0 == 0x90 and message[2] > 0
            sounding[key] = sounding.get(key, 0) + 1 if on_now else 0
