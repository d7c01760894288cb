"""Behind a clock that nobody here wrote: ``jack_midi_clock``, led by JACK's transport."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from jackpeers import Line, attentive, echo, line_of, needed, numbered, running
from jackserver import FINE, PATIENCE, RATE, JackServer, wait_for
from test_play_jack import BPM, Heard, Musician, band

pytestmark = needed("jackd", "jack_midi_clock", "klick")
CLOCK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
MASTER = "jack_midi_clock"
BEYOND = 0.001
"""By so much (sd) our notes may be less steady than JACK with its periods is by itself."""
FOLLOWING = ("--clock", MASTER, "--melody", "none", "--model", "fake", "--set", "temperature=0")


class Bandleader(Musician):
    """A musician who writes down the master's clock, works JACK's transport, hears the echo,
    what the band itself sends as a clock, and is a second master that nobody follows."""

    EARS = ("drums", "bass", "clock", "echo", "clock out")

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.client.transport_stop()
        self.locate(0.0)

    def lead(self) -> None:
        """Listen to the master, and to its echo if there is one."""
        wait_for(lambda: bool(self._ports(MASTER, output=True)), "the master")
        source = self._ports(MASTER, output=True)[0]
        self.client.connect(source, self.ears["clock"])
        if self._ports("Echo", output=True):
            self.client.connect(source, self._ports("Echo", output=False)[0])
            self.client.connect(self._ports("Echo", output=True)[0], self.ears["echo"])

    def _ports(self, name: str, *, output: bool) -> list[object]:
        found = self.client.get_ports(name, is_midi=True, is_output=output, is_input=not output)
        return list(found)

    def locate(self, seconds: float) -> None:
        """Move JACK's transport."""
        self.client.transport_frame = round(seconds * RATE)

    def wait_until(self, at: float) -> None:
        """Wait for a time of JACK's."""
        wait_for(lambda: self.client.frame_time / RATE > at, f"{at:.1f} s")

    def clocks(self, port: str = "clock", since: float = 0.0) -> list[float]:
        """When clocks came, in JACK's seconds."""
        return [h.at for h in self.on(port, CLOCK) if h.at >= since]

    def on(self, port: str, status: int) -> list[Heard]:
        """The messages on a port with this status byte."""
        return [h for h in list(self.heard) if h.port == port and h.message[0] == status]


def against_the_echo(
    player: Bandleader, line: Line, since: float, until: float, counted: int = 0
) -> float:
    """How much less steady (seconds, sd) our drums are on a master's line than JACK's echo of
    its clocks is, on the same 16ths of the same stretch; prints both. The line's first clock
    is the ``counted``-th since Start."""
    echo = [at for at in player.clocks("echo") if line.first - line.period / 2 < at < until]
    first = round((echo[0] - line.first) / line.period)
    sixteenths = [
        at - (line.first + (k + first) * line.period)
        for k, at in zip(numbered(echo), echo, strict=True)
        if (k + first + counted) % 6 == 0 and since < at
    ]
    hits = [h.at for h in player.ons("drums") if since < h.at < until]
    ours = [line.off(at, 6, -counted % 6) for at in hits]
    assert len(ours) >= 12
    assert abs(statistics.fmean(ours)) < 0.008
    sd, echoed = statistics.pstdev(ours), statistics.pstdev(sixteenths)
    print(f"drums sd {1000 * sd:.2f} ms, echo {1000 * echoed:.2f} ms")
    return sd - echoed


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_drums_keep_to_a_jittery_masters_clock_and_stop_with_it(
    jack: JackServer, tmp_path: Path
) -> None:
    """Start, six bars, stop: the hits lie on the 16ths of the line through the master's clocks,
    as steady as JACK's own echo of them to a millisecond, the first with its first clock; a
    second master on another port changes nothing; nothing sounds after the stop. (The jitter
    is a random walk, so the clocks themselves, and the echo, wander around their line.)"""
    leads = [MASTER, "-b", f"{BPM:g}", "-J", "10"]
    errors, ports = tmp_path / "err", ("In", "Drums", "Bass")
    with (
        attentive(),
        running(leads),
        echo(tmp_path),
        band(jack, *FOLLOWING, errors=errors, musician=Bandleader, ports=ports) as (
            player,
            program,
        ),
    ):
        assert isinstance(player, Bandleader)
        player.lead()
        time.sleep(0.5)  # the opening bar is made as soon as the model is there
        player.client.transport_start()
        wait_for(lambda: len(player.clocks()) > 24, "the clock")
        for message in (b"\xfa", *[b"\xf8"] * 9, b"\xf2\x40\x00", b"\xfb", *[b"\xf8"] * 9, b"\xfc"):
            player._playing.append(message)  # the second master
            time.sleep(0.01)
        player.wait_until(player.clocks()[0] + 6 * 4 * 60 / BPM)
        player.client.transport_stop()
        wait_for(lambda: bool(player.on("clock", STOP)), "the stop")
        time.sleep(0.3)
        count = len(player.ons("drums"))
        time.sleep(0.7)
        assert len(player.ons("drums")) == count
        assert not player.sounding()
        stopped = player.on("clock", STOP)[0].at
        clocks = [at for at in player.clocks() if at < stopped]
        line = line_of(clocks)
        hits = [h.at for h in player.ons("drums")]
        assert hits[0] - clocks[0] == pytest.approx(0.0, abs=0.015)
        assert line.period == pytest.approx(60 / BPM / 24, rel=2e-2)
        assert against_the_echo(player, line, line.first + 1.0, clocks[-1] - 0.1) < BEYOND
        program.terminate()
        assert program.wait(PATIENCE) == 0


TEMPO_MAP = "2 4/4 120\n60 4/4 150\n"


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_a_timebase_masters_tempo_relocation_and_stops_are_followed(
    jack: JackServer, tmp_path: Path
) -> None:
    """klick's tempo map gives JACK's transport bars and tempi, ``jack_midi_clock`` tells us.
    A tempo step; stop; a relocation (Song Position 2 s ahead, clocks before Continue); a
    locate while running. The place we come to is what the master's Song Position and its
    clocks since Continue say: our own clock output says it."""
    (tmp_path / "map").write_text(TEMPO_MAP)
    klick = ["klick", "-T", "-f", str(tmp_path / "map")]
    options = (*FOLLOWING, "--in", "none", "--clock-out", "virtual")
    errors = tmp_path / "err"
    ports = ("Drums", "Bass", "Clock Out")
    with (
        attentive(),
        running(klick),
        echo(tmp_path),
        running([MASTER]),
        band(jack, *options, errors=errors, musician=Bandleader, ports=ports) as (player, program),
    ):
        assert isinstance(player, Bandleader)
        player.lead()
        query = player.client.transport_query
        wait_for(lambda: query()[1].get("beats_per_minute") == 120.0, "the tempo map")
        time.sleep(0.5)  # the opening bar is made as soon as the model is there
        player.client.transport_start()
        began = player.client.frame_time / RATE
        player.wait_until(began + 8.0)
        player.client.transport_stop()
        time.sleep(0.5)
        first = player.clocks(since=player.on("clock", START)[-1].at)
        start = first[0]
        slow = line_of([at for at in first if at < start + 3.9])
        later = [at for at in first if start + 4.5 < at]
        fast = line_of(later)
        assert slow.period == pytest.approx(60 / 120 / 24, rel=1e-2)
        assert fast.period == pytest.approx(60 / 150 / 24, rel=1e-2)
        assert against_the_echo(player, slow, start + 0.4, start + 3.9) < BEYOND
        counted = numbered(first)[first.index(later[0])]
        assert against_the_echo(player, fast, later[0] + 0.2, later[-1], counted) < BEYOND
        player.locate(13.6)
        time.sleep(0.3)
        located = player.client.frame_time / RATE
        player.client.transport_start()
        wait_for(lambda: bool(player.on("clock", CONTINUE)), "Continue, 2 s later")
        goes_on = player.on("clock", CONTINUE)[0].at
        player.wait_until(goes_on + 2.2)
        assert not [h for h in player.ons("drums") if located < h.at < goes_on]
        check_place(player, 0)

        player.locate(8.8)  # while it runs: Stop or not, a new position, then Continue
        wait_for(lambda: len(player.on("clock", CONTINUE)) > 1, "another Continue")
        again = player.on("clock", CONTINUE)[1].at
        player.wait_until(again + 2.2)
        check_place(player, 1)
        player.client.transport_stop()
        time.sleep(0.3)
        assert not player.sounding()
        assert f"{STOP:x}" == player.on("clock out", STOP)[-1].message.hex()
        program.terminate()
        assert program.wait(PATIENCE) == 0


def check_place(player: Bandleader, which: int) -> None:
    """After the master's ``which``-th Continue: our clock output has said Continue at the same
    place of the song, and the first note then lies on a 16th of the master's clock."""
    gone_on = player.on("clock", CONTINUE)[which].at
    place = [h for h in player.on("clock", POSITION) if h.at <= gone_on][-1].message
    theirs = 6 * (place[1] | place[2] << 7)
    clocks = player.clocks(since=gone_on)
    ours = next(h for h in player.on("clock out", CONTINUE) if h.at >= gone_on - 1e-9)
    told = [h for h in player.on("clock out", POSITION) if h.at <= ours.at][-1].message
    said = 6 * (told[1] | told[2] << 7)
    passed = round((ours.at - clocks[0]) / (60 / 150 / 24))
    assert said == theirs + passed
    line = line_of(clocks[:120])
    hits = [h.at for h in player.ons("drums") if h.at > gone_on + 0.4]
    phase = -theirs % 6
    off = [line.off(at, 6, phase) for at in hits if at < clocks[0] + 2.0]
    assert len(off) >= 8
    assert max(map(abs, off)) < 0.010
