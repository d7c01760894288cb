"""The program as a musician has it: keys into its input, drums and bass out, through JACK."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from interrupts import answer_to_ctrl_c
from jackserver import FINE, PATIENCE, RATE, JackServer, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("each_driver")]
jacklib = pytest.importorskip(
    "jack", reason="needs JACK-Client: pip install 'latent-bridge[integration]'"
)

BPM = 120.0
STEP = 60 / BPM / 4
TUNE = (60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 60, 64, 67, 72)


class Heard(NamedTuple):
    """One message as JACK delivered it, in seconds of JACK's own clock."""

    at: float
    port: str
    message: bytes


class Musician:
    """A JACK client that plays keys and writes down, with frame offsets, what the band plays."""

    EARS: tuple[str, ...] = ("drums", "bass")

    def __init__(self, server: str) -> None:
        self.client = jacklib.Client("Musician", servername=server, no_start_server=True)
        self.keys = self.client.midi_outports.register("keys")
        self.ears = {n: self.client.midi_inports.register(n) for n in self.EARS}
        self.heard: list[Heard] = []
        self._playing: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        now = self.client.last_frame_time
        for name, port in self.ears.items():
            for offset, data in port.incoming_midi_events():
                self.heard.append(Heard((now + offset) / RATE, name, bytes(data)))
        self.keys.clear_buffer()
        waiting, self._playing = self._playing, []
        for message in waiting:
            self.keys.write_midi_event(0, message)

    def play(self, pitch: int, seconds: float) -> None:
        """Press a key for a time."""
        self._playing.append(bytes((0x90, pitch, 100)))
        time.sleep(seconds)
        self._playing.append(bytes((0x80, pitch, 0)))

    def connect(self, roles: tuple[str, ...]) -> None:
        """Wire ourselves to the program's ports, once they are all there."""
        wait_for(lambda: all(self._find(role) for role in roles), "the ports")
        for role in roles:
            if role == "In":
                self.client.connect(self.keys, self._find(role))
            else:
                self.client.connect(self._find(role), self.ears[role.lower()])

    def _find(self, role: str) -> object | None:
        found = self.client.get_ports(f"Latent Bridge {role}", is_midi=True)
        return found[0] if found else None

    def close(self) -> None:
        """Leave JACK."""
        self.client.deactivate()
        self.client.close()

    def heard_notes(self) -> list[Heard]:
        """Note-ons and offs of the band."""
        return [h for h in self.heard if h.port != "clock"]

    def ons(self, port: str) -> list[Heard]:
        """The note-ons on a port."""
        return [h for h in self.heard if h.port == port and h.message[0] & 0xF0 == 0x90]

    def sounding(self) -> set[tuple[str, int, int]]:
        """What is on and was never turned off."""
        on: set[tuple[str, int, int]] = set()
        for heard in self.heard_notes():
            status, pitch, velocity = (*heard.message, 0, 0)[:3]
            key = (heard.port, status & 0x0F, pitch)
            if status & 0xF0 == 0x90 and velocity:
                on.add(key)
            elif status & 0xF0 in (0x80, 0x90):
                on.discard(key)
        return on


@contextmanager
def band(
    jack: JackServer,
    *options: str,
    errors: Path,
    musician: type[Musician] = Musician,
    ports: tuple[str, ...] = ("In", "Drums", "Bass"),
) -> Iterator[tuple[Musician, subprocess.Popen[bytes]]]:
    """``latent-bridge play --headless`` on the server, and a musician wired to it."""
    command = [sys.executable, "-m", "bridge", "play", "--headless", "--bpm", f"{BPM:g}"]
    exact = ["--set", "humanize=0", "--set", "swing=0"]
    player = musician(jack.name)
    with errors.open("wb") as stderr:
        program = subprocess.Popen(
            [*command, *exact, *options], stderr=stderr, preexec_fn=answer_to_ctrl_c
        )
        try:
            player.connect(ports)
            wait_for(lambda: b": ready" in errors.read_bytes(), "the model", 2 * PATIENCE)
            yield player, program
        finally:
            if program.poll() is None:
                program.kill()
            program.wait()
            player.close()


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_a_tune_played_in_gives_drums_and_bass_on_the_grid(
    jack: JackServer, tmp_path: Path
) -> None:
    """The first key is bar 0; every hit lies on a 16th of the program's clock to within a
    JACK period and a few milliseconds, and Ctrl+C leaves no note sounding."""
    with band(jack, "--model", "trio-4bar", errors=tmp_path / "err") as (musician, program):
        for pitch in TUNE:
            musician.play(pitch, 60 / BPM)
        program.send_signal(signal.SIGINT)
        assert program.wait(PATIENCE) == 0
        wait_for(lambda: not musician.sounding(), "all notes closed")
        drums, bass = musician.ons("drums"), musician.ons("bass")
        assert len(drums) >= 8
        assert len(bass) >= 3
        assert {h.message[0] & 0x0F for h in drums} == {9}
        start = drums[0].at
        errors = [(h.at - start + STEP / 2) % STEP - STEP / 2 for h in drums + bass]
        assert max(abs(e) for e in errors) < jack.cycle.frames / RATE + 0.010


def test_hammered_keys_and_floods_leave_nothing_sounding(jack: JackServer, tmp_path: Path) -> None:
    """A thousand keys, never released, and long sysex: the band goes on, all is closed."""
    with band(jack, "--model", "fake", errors=tmp_path / "err") as (musician, program):
        for burst in range(100):
            musician._playing += [bytes((0x90, 30 + (burst + k) % 60, 100)) for k in range(10)]
            if burst % 10 == 0:
                musician._playing.append(bytes((0xF0, *[1] * 200, 0xF7)))
            time.sleep(0.01)
        count = len(musician.ons("drums"))
        wait_for(lambda: len(musician.ons("drums")) > count + 4, "the band going on")
        program.terminate()
        assert program.wait(PATIENCE) == 0
        wait_for(lambda: not musician.sounding(), "all notes closed")


def test_killing_the_model_worker_stops_no_music(jack: JackServer, tmp_path: Path) -> None:
    """kill -9 of the worker: the groove goes on, and a new worker comes."""
    options = ("--model", "fake", "--start", "now")
    with band(jack, *options, errors=tmp_path / "err") as (musician, program):
        wait_for(lambda: len(musician.ons("drums")) > 4, "the band")
        workers = subprocess.run(
            ["pkill", "-KILL", "-P", str(program.pid), "-f", "bridge.model.worker.child"],
            check=False,
        )
        assert workers.returncode == 0
        count = len(musician.ons("drums"))
        wait_for(lambda: len(musician.ons("drums")) > count + 16, "the band going on")
        wait_for(lambda: (tmp_path / "err").read_bytes().count(b": ready") >= 2, "a new worker")
        gaps = [b.at - a.at for a, b in pairwise(musician.ons("drums"))]
        assert max(gaps) < 60 / BPM * 2
        program.terminate()
        assert program.wait(PATIENCE) == 0
        wait_for(lambda: not musician.sounding(), "all notes closed")
