"""``latent-bridge clock``: what it writes, and that its digits stay in their places."""

from __future__ import annotations

import json
from queue import SimpleQueue

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.app import app
from bridge.cli.machine import clock as cli
from bridge.errors import PortError
from bridge.midi.ports import MemoryIn, Receiver
from bridge.midi.rtmidi_ports import Backend
from bridge.session.messages.status import ClockStatus
from bridge.session.sync.clock_status import ClockListener

START, CONTINUE, STOP, CLOCK = (bytes((b,)) for b in (0xFA, 0xFB, 0xFC, 0xF8))
PERIOD = 60 / 120 / 24


def story() -> list[tuple[float, bytes]]:
    """Four seconds of clock at 120 BPM, with a transport."""
    out = [(0.0005, START), *((k * PERIOD + 0.001, CLOCK) for k in range(192))]
    out += [(4.1, STOP), (4.2, b"\xf2\x44\x00"), (4.3, CONTINUE), (4.4, b"\x90\x30\x40")]
    return out


def heard_all() -> ClockListener:
    ear = ClockListener()
    for at, message in story():
        ear = ear.hear(at, message)
    return ear


class System:
    """A MIDI system whose input plays the story at once."""

    name = "memory"

    def __init__(self, messages: list[tuple[float, bytes]]) -> None:
        self.messages = messages

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None: ...

    def open_in(self, name: str, receiver: Receiver, *, virtual: bool) -> MemoryIn:
        port = MemoryIn(name, receiver)
        for at, message in self.messages:
            port.feed(at, message)
        return port


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    made = System(story())
    monkeypatch.setattr(Backend, "choose", lambda *_: made)
    return made


def test_the_end_is_one_json_object(system: System) -> None:
    done = CliRunner().invoke(app, ["clock", "DAW", "--json", "--seconds", "0.05"])
    assert done.exit_code == 0
    facts = json.loads(done.stdout)
    assert facts["port"] == "DAW"
    assert facts["bpm"] == pytest.approx(120.0)
    assert (facts["missed"], facts["doubled"]) == (0, 0)
    assert facts["jitter_sd_ms"] == pytest.approx(0.0, abs=1e-3)
    assert facts["said"] == ["start 1.1.1", "stop 3.1.1", "song position 5.2.1", "continue 5.2.1"]


def test_no_clock_at_all_is_an_error_with_what_to_do(system: System) -> None:
    system.messages = []
    done = CliRunner().invoke(app, ["clock", "DAW", "--seconds", "0"])
    assert isinstance(done.exception, PortError)
    assert "switch MIDI clock" in str(done.exception)


def test_a_port_must_be_named() -> None:
    done = CliRunner().invoke(app, ["clock"])
    assert done.exit_code == 2
    assert "--virtual" in done.output


def test_a_terminal_gets_one_line_again_and_again() -> None:
    """Transport messages stay above it."""
    out: list[str] = []
    show = cli.Show(silent=False, terminal=True, write=out.append)
    ear = ClockListener()
    for at, message in story():
        ear = ear.hear(at, message)
        show(ear, at)
    show.end()
    text = "".join(out)
    assert text.count("\n") == 4 + 1
    assert [line.split("  ")[-1] for line in text.split("\n") if ":" in line] == [
        "start 1.1.1", "stop 3.1.1", "song position 5.2.1", "continue 5.2.1",
    ]  # fmt: skip
    assert "120.00 bpm" in text.split("\r")[-1]
    assert text.count("\r") < 30


def test_a_file_gets_a_line_a_second() -> None:
    out: list[str] = []
    show = cli.Show(silent=False, terminal=False, write=out.append)
    ear = heard_all()
    for k in range(40):
        show(ear, k * 0.1)
    assert sum("bpm" in text for text in out) == 4
    assert not any("\r" in text or "\x1b" in text for text in out)


def test_a_clock_that_comes_twice_is_said_once() -> None:
    """On a line of its own, with what to do."""
    out: list[str] = []
    show = cli.Show(silent=False, terminal=True, write=out.append)
    ear = ClockListener()
    for k in range(96):
        for late in (0.0, 0.001):
            ear = ear.hear(k * PERIOD + late, CLOCK)
            show(ear, k * PERIOD + late)
    assert sum("the clock comes twice" in text for text in out) == 1
    assert "120.00 bpm" in "".join(out).split("\r")[-1]


def test_listening_ends_when_the_time_is_up() -> None:
    heard: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    heard.put((0.0, CLOCK))
    now = iter(range(100))
    show = cli.Show(silent=True, terminal=False)
    ear = cli.listen(heard, show, 5, clock=lambda: float(next(now)))
    assert ear.meter.clocks == 1
    assert ear.status().lost


def test_a_clock_that_stays_away_is_said_to_be_lost() -> None:
    assert heard_all().at(4.3).status().lost is False
    assert heard_all().at(4.9).status().lost is True
    assert "lost" in cli.line(heard_all().at(4.9).status())


def test_a_master_that_has_said_nothing_yet_may_run_already() -> None:
    """Whoever listens in the middle of a song hears clocks only."""
    ear = ClockListener()
    for number in range(50):
        ear = ear.hear(number / 48, CLOCK)
    assert cli.line(ear.status()).rstrip().endswith("unknown")
    assert cli.line(ear.hear(2.0, b"\xfc").status()).rstrip().endswith("stopped")


known = st.none() | st.floats(0, 999)


@given(
    st.builds(
        ClockStatus,
        bpm=st.floats(0, 999),
        jitter_sd_ms=known,
        jitter_p99_ms=known,
        drift_ppm=st.none() | st.floats(-99_999, 99_999),
        missed=st.integers(0, 9999),
        motion=st.sampled_from(["stopped", "armed", "running", "unknown"]),
        lost=st.booleans(),
    )
)
def test_digits_stay_in_their_places(status: ClockStatus) -> None:
    text = cli.line(status)
    assert len(text) == len(cli.line(ClockStatus()))
    assert len(text) < 100
    assert text.index("jitter") == cli.line(ClockStatus()).index("jitter")
