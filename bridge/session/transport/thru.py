"""The player's messages passed on to the melody output: notes, pedals, bends, pressure. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bridge.midi.messages import (
    AFTERTOUCH,
    CC_DOWN,
    CC_PEDAL,
    CC_SOFT,
    CC_SOSTENUTO,
    CONTROL,
    NOTE_OFF,
    NOTE_ON,
    PITCH_BEND,
)
from bridge.music.notes import Part, PlayerKey
from bridge.session.state.effects import Effect, Send
from bridge.session.state.listening import ECHO_SECONDS, OWN_PORTS
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import Setup

_RESTS: Final = {
    AFTERTOUCH: lambda kind: bytes((*kind, 0)),
    PITCH_BEND: lambda kind: bytes((*kind, 0, 64)),
}
_PEDALS: Final = frozenset((CC_PEDAL, CC_SOSTENUTO, CC_SOFT))


def pass_note(state: State, at: float, key: PlayerKey, velocity: int) -> Step:
    """Pass a key press on, transposed as the band is; a note that sounds there already ends
    first."""
    place = _place(state, key)
    passed = dict(state.heard.passed_notes)
    effects: list[Effect] = []
    if passed.pop(place, None) is not None:
        effects.append(_note_off(state, at, place))
    if Part.MELODY not in state.band.silenced:
        passed[place] = key
        effects.append(_send(state, at, bytes((NOTE_ON | place[0], place[1], velocity))))
    return state.but(heard=state.heard.but(passed_notes=passed)), effects


def sounds_at(state: State, key: PlayerKey) -> bool:
    """True if a note that was passed on sounds at the place of a key, be it this key's or not."""
    return _place(state, key) in state.heard.passed_notes


def end_notes(state: State, at: float, keys: Iterable[PlayerKey]) -> Step:
    """Note-offs for the keys that were passed on and still sound."""
    if not state.heard.passed_notes:
        return state, []
    passed = dict(state.heard.passed_notes)
    effects: list[Effect] = []
    for key in tuple(keys):  # a place is that of the key as it was transposed when it went down
        for place in [place for place, player in passed.items() if player == key]:
            del passed[place]
            effects.append(_note_off(state, at, place))
    return (state.but(heard=state.heard.but(passed_notes=passed)) if effects else state), effects


def pass_control(state: State, at: float, port: str, message: bytes) -> Step:
    """Pass a message that is no note on; one that may have come back waits for 30 ms."""
    if Part.MELODY in state.band.silenced:
        return state, []
    channel = channel_of(state.setup, port, message[0] & 0x0F)
    message = bytes((message[0] & 0xF0 | channel, *message[1:]))
    heard = state.heard
    echoes = heard.echoes.without(at, message)
    if echoes is not None:
        passed = heard.passed.doubted(at, port, message)
        return state.but(heard=heard.but(passed=passed, echoes=echoes)), []
    state = state.but(heard=heard.but(passed=heard.passed.passed(port, message)))
    return state, [_send(state, at, message)]


def pass_doubtful(state: State, at: float) -> Step:
    """Pass on what waited for 30 ms, if it is not what was passed on last: it was no echo."""
    passed = state.heard.passed
    effects: list[Effect] = []
    for kind, (when, port, message) in passed.doubtful.items():
        if at < when + ECHO_SECONDS:
            continue
        last = passed.last.get(kind)
        passed = passed.but(doubtful={k: v for k, v in passed.doubtful.items() if k != kind})
        if last is None or last[1] != message:
            passed = passed.passed(port, message)
            effects.append(_send(state, at, message))
    return state.but(heard=state.heard.but(passed=passed)), effects


def rest_controls(state: State, at: float, *, port: str = "", channel: int | None = None) -> Step:
    """Lift pedals, centre bends and end pressure that were passed on: those from ``port`` and, if
    given, on ``channel`` (0..15, as they came); of all ports if it is empty."""
    passed = state.heard.passed
    if channel is not None:
        channel = channel_of(state.setup, port, channel)
    found = [(kind, came) for kind, (came, _) in passed.last.items()]
    found += [(kind, came) for kind, (_, came, _) in passed.doubtful.items()]
    gone = dict.fromkeys(
        kind for kind, came in found if port in ("", came) and channel in (None, kind[0] & 0x0F)
    )
    if not gone:
        return state, []
    rests = ((kind, _rest(kind)) for kind in gone if kind in passed.last)
    effects: list[Effect] = [
        _send(state, at, rest)
        for kind, rest in rests
        if rest is not None and passed.last[kind][1] != rest
    ]
    return state.but(heard=state.heard.but(passed=passed.without(gone))), effects


def damp(state: State, at: float, port: str, channel: int) -> list[Effect]:
    """Let the pedal that was passed on up for a moment: what it holds at the receiver ends."""
    kind = bytes((CONTROL | channel_of(state.setup, port, channel), CC_PEDAL))
    _, message = state.heard.passed.last.get(kind, ("", b"\0\0\0"))
    if message[2] < CC_DOWN:
        return []
    return [_send(state, at, bytes((*kind, 0))), _send(state, at, message)]


def end_all(state: State, at: float) -> Step:
    """End all that was passed on: notes, pedals, bends, pressure."""
    state, effects = end_notes(state, at, state.heard.passed_notes.values())
    state, more = rest_controls(state, at)
    return state, effects + more


def channel_of(setup: Setup, port: str, channel: int) -> int:
    """The channel (0..15) of the melody output for what came on ``channel`` of ``port``: the same,
    but the melody's own for keys that came on no MIDI input, and where another part plays."""
    own = port in OWN_PORTS or channel in setup.shared_channels
    return setup.channels[Part.MELODY] if own else channel


def _place(state: State, key: PlayerKey) -> tuple[int, int]:
    """The channel and pitch that a key pressed now is passed on with."""
    pitch = min(127, max(0, key.pitch + state.band.transpose))
    return channel_of(state.setup, key.port, key.channel), pitch


def _rest(kind: bytes) -> bytes | None:
    """The message that lets go of a pedal, a bend or pressure; None for what stays as it is."""
    if kind[0] & 0xF0 == CONTROL:
        return bytes((*kind, 0)) if kind[1] in _PEDALS else None
    rest = _RESTS.get(kind[0] & 0xF0)
    return None if rest is None else rest(kind)


def _note_off(state: State, at: float, place: tuple[int, int]) -> Send:
    channel, pitch = place
    return _send(state, at, bytes((NOTE_OFF | channel, pitch, 0)))


def _send(state: State, at: float, message: bytes) -> Send:
    return Send(Part.MELODY, message, at, state.clock.line.tick_at(at), thru=True)
