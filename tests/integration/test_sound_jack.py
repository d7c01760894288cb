"""The program's own sound as it is heard: recorded from JACK beside the notes that were sent."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import numpy as np
import pytest
from jackserver import FINE, RATE, JackServer, wait_for
from test_play_jack import STEP, Musician, band, jacklib

from bridge.music.notes import Part
from bridge.sound.mixer import Mixer
from bridge.sound.sample_bank import bank_path, default_font, read_bank

pytestmark = pytest.mark.integration
for package in ("jack", "miniaudio", "midirenderer", "pretty_midi"):
    pytest.importorskip(package, reason=f"needs {package}: pip install '.[integration,sound]'")

BEFORE, AFTER = 0.002, 0.080
MOST_DELAY = 0.070
MIDI_JITTER = FINE.frames / RATE
"""JACK delivers MIDI once a period: so exact are the times of the notes that we compare with."""


class Listener(Musician):
    """A musician who records the left channel, too."""

    EARS = ("drums",)

    def __init__(self, server: str) -> None:
        self.left = None
        self.blocks: list[tuple[int, np.ndarray]] = []
        super().__init__(server)

    def _process(self, frames: int) -> None:
        super()._process(frames)
        if self.left is not None:
            self.blocks.append((self.client.last_frame_time, self.left.get_array().copy()))

    def listen(self) -> None:
        """Wire ourselves to the program's audio, once it is there."""
        left = self.client.inports.register("left")
        wait_for(lambda: self.wired(left), "the sound's device", 30.0)
        self.left = left

    def wired(self, left: object) -> bool:
        """Whether the program's audio is there, active, and now connected to us."""
        with contextlib.suppress(jacklib.JackError):
            output = self.output()
            if output is not None:
                self.client.connect(output, left)
                return True
        return False

    def output(self) -> object | None:
        """The program's left channel in JACK."""
        found = self.client.get_ports("Latent Bridge:playback0", is_audio=True)
        return found[0] if found else None

    def recording(self) -> tuple[float, np.ndarray]:
        """The second at which it begins, and the samples; cycles that were missed are silent."""
        blocks = sorted(self.blocks, key=lambda b: b[0])
        first, (last, block) = blocks[0][0], blocks[-1]
        whole = np.zeros(last - first + len(block), np.float32)
        for at, heard in blocks:
            whole[at - first : at - first + len(heard)] = heard
        return first / RATE, whole


def played(notes: list[tuple[float, bytes]], seconds: float) -> np.ndarray:
    """The left channel of what these drums (second, message) sound like without any delay."""
    kit = read_bank(bank_path(0, True, default_font()), drums=True)
    assert kit is not None
    mixer = Mixer(banks={Part.DRUMS: kit})
    for at, message in notes:
        mixer.play(round(at * RATE), Part.DRUMS, message)
    return mixer.render(round(seconds * RATE))[:, 0]


def spread(values: np.ndarray) -> float:
    """How far apart they lie, but for one in ten: this listener misses cycles now and then."""
    low, high = np.quantile(values, (0.05, 0.95))
    return float(high - low)


def delay_at(at: float, meant: np.ndarray, heard: np.ndarray) -> tuple[float, float]:
    """How much later (seconds) a hit is heard than it was sent, and how alike the two are."""
    start, end = (round((at + x) * RATE) for x in (-BEFORE, AFTER))
    template = meant[start:end]
    found = heard[start : end + round(MOST_DELAY * RATE)]
    matches = np.correlate(found, template, "valid")
    lag = int(matches.argmax())
    there = found[lag : lag + len(template)]
    norm = float(np.linalg.norm(template) * np.linalg.norm(there))
    return lag / RATE, float(matches[lag]) / norm if norm else 0.0


@pytest.mark.parametrize("jack", [FINE], indirect=True, ids=["fine"])
def test_the_drums_are_heard_on_the_grid_and_end_with_the_engine(
    jack: JackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hit sounds like itself, a constant time after its note, on the 16ths; when the
    engine is killed nothing sounds any more."""
    monkeypatch.setenv("LATENT_BRIDGE_SOUND", "jack")
    options = ("--model", "fake", "--sound", "--bass", "none", "--start", "now")
    with band(jack, *options, errors=tmp_path / "err", musician=Listener, ports=("Drums",)) as (
        musician,
        program,
    ):
        musician.listen()
        wait_for(lambda: any(np.abs(b).max() > 0.01 for _, b in musician.blocks), "sound", 60.0)
        musician.blocks.clear()
        begun = len(musician.heard)
        time.sleep(4.0)
        start, heard = musician.recording()
        notes = [(h.at - start, h.message) for h in musician.heard[begun:] if h.at > start]
        length = len(heard) / RATE
        meant = played(notes, length)
        latest = length - AFTER - MOST_DELAY - BEFORE
        ons = {at for at, message in notes if message[0] == 0x99 and message[2]}
        hits = np.array(sorted(at for at in ons if 0.1 < at < latest))
        assert len(hits) >= 8
        delays, alike = np.array([delay_at(at, meant, heard) for at in hits]).T
        assert np.median(alike) > 0.9
        assert spread(delays) < MIDI_JITTER + 0.003
        sounded = hits + delays
        off = (sounded - sounded[0] + STEP / 2) % STEP - STEP / 2
        assert spread(off) < MIDI_JITTER + 0.003  # the drummer's touch is in it, too
        program.kill()
        program.wait()
        wait_for(lambda: musician.output() is None, "the end of the sound")
        with contextlib.suppress(IndexError):
            assert np.abs(musician.blocks[-1][1]).max() < 0.01
