"""Behind Ardour 7 without a screen: by hand, because its start is flaky.

    pytest tests/integration/byhand_ardour.py -s

It needs ``apt-get install ardour`` and a minute or two; its name keeps it out of the default
runs. The truth is Ardour's own transport, asked while it plays; what happened is printed.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

import pytest
from jackserver import FINE, RATE, JackServer, wait_for
from test_play_jack import Musician, band

from bridge.live.live_session import facts_of
from bridge.model.worker.child import FAKE
from bridge.session import core
from bridge.session.new_session import first_state
from bridge.session.state.events import ClockIn
from bridge.session.state.setup import Setup
from bridge.timing.clock_follower import POSITION_UNITS

pytestmark = pytest.mark.skipif(shutil.which("ardour7-lua") is None, reason="no Ardour 7 here")
CLOCK_OUT = "ardour:MIDI Clock out"
BEAT_SAMPLES = RATE // 2
"""At 120 BPM, the tempo of a new session."""
BAR_SAMPLES = 4 * BEAT_SAMPLES
LOOP = (2 * BAR_SAMPLES, 4 * BAR_SAMPLES)
SUPERCLOCKS = 282_240_000
"""Ardour's unit of time in its files, to a second."""
STARTS = 4
PATIENCE_SECONDS = 60.0
OFF_BEATS = 0.25
"""Asking takes a while: Ardour answers for some period before we read the time."""
CLOCK = 0xF8


class Place(NamedTuple):
    """Ardour's answer: when it came (seconds of JACK), to what, the sample, whether it rolls."""

    at: float
    word: str
    sample: int
    rolling: bool


class Master(Musician):
    """Hears the band and the clock."""

    EARS = ("drums", "bass", "clock")


class Ardour:
    """An Ardour that does what it is told."""

    def __init__(self, folder: Path) -> None:
        self.child = subprocess.Popen(
            ["ardour7-lua", str(Path(__file__).with_name("ardour.lua"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.places: list[Place] = []
        self._lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._write(str(folder))

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self._lines.put(line.strip())

    def _write(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(f"{line}\n")
        self.child.stdin.flush()

    def answer(self, begin: str, seconds: float) -> str:
        """The next line that begins so; raises Empty when none comes."""
        end = time.monotonic() + seconds
        while True:
            line = self._lines.get(timeout=max(0.01, end - time.monotonic()))
            if line.startswith(begin):
                return line

    def tell(self, word: str, now: Callable[[], float], sample: int | None = None) -> Place:
        """Have it do something, or just say where it is."""
        self._write(word if sample is None else f"{word} {sample}")
        _, said, where, rolling = self.answer("done", 10.0).split()
        place = Place(now(), said, int(where), rolling == "true")
        self.places.append(place)
        return place

    def close(self) -> None:
        """End it."""
        self.child.kill()
        self.child.wait()


def new_session(folder: Path) -> Path:
    """A new session with a loop range of two bars, written into its file."""
    subprocess.run(
        ["ardour7-new_empty_session", "-s", str(RATE), str(folder), "song"],
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    file = folder / "song.ardour"
    start, end = (SUPERCLOCKS // RATE * sample for sample in LOOP)
    loop = (
        f'<Locations><Location id="9001" name="Loop" start="a{start}" end="a{end}"'
        ' flags="IsAutoLoop" locked="0"/></Locations>'
    )
    file.write_text(file.read_text().replace("<Locations/>", loop))
    return folder


@pytest.fixture
def ardour(jack: JackServer, tmp_path: Path) -> Iterator[Ardour]:
    """An Ardour on the server that is known to roll; started anew until it does."""
    folder = new_session(tmp_path / "song")
    for number in range(STARTS):
        program = Ardour(folder)
        try:
            program.answer("ready", PATIENCE_SECONDS)
            program.tell("roll", time.monotonic)
            time.sleep(1.5)
            if program.tell("stop", time.monotonic).sample > BEAT_SAMPLES // 2:
                program.tell("locate", time.monotonic, 0)
                program.places.clear()
                print(f"\nArdour rolled at try {number + 1} of {STARTS}")
                yield program
                return
        except (Empty, OSError, ValueError):
            pass
        finally:
            program.close()
    pytest.skip(f"Ardour did not roll in {STARTS} starts")


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_play_stop_locate_and_loop_are_followed_to_the_bar(
    ardour: Ardour, jack: JackServer, tmp_path: Path
) -> None:
    """Whenever it is asked, the place where the band is is Ardour's, to a sixteenth; nothing
    sounds a while after it stops, and all notes are closed."""
    options = (
        "--song-position",
        "clocks",
        "--clock",
        CLOCK_OUT,
        "--in",
        "none",
        "--melody",
        "none",
        "--model",
        "fake",
    )
    with band(
        jack, *options, errors=tmp_path / "err", musician=Master, ports=("Drums", "Bass")
    ) as (player, program):
        assert isinstance(player, Master)
        player.client.connect(CLOCK_OUT, player.ears["clock"])

        def now() -> float:
            return player.client.frame_time / RATE

        def go_on(seconds: float) -> None:
            end = now() + seconds
            while now() < end:
                time.sleep(0.45)
                ardour.tell("where", now)

        silences: list[tuple[float, float]] = []
        time.sleep(1.0)
        for word, sample, seconds in STORY:
            place = ardour.tell(word, now, sample)
            go_on(seconds)
            if not place.rolling and word == "stop":
                silences.append((place.at + 0.3, now()))
        wait_for(lambda: not player.sounding(), "all notes closed")
        program.terminate()
        assert program.wait(10) == 0
    ons = [h.at for h in player.heard_notes() if h.message[0] & 0xF0 == 0x90]
    print(report(player, ardour.places))
    assert len(ons) > 60
    for begin, end in silences:
        assert not [at for at in ons if begin < at < end]
    off = [o for o in beats_off(player, ardour.places) if o is not None]
    assert len(off) > 20
    assert max(abs(o) for o in off) < OFF_BEATS


STORY = (
    ("roll", None, 5.0),
    ("stop", None, 2.0),
    ("roll", None, 3.0),
    ("stop", None, 1.5),
    ("locate", 8 * BAR_SAMPLES + BEAT_SAMPLES, 1.5),
    ("roll", None, 4.0),
    ("locate", 3 * BAR_SAMPLES, 4.0),
    ("stop", None, 1.5),
    ("locate", LOOP[0], 1.0),
    ("loop", None, 11.0),
    ("stop", None, 2.0),
)
SETTLE_SECONDS = 0.8
"""After a word, and after the loop's wrap, so long may pass before the place counts."""


def beats_off(player: Musician, places: list[Place]) -> list[float | None]:
    """For each answer while rolling, our place less Ardour's in beats; None where it does not
    count. Ours is that of a session that hears the clock that the player heard."""
    wire = [h for h in player.heard if h.port == "clock"]
    state = first_state(Setup(clock="Ardour", clock_unit=POSITION_UNITS["clocks"]), facts_of(FAKE))
    told = -1e9
    found: list[float | None] = []
    for place in places:
        while wire and wire[0].at <= place.at:
            heard = wire.pop(0)
            state, _ = core.step(state, ClockIn(heard.at, heard.message))
            if heard.message[0] != CLOCK:
                told = heard.at
        told = place.at if place.word != "where" else told
        if not place.rolling or place.at - told < SETTLE_SECONDS:
            found.append(None)
        else:
            found.append(state.clock.line.beat_at(place.at) - place.sample / BEAT_SAMPLES)
    return found


def report(player: Musician, places: list[Place]) -> str:
    """What Ardour said on the wire, and where it and we were."""
    lines, clocks, last = ["", "the wire:"], 0, 0.0
    for heard in player.heard:
        if heard.port != "clock":
            continue
        if heard.message[0] == CLOCK:
            clocks, last = clocks + 1, heard.at
        else:
            since = heard.at - last
            lines.append(f"  {heard.at:9.3f}  {heard.message.hex()}  {clocks} clocks, {since:.4f}")
    lines.append("places (beats) and ours less Ardour's:")
    for place, off in zip(places, beats_off(player, places), strict=True):
        beat = place.sample / BEAT_SAMPLES
        lines.append(f"  {place.at:9.3f}  {place.word:<7}{beat:8.2f} {place.rolling!s:<6}{off}")
    return "\n".join(lines)
