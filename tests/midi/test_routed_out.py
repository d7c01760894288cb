"""An output led to another port while the band plays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.midi.ports import MemoryOut
from bridge.midi.routed_out import RoutedOut, port_of


def on(pitch: int) -> bytes:
    return bytes((0x90, pitch, 90))


def off(pitch: int) -> bytes:
    return bytes((0x80, pitch, 0))


def notes(port: MemoryOut) -> list[bytes]:
    return [message for message in port.sent if message[0] & 0xF0 in (0x80, 0x90)]


def test_a_note_ends_on_the_port_on_which_it_began() -> None:
    old, new = MemoryOut("old"), MemoryOut("new")
    out = RoutedOut(MemoryOut("first"))
    out.lead_to(old)
    out.send(on(60))
    out.lead_to(new)
    assert (out.name, notes(old)) == ("new", [on(60)])
    for message in (on(64), off(60), off(64)):
        out.send(message)
    assert notes(old) == [on(60), off(60)]
    assert notes(new) == [on(64), off(64)]
    assert not old.connected, "closed, once it is silent"
    assert bytes((0xB0, 64, 0)) in old.sent, "no pedal holds what is left behind"
    assert port_of(out) is new


def test_a_port_that_is_kept_can_be_gone_back_to() -> None:
    first, other = MemoryOut("first"), MemoryOut("other")
    out = RoutedOut(first)
    out.lead_to(other, keep=True)
    out.send(on(60))
    out.lead_to(first, keep=True)
    out.send(on(62))
    out.send(off(60))
    assert notes(other) == [on(60), off(60)]
    assert first.connected
    assert other.connected


@given(st.lists(st.one_of(st.integers(60, 64), st.just("change")), max_size=60))
def test_no_note_is_lost_and_none_hangs_whenever_ports_are_changed(
    moves: list[int | str],
) -> None:
    ports = [MemoryOut("0")]
    out = RoutedOut(ports[0])
    down: set[int] = set()
    sent = 0
    for move in moves:
        if isinstance(move, str):
            ports.append(MemoryOut(str(len(ports))))
            out.lead_to(ports[-1])
        elif move in down:
            down.discard(move)
            out.send(off(move))
        else:
            down.add(move)
            sent += 1
            out.send(on(move))
    for pitch in down:
        out.send(off(pitch))
    assert sum(message[0] == 0x90 for port in ports for message in port.sent) == sent
    for port in ports:
        sounding: set[int] = set()
        for message in notes(port):
            assert (message[1] in sounding) is (message[0] == 0x80)
            sounding ^= {message[1]}
        assert not sounding
