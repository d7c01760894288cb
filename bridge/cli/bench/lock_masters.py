"""Real clock masters on a JACK server of our own, each with a story of start, stop and jumps."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.cli.bench.lock_grid import Stretch, WireMessage, stretches
from bridge.errors import BridgeError, ExtraMissing
from bridge.live.daw.osc_peer import OscPeer
from bridge.live.devices.ableton_link import LinkChange, Peer, prepare
from bridge.music.grid import CLOCKS_PER_BEAT

RATE: Final = 48_000
PATIENCE: Final = 40.0
TEMPO_MAP: Final = "8 4/4 120\n4 4/4 140\n60 3/4 150\n"
"""klick's: bars, metre, tempo."""
ENDING_SECONDS: Final = 5.0
READ_SECONDS: Final = 0.1
"""Time between two readings of JACK's time."""
SUPERCLOCKS: Final = 282_240_000
"""Ardour's unit of time in its files, to a second."""
LOOP_SECONDS: Final = (4.0, 8.0)
"""Ardour's loop: bars 3 and 4 at 120 BPM."""
BAND: Final = (
    "play", "--headless", "--in", "none", "--melody", "none", "--bass", "none", "--model", "fake",
    "--set", "humanize=0", "--set", "swing=0", "--set", "fills=0", "--set", "temperature=0",
)  # fmt: skip


class AbsentError(BridgeError):
    """A master is not on this machine, or did not start."""


class Ears:
    """A JACK client that notes what it hears on ``drums``, ``clock`` and ``clock out``, with the
    frame of each message, and works JACK's transport. ``gaps`` are the cycles that it missed, from
    second to second: one written in Python does so where the machine is busy."""

    def __init__(self, server: str) -> None:
        try:
            import jack
        except ImportError as error:
            raise ExtraMissing("JACK-Client", "integration", "bench lock") from error
        self._refused = jack.JackError
        self.client: Any = jack.Client("Lock Ears", servername=server, no_start_server=True)
        names = ("drums", "clock", "clock out")
        self._ports = {n: self.client.midi_inports.register(n) for n in names}
        self.heard: dict[str, list[WireMessage]] = {n: [] for n in names}
        self.gaps: list[tuple[float, float]] = []
        self._next = 0
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        now = self.client.last_frame_time
        if self._next and now > self._next:
            self.gaps.append((self._next / RATE, now / RATE))
        self._next = now + frames
        for name, port in self._ports.items():
            for offset, data in port.incoming_midi_events():
                self.heard[name].append(WireMessage((now + offset) / RATE, bytes(data)))

    @property
    def now(self) -> float:
        """The time, in JACK's seconds."""
        return float(self.client.frame_time) / RATE

    def connect(self, source: str, ear: str) -> None:
        """Wire the output port whose name holds ``source`` to an ear. AbsentError if none comes."""
        self.wait(lambda: self._connected(source, ear), f"the port {source}")

    def _connected(self, source: str, ear: str) -> bool:
        """Try to wire a port to an ear; False while it is not there, or not active yet."""
        found = self.client.get_ports(source, is_midi=True, is_output=True)
        with contextlib.suppress(self._refused):
            if found:
                self.client.connect(found[0], self._ports[ear])
                return True
        return False

    def source_of(self, ear: str) -> str:
        """The name of the port that an ear is wired to."""
        return str(self.client.get_all_connections(self._ports[ear])[0].name)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something holds. AbsentError if it takes too long."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise AbsentError(f"waited in vain for {what}")
            time.sleep(0.05)

    def grid(self, clocks_per_unit: int = 6) -> list[Stretch]:
        """The stretches of the master that were heard from their first clock on."""
        return stretches(self.heard["clock"], clocks_per_unit, self.gaps)

    def close(self) -> None:
        """Leave JACK."""
        self.client.deactivate()
        self.client.close()


@dataclass(frozen=True)
class Studio:
    """A JACK server with our ears on it, a folder for files, and ``stack`` for what is started."""

    server: str
    ears: Ears
    folder: Path
    stack: ExitStack

    def start(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a program, which is ended with the studio."""
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL, **(quiet | options))
        self.stack.callback(end, child)
        return child

    def band(self, *options: str, places: bool = True) -> None:
        """Start the band, and wait until its model answers and its ports are heard: with
        ``places`` its clock too, which tells its places in the song."""
        leading = ("--clock-out", "virtual") if places else ()
        said = self.folder / "said"
        with said.open("wb") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "bridge", *BAND, *leading, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        self.stack.callback(end, child)
        self.ears.connect("Latent Bridge Drums", "drums")
        if places:
            self.ears.connect("Latent Bridge Clock Out", "clock out")
        self.ears.wait(lambda: b": ready" in said.read_bytes(), "the model")
        time.sleep(1.0)  # the first bar is made


def end(child: subprocess.Popen[Any]) -> None:
    """End a program that we started."""
    child.terminate()
    try:
        child.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def studio(frames: int) -> Iterator[Studio]:
    """A JACK server with the dummy driver and periods of ``frames``. AbsentError without jackd."""
    if shutil.which("jackd") is None or shutil.which("jack_wait") is None:
        raise AbsentError(
            "bench lock needs a JACK server: apt-get install jackd2 jack-midi-clock klick"
        )
    name = f"lock{secrets.token_hex(4)}"
    variables = {
        "JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1", "LATENT_BRIDGE_MIDI": "jack",
        "JACK_NO_AUDIO_RESERVATION": "1",
    }  # fmt: skip
    before = {key: os.environ.get(key) for key in variables}
    os.environ.update(variables)
    with ExitStack() as stack:
        stack.callback(_restore, before)
        stack.callback(gc.enable)
        gc.disable()  # a collection takes several cycles of JACK's
        options = f"--port-max 128 -d dummy -r {RATE} -p {frames}".split()
        server = subprocess.Popen(
            ["jackd", "--realtime", "--name", name, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        stack.callback(end, server)
        waited = subprocess.run(["jack_wait", "-s", name, "-w", "-t", "10"], capture_output=True)
        if b"not" in waited.stdout:
            raise AbsentError("jackd does not start here")
        ears = Ears(name)
        stack.callback(ears.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs = stack.enter_context(ExitStack())
        yield Studio(name, ears, folder, programs)


def _restore(before: dict[str, str | None]) -> None:
    for key, value in before.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value


# --- masters ------------------------------------------------------------------------------


def jack_midi_clock(room: Studio, seconds: float) -> list[Stretch]:
    """``jack_midi_clock`` behind JACK's transport, with klick's tempo map: start, stop, a
    relocation, and jumps back while it runs, as a loop makes them."""
    _needed("jack_midi_clock", "klick")
    (room.folder / "map").write_text(TEMPO_MAP)
    room.start("klick", "-T", "-c", "0", "-f", str(room.folder / "map"))
    room.start("jack_midi_clock")
    room.ears.connect("jack_midi_clock", "clock")
    room.band("--clock", "jack_midi_clock")
    transport = room.ears.client
    room.ears.wait(lambda: transport.transport_query()[1].get("beats_per_minute") == 120.0, "klick")
    part = seconds / 6
    transport.transport_start()
    time.sleep(1.5 * part)
    transport.transport_stop()
    time.sleep(part / 4)
    transport.transport_frame = round(13.6 * RATE)
    time.sleep(0.3)
    transport.transport_start()
    time.sleep(2 * part)
    for _ in range(2):
        transport.transport_frame = 8 * RATE
        time.sleep(part)
    transport.transport_stop()
    time.sleep(0.5)
    return room.ears.grid()


def ardour(room: Studio, seconds: float) -> list[Stretch]:
    """Ardour 7 without a screen: roll, stop, locate, a tempo and a metre on the way, its loop."""
    _needed("ardour7-lua", "ardour7-new_empty_session")
    child = _rolling_ardour(room)
    room.ears.connect("ardour:MIDI Clock out", "clock")
    room.band("--clock", "ardour:MIDI Clock out", "--song-position", "clocks")
    room.ears.heard["clock"].clear()
    part = seconds / 6
    for words, pause in (("locate 0", 0.5), ("roll", 2 * part), ("stop", 0.8), ("locate 24", 0.8),
                         ("roll", 2 * part), ("stop", 0.8), ("locate 8", 0.5),
                         ("loop", 2 * part), ("stop", 0.5)):  # fmt: skip
        _tell(child, words)
        time.sleep(pause)
    return room.ears.grid(clocks_per_unit=1)


def _rolling_ardour(room: Studio, tries: int = 4) -> subprocess.Popen[str]:
    """An Ardour that is known to roll: its start behind jackd is not sure. AbsentError after
    a few."""
    session = room.folder / "song"
    subprocess.run(["ardour7-new_empty_session", "-s", str(RATE), str(session), "song"],
                   check=True, capture_output=True, timeout=PATIENCE)  # fmt: skip
    file = session / "song.ardour"
    begin, finish = (round(SUPERCLOCKS * second) for second in LOOP_SECONDS)
    loop = (f'<Locations><Location id="9001" name="Loop" start="a{begin}" end="a{finish}" '
            'flags="IsAutoLoop" locked="0"/></Locations>')  # fmt: skip
    file.write_text(file.read_text().replace("<Locations/>", loop))
    script = str(Path(__file__).with_name("lock_ardour.lua"))
    for _ in range(tries):
        child: subprocess.Popen[str] = room.start(
            "ardour7-lua", script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{session}\n")
        child.stdin.flush()
        with contextlib.suppress(OSError, ValueError):
            while not (line := child.stdout.readline()).startswith("ready"):
                if not line:
                    raise ValueError("it ended")
            _tell(child, "roll")
            time.sleep(1.5)
            if _tell(child, "stop") > RATE // 4:
                return child
        end(child)
    raise AbsentError(f"Ardour did not roll in {tries} starts")


def _tell(child: subprocess.Popen[str], words: str) -> int:
    """Have Ardour do something; the sample that it is at."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{words}\n")
    child.stdin.flush()
    while not (line := child.stdout.readline()).startswith("done"):
        if not line:
            raise ValueError("Ardour ended")
    return int(line.split()[1])


def link_peer(room: Studio, seconds: float) -> list[Stretch]:
    """Another Link peer: it starts, changes the tempo twice, stops, and starts again."""
    if importlib.util.find_spec("link") is None:
        raise AbsentError("no Link here: pip install 'latent-bridge[link]'")
    peer = prepare(120.0)
    time.sleep(peer.wait)
    peer.enter()
    room.stack.callback(peer.close)
    room.band("--link")
    room.ears.wait(lambda: peer.read().peers > 0, "the other peer")
    grid: list[Stretch] = []
    for number, bpms in enumerate(((120.0, 140.0), (97.0, 97.0)), 1):
        peer.do(LinkChange(number, time.monotonic(), play=True, bpm=bpms[0]))
        time.sleep(1.0)
        for bpm in bpms:
            if bpm != peer.read().line.bpm:
                peer.do(LinkChange(number, time.monotonic(), bpm=bpm))
            grid.append(_link_stretch(room.ears, peer, seconds / 4))
        peer.do(LinkChange(number, time.monotonic(), play=False))
        time.sleep(1.0)
    return grid


def _link_stretch(ears: Ears, peer: Peer, seconds: float) -> Stretch:
    """The clocks that a Link peer's beat would be, for a time from now on, in JACK's seconds,
    which are read all the while: JACK's time slips where the machine is busy."""
    time.sleep(0.1)
    line = peer.read().line
    read: list[tuple[float, float]] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        read.append((time.monotonic(), ears.now))
        time.sleep(READ_SECONDS)
    first = int(line.beat_at(read[0][0]) * CLOCKS_PER_BEAT) + 1
    count = int(seconds / line.seconds_per_beat * CLOCKS_PER_BEAT)
    seconds_of = [line.second_at((first + k) / CLOCKS_PER_BEAT) for k in range(count)]
    ours, jacks = zip(*read, strict=True)
    return Stretch(first, [float(at) for at in np.interp(seconds_of, ours, jacks)])


def own_sender(room: Studio, seconds: float) -> list[Stretch]:
    """Our own clock through real ports: one band leads, told by OSC, and another follows it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    room.start(
        sys.executable, "-m", "bridge", *BAND, "--drums", "none", "--clock-out", "virtual",
        "--osc", str(port),
    )  # fmt: skip
    room.ears.connect("Latent Bridge Clock Out", "clock")
    leader = OscPeer("the leading band", port)
    room.stack.callback(leader.close)
    room.band("--clock", room.ears.source_of("clock"), places=False)
    part = seconds / 4
    for address, value, pause in (("start", 1.0, part), ("value", 140.0, part), ("stop", 1.0, 1.0),
                                  ("value", 97.0, 0.5), ("start", 1.0, 2 * part),
                                  ("stop", 1.0, 0.5)):  # fmt: skip
        arguments: Sequence[str | float] = ("tempo", value) if address == "value" else (value,)
        leader.send(f"/latent/{address}", *arguments)
        time.sleep(pause)
    return room.ears.grid()


def _needed(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise AbsentError(f"no {', '.join(missing)} here")


MASTERS: Final[dict[str, Callable[[Studio, float], list[Stretch]]]] = {
    "jack_midi_clock": jack_midi_clock,
    "Ardour": ardour,
    "Link peer": link_peer,
    "our sender": own_sender,
}
"""Name -> plays the story, and returns the master's grid."""
