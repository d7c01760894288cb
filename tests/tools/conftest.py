"""Made-up data in the form of the real, the data set built of it, and a folder of one level."""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track

GROOVES = ("lib:Straight", "stdlib/swing:SwingWalk")
BARS = 10
ROOTS = (0, 5, 7, 0, 9, 2, 7, 0, 5, 0)
NAMES = {0: "C", 5: "F", 7: "G7", 9: "Am", 2: "Dm"}
PIECES = (0, 1, 2, 3, 7, 20)
"""Numbers of pieces whose names put them into every split."""

Command = Callable[..., None]
OLD_LATENT = 5


def _pattern() -> np.ndarray:
    """Four bars [4, 16, 3]: a broken chord of C, its root as bass, kick and snare."""
    bars = np.zeros((4, 16, 3), np.int64)
    bars[:, ::4, 0] = [41, 45, 48, 45]
    bars[:, ::8, 1] = 17
    bars[:, ::8, 2], bars[:, 4::8, 2] = 1, 2
    return bars


PATTERN = _pattern()


@pytest.fixture(scope="session")
def command() -> Command:
    """Runs a module as ``python -m MODULE ARGUMENTS`` does, in this process."""

    def run(module: str, *arguments: object) -> None:
        with mock.patch.object(sys, "argv", [module, *map(str, arguments)]):
            found = importlib.import_module(module)
            if hasattr(found, "main"):
                found.main()
            else:  # a package, which has a __main__
                runpy.run_module(module, run_name="__main__")

    return run


def lead(number: int) -> dict[str, object]:
    """A tune of quarter notes over one chord a bar."""
    notes = [
        [16 * bar + 4 * beat, 60 + number % 5 + (ROOTS[bar] + (0, 4, 7, 4)[beat]) % 12, 4]
        for bar in range(BARS)
        for beat in range(4)
    ]
    beats = [NAMES[root] for root in ROOTS for _ in range(4)]
    return {"id": f"tune-{number}", "nb": BARS, "beats": beats, "notes": notes}


def song(number: int) -> Song:
    """A piece for melody, keys, bass and drums."""

    def line(pitches: list[int], every: int) -> tuple[Note, ...]:
        count = BARS * 4 * 960 // every
        return tuple(Note(i * every, pitches[i % len(pitches)], every, 90) for i in range(count))

    up = number % 5
    return Song((
        Track("Keys", 2, 0, line([60 + up, 64 + up, 67 + up], 3840)),
        Track("Lead", 0, 73, line([72 + up, 76, 79, 77, 76, 74, 71 + up, 72], 960)),
        Track("Low", 1, 33, line([36 + up, 43], 1920)),
        Track("Kit", 9, 0, line([36, 38, 42][: 2 + number % 2], 960)),
    ))  # fmt: skip


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in the form that build_dataset reads; ``real`` and ``grooves`` in it are a
    folder of trios as MIDI files and one in the form of the Groove MIDI Dataset."""
    folder = tmp_path_factory.mktemp("raw")
    for name in ("leads", "trio", "real", "grooves"):
        (folder / name).mkdir()
    leads = [lead(i) for i in range(60, 100)]  # holds tunes of every split
    lines = "\n".join(json.dumps(one) for one in leads)
    (folder / "leads" / "made.jsonl").write_text(lines, encoding="utf-8")
    melody, bass, drums, names = [], [], [], []
    for one in leads:
        line = np.zeros(16 * BARS, np.uint8)
        for start, pitch, _ in one["notes"]:  # type: ignore[attr-defined]
            line[start] = pitch + 2
        for busy, groove in enumerate(GROOVES):
            low = np.zeros_like(line)
            low[:: 8 >> busy] = 38 + 2
            beat = np.zeros(len(line), np.uint16)
            beat[::8], beat[4::8], beat[2 :: 4 >> busy] = 1, 2, 4
            melody.append(line)
            bass.append(low)
            drums.append(beat)
            names.append(f"{one['id']}|{groove}")
    np.savez(
        folder / "trio" / "made.npz",
        melody=np.concatenate(melody),
        bass=np.concatenate(bass),
        drums=np.concatenate(drums),
        lengths=np.full(len(names), 16 * BARS),
        names=np.array(names),
    )
    for number in PIECES:
        midi_file.write(folder / "real" / f"piece-{number}.mid", song(number))
    rows = ["split,midi_filename,bpm,time_signature"]
    for number, split in enumerate(["train", "train", "validation", "test"]):
        name = f"{number}_funk_100_beat_4-4.mid"
        midi_file.write(folder / "grooves" / name, Song(song(number).tracks[-1:]))
        rows.append(f"{split},{name},100,4-4")
    (folder / "grooves" / "info.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def prepared(raw: Path, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared data set."""
    pytest.importorskip("tqdm", reason="the training extra is not installed")
    out = tmp_path_factory.mktemp("data")
    given = ("--data", raw, "--midi", raw / "real", "--grooves", raw / "grooves")
    command("tools.data.build_dataset", *given, "--out", out)
    return out


@pytest.fixture(scope="session")
def one_level(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of one level with a decoder alone, stored in half precision: it plays
    :func:`one_level_windows`."""
    onnx = pytest.importorskip("onnx", reason="the training extra is not installed")
    pytest.importorskip("torch", reason="the training extra is not installed")
    from bridge.system.strict_yaml import write_yaml
    from tools.data.sizes import BARS, CLASSES, TRACKS
    from tools.export.graphs import Graph, halved
    from tools.export.model_files import graph_entry

    g = Graph("decoder")
    z = g.input("z", "float32", ["N", OLD_LATENT])
    bars = g.input("bars", "int64", ["K"])
    g.input("temperature", "float32", [])
    g.input("noise", "float32", ["N", "K", 16, 3])
    first = np.zeros((OLD_LATENT, 256), np.float32)
    first[0] = 1
    up = g.op("Round", g.pick(g.op("MatMul", z, g.const(first)), 0))
    up = g.reshape(g.op("Cast", up, to=onnx.TensorProto.INT64), [-1, 1, 1, 1])
    chosen = g.op("Gather", g.const(PATTERN), bars, axis=0)
    melody = g.op("Gather", g.const((PATTERN[..., :1] > 0).astype(int) * [1, 0, 0]), bars, axis=0)
    tokens = g.op("Add", chosen, g.op("Mul", melody, up))
    g.output(tokens, "tokens", "int64", ["N", "K", 16, 3])
    graph = halved(g.model())
    assert any(v.data_type == onnx.TensorProto.FLOAT16 for v in graph.graph.initializer)
    place = tmp_path_factory.mktemp("one") / "old"
    place.mkdir()
    onnx.save(graph, place / "decoder.onnx")
    write_yaml(place / "model.yaml", {
        "name": "old", "kind": "trio", "title": "Of one level", "licence": "none", "bars": BARS,
        "steps_per_bar": 16, "latent": OLD_LATENT, "style": 0,
        "tracks": dict(zip(TRACKS, CLASSES, strict=True)), "common_key": True,
        "graphs": {"decoder": graph_entry(place / "decoder.onnx", graph)},
    })  # fmt: skip
    return place


@pytest.fixture(scope="session")
def one_level_windows() -> Callable[[np.ndarray], np.ndarray]:
    """The windows [N, 64, 3] that the folder of one level plays for codes [N, 5]: the melody is
    higher by the first number."""

    def windows(codes: np.ndarray) -> np.ndarray:
        found = np.tile(PATTERN.reshape(1, 64, 3), (len(codes), 1, 1))
        found[..., 0] += np.rint(codes[:, 0]).astype(int)[:, None] * (found[..., 0] > 0)
        return found

    return windows
