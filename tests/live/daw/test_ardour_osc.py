"""Ardour's transport by OSC, against a stand-in that sends its feedback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridge.live.daw.ardour import Ardour, ArdourTransport
from bridge.live.daw.ardour_mcp import ArdourMcp
from bridge.live.daw.clips import ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed


class FakeOsc:
    """Answers ``/set_surface`` with the state of the transport, to where it came from."""

    def __init__(self) -> None:
        self.feedback = [
            ("/transport_play", 1.0),
            ("/loop_toggle", 0),
            ("/position/bbt", "012|03|0960"),
        ]
        self.asked: list[list[object]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(65536)
            if data == b"end":
                return
            message = OscPacket(data).messages[0].message
            self.asked.append([message.address, *message.params])
            for address, value in self.feedback:
                builder = OscMessageBuilder(address)
                builder.add_arg(value)
                self._socket.sendto(builder.build().dgram, sender)

    def close(self) -> None:
        self._socket.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join(2)
        self._socket.close()


class Script:
    """Our script in Ardour; ``why``: it does not run."""

    def __init__(self, why: str = "") -> None:
        self.why = why

    def position(self) -> DawPosition:
        if self.why:
            raise DawError(self.why)
        return DawPosition(False, 97.5, 9.0, 3, 2.0, 3, 4, loop=(4.0, 10.0))

    def markers(self) -> tuple[DawMarker, ...]:
        return ()

    def print_clips(self, clips: ClipSet) -> Printed:
        return Printed(clips.name, "bar 1", ("1",))

    def undo(self, printed: Printed) -> str:
        return "undone"


@pytest.fixture
def osc() -> Iterator[FakeOsc]:
    fake = FakeOsc()
    yield fake
    fake.close()


def ardour(script: Script, port: int) -> Ardour:
    return Ardour(script, ArdourMcp("http://127.0.0.1:1/mcp"), ArdourTransport(port))


def test_transport_and_bar_come_by_osc_tempo_and_metre_from_the_script(osc: FakeOsc) -> None:
    daw = ardour(Script(), osc.port)
    where = daw.position()
    assert osc.asked == [["/set_surface", 0, 0, 56, 0]]
    assert (where.playing, where.bar, where.bar_beat, where.loop) == (True, 12, 3.5, None)
    assert (where.tempo, where.signature) == (97.5, "3/4")
    daw.close()


def test_a_loop_that_is_on_has_the_range_of_the_script(osc: FakeOsc) -> None:
    osc.feedback = [("/loop_toggle", 1)]
    daw = ardour(Script(), osc.port)
    assert daw.position().loop == (4.0, 10.0)
    daw.close()


def test_without_a_script_osc_alone_gives_the_bar(osc: FakeOsc) -> None:
    daw = ardour(Script("no script"), osc.port)
    where = daw.position()
    assert (where.playing, where.bar, where.tempo, where.signature) == (True, 12, 0.0, "")
    daw.close()


def test_nonsense_by_osc_changes_nothing(osc: FakeOsc) -> None:
    osc.feedback = [("/position/bbt", "soon"), ("/transport_play", "yes"), ("/strip/x", 3)]
    daw = ardour(Script(), osc.port)
    assert daw.position() == Script().position()
    daw.close()


def test_without_osc_the_script_is_enough() -> None:
    daw = ardour(Script(), 9)
    assert daw.position() == Script().position()
    daw.close()
