"""Our ports on a real JACK server, with a client on the other side that nobody here wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from jackserver import JackServer, start_jackd, stop_jackd, wait_for, wait_for_all

from bridge.errors import PortError
from bridge.midi.messages import NoteOff, NoteOn, encode
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend, HardwareOut

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("each_driver")]
jacklib = pytest.importorskip(
    "jack", reason="needs JACK-Client: pip install 'latent-bridge[integration]'"
)


class Peer:
    """A JACK client with one MIDI input and one output, exact to the frame."""

    def __init__(self, name: str, server: str) -> None:
        self.client = jacklib.Client(name, servername=server, no_start_server=True)
        self.input = self.client.midi_inports.register("input")
        self.output = self.client.midi_outports.register("output")
        self.heard: list[bytes] = []
        self.to_send: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        for _, data in self.input.incoming_midi_events():
            self.heard.append(bytes(data))
        self.output.clear_buffer()
        waiting, self.to_send = self.to_send, []
        for message in waiting:
            self.output.write_midi_event(0, message)

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


@contextmanager
def peer(jack: JackServer, name: str = "Keys") -> Iterator[Peer]:
    client = Peer(name, jack.name)
    try:
        yield client
    finally:
        client.close()


MESSAGES = [
    encode(NoteOn(0, 60, 100)),
    encode(NoteOff(0, 60, 12)),
    bytes((0xB0, 1, 64)),
    bytes((0xC3, 7)),
    bytes((0xE0, 0, 64)),
    bytes((0xF8,)),
    bytes((0xFE,)),
    bytes((0xF2, 16, 0)),
    bytes((0xF0, 0x7E, 0x7F, 6, 1, 0xF7)),
]


def test_an_input_says_that_its_client_has_ended(jack: JackServer) -> None:
    gone: list[str] = []
    with Backend.choose("jack", poll=0.05) as backend:
        with peer(jack):
            port = backend.open_in("Keys", lambda *_: None)
            port.on_gone = lambda: gone.append(port.name)
        wait_for(lambda: bool(gone), "the news")
        assert gone == ["Keys:output"]


def test_virtual_ports_carry_every_byte_both_ways(jack: JackServer) -> None:
    heard: list[bytes] = []
    with Backend.choose("jack") as backend, peer(jack) as keys:
        backend.open_in(VIRTUAL_NAMES["in"], lambda _, m: heard.append(m), virtual=True)
        out = backend.open_out(VIRTUAL_NAMES["drums"], virtual=True)
        keys.client.connect("Keys:output", "Latent Bridge In:in")
        keys.client.connect("Latent Bridge Drums:out", "Keys:input")
        keys.to_send = list(MESSAGES)
        for message in MESSAGES:
            out.send(message)
        wait_for_all(heard, len(MESSAGES))
        wait_for_all(keys.heard, len(MESSAGES))
    assert heard == MESSAGES
    assert keys.heard == MESSAGES


def test_arrival_is_stamped_with_monotonic_seconds(jack: JackServer) -> None:
    stamps: list[float] = []
    with Backend.choose("jack") as backend, peer(jack) as keys:
        backend.open_in("Keys", lambda at, _: stamps.append(at))
        before = time.monotonic()
        keys.to_send = [MESSAGES[0]]
        wait_for(lambda: bool(stamps), "a message")
        assert before <= stamps[0] <= time.monotonic()


def test_a_long_sysex_is_dropped_and_what_follows_arrives(jack: JackServer) -> None:
    heard: list[bytes] = []
    with Backend.choose("jack") as backend, peer(jack) as keys:
        backend.open_in("keys", lambda _, m: heard.append(m))
        keys.to_send = [b"\xf0" + b"\x01" * 400 + b"\xf7", MESSAGES[0]]
        wait_for(lambda: bool(heard), "a message")
    assert heard == [MESSAGES[0]]


def test_a_port_that_vanishes_comes_back_by_name(jack: JackServer) -> None:
    heard: list[bytes] = []
    with Backend.choose("jack", poll=0.2) as backend:
        with peer(jack, "Synth") as synth:
            port = backend.open_in("Synth", lambda _, m: heard.append(m))
            out = backend.open_out("Synth")
            assert (port.connected, out.connected) == (True, True)
        wait_for(lambda: not port.connected and not out.connected, "both lost")
        out.send(MESSAGES[0])
        with peer(jack, "Synth") as synth:
            wait_for(lambda: port.connected and out.connected, "both found again")

            def both_ways() -> bool:
                """Again until heard: JACK may lose what is sent while it joins the two."""
                synth.to_send = [] if heard else [MESSAGES[1]]
                if not synth.heard:
                    out.send(MESSAGES[2])
                return bool(heard) and bool(synth.heard)

            wait_for(both_ways, "messages both ways")
            assert set(heard) == {MESSAGES[1]}
            assert set(synth.heard) == {MESSAGES[2]}


def test_our_ports_come_back_when_the_server_does(
    jack: JackServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """And the JACK library writes nothing about it over the screen."""
    with Backend.choose("jack", poll=0.05) as backend:
        out = backend.open_out(VIRTUAL_NAMES["bass"], virtual=True)
        stop_jackd(jack.name, jack.process)
        wait_for(lambda: not out.connected, "the server's end noticed")
        out.send(MESSAGES[0])
        jack.process = start_jackd(jack.name, jack.environment, jack.cycle)
        wait_for(lambda: out.connected, "our port back")
        assert capfd.readouterr().err == ""
        with peer(jack) as keys:
            keys.client.connect("Latent Bridge Bass:out", "Keys:input")
            out.send(MESSAGES[1])
            wait_for(lambda: bool(keys.heard), "a message through the new server")
            assert keys.heard == [MESSAGES[1]]


def test_a_thousand_messages_a_second_lose_nothing(jack: JackServer) -> None:
    """Out and in are ours; they leave at the pace they are given, as fast as the machine lets."""
    count = 2000
    sent = [bytes((0x90 | n % 16, n % 128, 1 + n % 127)) for n in range(count)]
    heard: list[bytes] = []
    with Backend.choose("jack") as backend:
        backend.open_in(VIRTUAL_NAMES["in"], lambda _, m: heard.append(m), virtual=True)
        out = backend.open_out("Latent Bridge In")
        start = time.monotonic()
        for index, message in enumerate(sent):
            time.sleep(max(0.0, start + index / 1000 - time.monotonic()))
            out.send(message)
        wait_for_all(heard, count)
    assert heard == sent


def test_the_last_message_before_closing_gets_out(jack: JackServer) -> None:
    with peer(jack) as keys:
        with Backend.choose("jack") as backend:
            out = backend.open_out("Keys", minimum_gap=0.001)
            for message in MESSAGES:
                out.send(message)
        wait_for_all(keys.heard, len(MESSAGES))
    assert keys.heard == MESSAGES


def test_lists_name_the_other_programs_ports(jack: JackServer) -> None:
    with Backend.choose("jack") as backend, peer(jack):
        assert backend.inputs() == ["Keys:output"]
        assert backend.outputs() == ["Keys:input"]
        with pytest.raises(PortError, match="Keys:output"):
            backend.open_in("Piano", lambda _at, _m: None)


def test_a_message_for_a_lost_port_is_counted_not_raised(jack: JackServer) -> None:
    with Backend.choose("jack", poll=0.05) as backend:
        with peer(jack):
            out = backend.open_out("Keys")
        wait_for(lambda: not out.connected, "lost")
        out.send(MESSAGES[0])
        assert isinstance(out, HardwareOut)
        assert out.dropped == 1
