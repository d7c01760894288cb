"""The drummer's touch, from performances to the graph in the model folder."""

from __future__ import annotations

import json
from pathlib import Path

import mido
import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.model.contract import DRUMMER_WIDTH
from tools.export import two_level_folder
from tools.export.graphs import feel_graph
from tools.network.checkpoints import load_drum_touch
from tools.train import drum_touch

LATE = 20
"""Ticks of 480 that the made-up drummer's snare lies behind."""


def performance(path: Path, bars: int = 4) -> None:
    """Loud kicks on the beat, soft snares behind it."""
    track = mido.MidiTrack()
    said = []
    for beat in range(4 * bars):
        pitch, loud, late = (36, 120, 0) if beat % 2 == 0 else (38, 40, LATE)
        start = 480 * beat + late
        said += [(start, "note_on", pitch, loud), (start + 100, "note_off", pitch, 0)]
    at = 0
    for tick, kind, pitch, loud in sorted(said):
        message = mido.Message(kind, channel=9, note=pitch, velocity=loud, time=tick - at)
        track.append(message)
        at = tick
    file = mido.MidiFile(ticks_per_beat=480)
    file.tracks.append(track)
    file.save(path)


@pytest.fixture(scope="module")
def grooves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the form of the Groove MIDI Dataset, with one torn file."""
    folder = tmp_path_factory.mktemp("groove")
    rows = ["split,midi_filename,bpm,time_signature"]
    for number, split in enumerate(["train", "train", "validation", "test"]):
        performance(folder / f"{number}.mid")
        rows.append(f"{split},{number}.mid,100,4-4")
    (folder / "torn.mid").write_bytes(b"MThd")
    rows += ["train,torn.mid,100,4-4", "train,0.mid,100,3-4"]
    (folder / "info.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(grooves: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("touch")
    drum_touch.main(["--grooves", str(grooves), "--out", str(out), "--config", "tiny"])
    return out


def test_a_performance_is_read_as_patterns_velocities_and_offsets(grooves: Path) -> None:
    """Offsets are against the player's own mean; other metres and torn files are passed by."""
    data = drum_touch.Grooves.read(grooves, "train")
    assert len(data) == 8
    assert data.drums[0].tolist() == [1, 0, 0, 0, 2, 0, 0, 0] * 2
    assert data.velocity[0, 0, 0] == pytest.approx(120 / 127)
    assert data.velocity[0, 4, 1] == pytest.approx(40 / 127)
    gap = data.offset[0, 4, 1] - data.offset[0, 0, 0]
    assert gap == pytest.approx(LATE / 120, abs=1 / 24)
    assert data.offset.sum() == pytest.approx(0, abs=1e-4)


def test_the_figures_are_set_beside_plain_accents(trained: Path) -> None:
    found = json.loads((trained / "feel.json").read_text())
    assert set(found) == {"valid", "test"}
    assert found["test"]["bars"] == 4
    assert found["test"]["velocity_none"] > 0


def test_the_graph_says_what_the_net_says(trained: Path) -> None:
    net = load_drum_touch(trained)
    drums = np.random.default_rng(0).integers(0, 512, (2, 16))
    gap = two_level_folder.feel_parity(net, feel_graph(net), drums)
    assert gap < two_level_folder.MOST_DIFFERENT["feel"]
    assert net.config.z == DRUMMER_WIDTH


def test_without_the_data_set_it_says_what_to_unpack(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="unpack the Groove MIDI Dataset"):
        drum_touch.Grooves.read(tmp_path, "train")


def test_the_same_seed_gives_the_same_touch(grooves: Path) -> None:
    data = drum_touch.Grooves.read(grooves, "train")
    first, second = (drum_touch.train(data, drum_touch.TINY, 3).state_dict() for _ in range(2))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
