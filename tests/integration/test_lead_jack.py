"""We lead: ``jack_mclk_dump`` hears our clock, fluidsynth plays our notes, aubio hears it play."""

from __future__ import annotations

import cmath
import contextlib
import math
import signal
import socket
import statistics
import subprocess
import time
import wave
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from jackpeers import attentive, needed, read_dump, running, tempo_of
from jackserver import FINEST, PATIENCE, RATE, JackServer, wait_for
from test_play_jack import BPM, STEP, TUNE, Musician, band, jacklib

pytestmark = needed("jackd", "jack_mclk_dump", "jack_rec", "fluidsynth", "aubioonset")
SOUND_FONTS = ("TimGM6mb.sf2", "default-GM.sf2")
PORTS = ("In", "Drums", "Bass", "Clock Out")
SECONDS = 30.0
RECORDED = 12
STOP_PAD, START_PAD = 20, 21
MAPPING = f"""
name: two pads
bindings:
  - note: {STOP_PAD}, {START_PAD}
    channel: 16
    targets: [stop, start]
"""


class Conductor(Musician):
    """A musician with two pads, who wires the synth up, too."""

    EARS = ("drums", "bass", "clock out")

    def pad(self, note: int) -> None:
        """Hit a pad."""
        self._playing += [bytes((0x9F, note, 100)), bytes((0x8F, note, 0))]

    def wire(self, source: str, target: str) -> None:
        """Connect the first MIDI port of one name to the first of another, once both are there."""

        def ports(name: str, *, output: bool) -> list[object]:
            return list(
                self.client.get_ports(name, is_midi=True, is_output=output, is_input=not output)
            )

        def connected() -> bool:
            sources, targets = ports(source, output=True), ports(target, output=False)
            with contextlib.suppress(jacklib.JackError):  # there, but not active yet
                if sources and targets:
                    self.client.connect(sources[0], targets[0])
                    return True
            return False

        wait_for(connected, f"{source} on {target}")


def free_port() -> int:
    """A port for fluidsynth's shell, which it opens in server mode."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def synth() -> list[str]:
    """fluidsynth on JACK, with a General MIDI sound font."""
    folder = Path("/usr/share/sounds/sf2")
    fonts = [folder / name for name in SOUND_FONTS if (folder / name).exists()]
    if not fonts:
        pytest.skip("no sound font here: apt-get install timgm6mb-soundfont")
    options = f"-i -s -a jack -m jack -r {RATE} -o midi.jack.id=fs -o audio.jack.id=fs".split()
    return ["fluidsynth", *options, "-o", f"shell.port={free_port()}", str(fonts[0])]


@pytest.mark.flaky(reruns=1)  # it is long
@pytest.mark.parametrize("jack", [FINEST], indirect=True, ids=["finest"])
def test_others_play_along_with_our_clock_and_a_synth_with_our_notes(
    jack: JackServer, tmp_path: Path
) -> None:
    """Half a minute of leading at 64 frames a period: a steady 120 BPM for those who follow,
    clock while stopped, Start, Stop and Start again in that order and each with its clock; the
    synth's sound, found by aubio, lies on our 16ths and is not silent."""
    (tmp_path / "pads.yaml").write_text(MAPPING)
    options = ("--clock-out", "virtual", "--model", "fake", "--melody", "none")
    keys = ("--mapping", str(tmp_path / "pads.yaml"), "--set", "temperature=0")
    heard, sound = tmp_path / "heard", tmp_path / "sound.wav"
    with (
        attentive(),
        running(synth()),
        band(jack, *options, *keys, errors=tmp_path / "err", musician=Conductor, ports=PORTS) as (
            player,
            program,
        ),
        running(["jack_mclk_dump", "-n"], heard) as dump,
    ):
        assert isinstance(player, Conductor)
        player.wire("Latent Bridge Clock Out", "mclk_dump")
        player.wire("Latent Bridge Drums", "fs")
        player.wire("Latent Bridge Bass", "fs")
        time.sleep(1.0)  # clocks while stopped
        began = time.monotonic()
        with running(["jack_rec", "-f", str(sound), "-d", str(RECORDED), "-b", "16",
                      "fs:left", "fs:right"]) as recorder:  # fmt: skip
            for pitch in TUNE:
                player.play(pitch, 60 / BPM)
            recorder.wait(PATIENCE)
        time.sleep(max(0.0, SECONDS - 3.0 - (time.monotonic() - began)))
        player.pad(STOP_PAD)
        time.sleep(1.0)
        player.pad(START_PAD)
        time.sleep(2.0)
        program.terminate()
        assert program.wait(PATIENCE) == 0
        dump.send_signal(signal.SIGINT)
        dump.wait(PATIENCE)
    clocks = [h.at for h in player.heard if h.port == "clock out" and h.message == b"\xf8"]
    begun = player.ons("drums")[0].at
    bpm = tempo_of([at for at in clocks if begun < at < begun + SECONDS - 4.0])
    print(f"our clock in JACK's frames: {bpm:.3f} BPM")
    assert bpm == pytest.approx(BPM, abs=0.1)
    check_clock(heard.read_text())
    check_sound(sound)


def check_clock(text: str) -> None:
    """A dump of our clock: tempo and transport."""
    dump = read_dump(text)
    frames = dump.clocks
    assert (frames[-1] - frames[0]) / RATE > SECONDS - 1.0
    bpm = tempo_of([frame / RATE for frame in frames])
    print(f"jack_mclk_dump: {bpm:.3f} BPM, {len(frames)} clocks")
    assert bpm == pytest.approx(BPM, abs=0.1)
    words = [word for word, _ in groupby(word for _, word in dump.said)]
    assert words == ["start", "stop", "start", "stop"]
    for start in (frame for frame, word in dump.said if word == "start"):
        first = min(frame for frame in frames if frame >= start)
        assert first - start <= 2 * 64, "Start goes out with its clock"
    before = [frame for frame in frames if frame < dump.said[0][0]]
    between = [frame for frame in frames if dump.said[1][0] < frame < dump.said[2][0]]
    assert len(before) > 20
    assert len(between) > 20


def check_sound(path: Path) -> None:
    """The synth's recording: loud enough, and its onsets on one grid of 16ths."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        assert file.getframerate() == RATE
    assert np.abs(samples.astype(float)).max() > 0.05 * 32768
    found = subprocess.run(
        ["aubioonset", "-i", str(path), "-H", "128", "-B", "1024", "-M", "0.06"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    onsets = [float(line) for line in found.stdout.split()][1:]  # the first may be the file's start
    assert len(onsets) > 20
    turns = [cmath.exp(2j * math.pi * at / STEP) for at in onsets]
    grid = cmath.phase(sum(turns)) / (2 * math.pi) * STEP
    off = sorted(abs((at - grid + STEP / 2) % STEP - STEP / 2) for at in onsets)
    near = sum(distance < 0.012 for distance in off) / len(off)
    print(f"aubio: {len(off)} onsets, {100 * near:.0f} % within 12 ms of a 16th, "
          f"median {1000 * statistics.median(off):.1f} ms")  # fmt: skip
    assert near > 0.85
    assert statistics.median(off) < 0.006
