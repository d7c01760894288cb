"""OSC over UDP: datagrams on this machine, in and out."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.app import main
from bridge.errors import ExtraMissing, PortError
from bridge.live.devices.osc_server import LOOPBACK, HostAndPort, Osc, place_of
from bridge.live.live_session import facts_of
from bridge.model.worker.child import FAKE
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup

builder = pytest.importorskip("pythonosc.osc_message_builder")


def datagram(address: str, *values: object) -> bytes:
    message = builder.OscMessageBuilder(address)
    for value in values:
        message.add_arg(value)
    return bytes(message.build().dgram)


class Ends:
    """Our end, and the other program's."""

    def __init__(self) -> None:
        self.state: State = first_state(Setup(), facts_of(FAKE))
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other.bind((LOOPBACK, 0))
        self.other.settimeout(60.0)
        self.told: list[m.Command] = []
        self.said: list[str] = []
        port = self.other.getsockname()[1]
        self.osc = Osc(
            None,
            HostAndPort(LOOPBACK, port),
            lambda: self.state,
            self.told.append,
            self.said.append,
        )

    def came(self) -> dict[str, object]:
        """The messages that the other program received, up to a given last one."""
        from pythonosc.osc_packet import OscPacket

        found: dict[str, object] = {}
        while "/latent/message" not in found:
            for timed in OscPacket(self.other.recv(65536)).messages:
                found[timed.message.address] = timed.message.params[0]
        return found


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    both.osc.close()
    both.other.close()


def test_a_datagram_moves_a_target(ends: Ends) -> None:
    ends.osc.take(datagram("/latent/swing", 0.25), 0.0)
    ends.osc.take(datagram("/latent/volume_drums", 0.5), 0.0)
    assert ends.told == [m.MoveTarget("swing", 0.25), m.MoveTarget("volume drums", 0.5)]


def test_a_wrong_address_is_said_once(ends: Ends) -> None:
    for _ in range(3):
        ends.osc.take(datagram("/latent/swong", 0.25), 0.0)
    assert len(ends.said) == 1
    assert "did you mean '/latent/swing'" in ends.said[0]
    assert ends.told == []


def test_a_former_name_of_a_target_works_and_the_hint_is_said_once(ends: Ends) -> None:
    for _ in range(3):
        ends.osc.take(datagram("/latent/back", 1.0), 0.0)
    assert ends.told == [m.MoveTarget("previous sample", 1.0)] * 3
    assert ends.said == ["the target 'back' is called 'previous sample' now"]


def test_the_values_go_out_and_again_when_they_are_asked_for(ends: Ends) -> None:
    ends.osc.turn(0.0)
    found = ends.came()
    assert found["/latent/swing"] == pytest.approx(ends.state.band.control("swing"), abs=1e-6)
    assert found["/latent/style/now"] == ends.state.band.style
    ends.osc.turn(1.0)
    ends.osc.take(datagram("/latent/refresh"), 1.0)
    ends.osc.turn(1.0)
    assert ends.came() == found


def test_bytes_that_are_no_osc_do_nothing(ends: Ends) -> None:
    rng = random.Random(3)
    good = datagram("/latent/swing", 0.25)
    for _ in range(500):
        cut = good[: rng.randrange(len(good))] + rng.randbytes(rng.randrange(12))
        ends.osc.take(cut if rng.random() < 0.5 else rng.randbytes(rng.randrange(64)), 0.0)
    assert all(isinstance(command, m.MoveTarget | m.SetControl) for command in ends.told)


def test_it_listens_on_this_machine_alone_unless_told_otherwise(ends: Ends) -> None:
    ends.osc.start()
    assert ends.osc.port > 0
    assert place_of("9000") == HostAndPort("127.0.0.1", 9000)
    assert place_of("0.0.0.0:9000") == HostAndPort("0.0.0.0", 9000)


@pytest.mark.parametrize("text", ["", "nine", "host:", ":1", "1:2:3", "70000", "0", "a b:1"])
def test_what_is_no_place_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        place_of(text)
    assert main(["play", "--osc", text or " "]) == 2
    assert "HOST:PORT" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(ends: Ends) -> None:
    taken = HostAndPort(LOOPBACK, ends.other.getsockname()[1])
    with pytest.raises(PortError, match="cannot listen"):
        Osc(taken, None, lambda: ends.state, ends.told.append, ends.said.append)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pythonosc.osc_packet", None)
    with pytest.raises(ExtraMissing, match=r"latent-bridge\[osc\]"):
        Osc(None, None, lambda: first_state(Setup(), facts_of(FAKE)), print, print)


GARBAGE = """
import logging, random, struct, sys
from pathlib import Path
from bridge.live.devices.osc_server import Osc
from bridge.live.live_session import facts_of
from bridge.model.worker.child import FAKE
from bridge.session.new_session import first_state
from bridge.session.state.setup import Setup
from bridge.system.program_log import diverted

state, told, said, rng = first_state(Setup(), facts_of(FAKE)), [], [], random.Random(1)
osc = Osc(None, None, lambda: state, told.append, said.append)
impulse = b"/latent/swing\\0\\0\\0,I\\0\\0"
torn = b"#bundle\\0" + bytes(8) + struct.pack(">i", 4) + b"x\\0\\0\\0"
unknown = [b"/latent/a%d\\0\\0,f\\0\\0" % n + bytes(4) for n in range(10, 99)]
with diverted(screen=sys.argv[1] == "screen", path=Path(sys.argv[2])):
    for n in range(1000):
        cut = impulse[: rng.randrange(len(impulse))] + rng.randbytes(rng.randrange(12))
        for datagram in (impulse, torn, cut, rng.choice(unknown), b"x"):
            osc.take(datagram, n / 1000)
osc.close()
assert len(said) <= 4, said
"""


@pytest.mark.parametrize(("kind", "lines"), [("screen", 0), ("headless", 1)])
def test_a_flood_of_garbage_writes_nothing_on_the_screens_terminal(
    kind: str, lines: int, tmp_path: Path
) -> None:
    """In a process of its own: the test runner has handlers of its own for what is logged."""
    run = [sys.executable, "-c", GARBAGE, kind, str(tmp_path / "screen.log")]
    found = subprocess.run(run, capture_output=True, text=True, check=False, timeout=300)
    assert found.returncode == 0, found.stderr
    assert found.stdout == ""
    assert len(found.stderr.splitlines()) == lines, found.stderr
    assert (tmp_path / "screen.log").exists() is (kind == "screen")
