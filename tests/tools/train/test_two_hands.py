"""Training of the network of both hands: from lead sheets to tables that the program reads."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("tqdm", reason="the training extra is not installed")

from bridge.cli.bench.ears.leads import split_of
from bridge.listening.chord_features import beat_features
from bridge.listening.chord_net import ChordNet, Hearing
from bridge.listening.chord_reader import STATES
from tools.data.piano.sheets import sheets
from tools.evaluate.two_hands import main as evaluate
from tools.train.two_hands import Batches, begun_beat, main, played


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with some tunes of each split."""
    folder = tmp_path / "leads"
    folder.mkdir()
    record = {
        "nb": 4, "notes": [[4 * n, 60 + n % 12, 4] for n in range(16)],
        "beats": ["C"] * 4 + ["Am7"] * 4 + ["F", "F", "G", "G"] + ["z"] * 4,
    }  # fmt: skip
    lines = [json.dumps({"id": f"tune-{n}", **record}) for n in range(120)]
    (folder / "openewld.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_a_tune_is_in_one_split_and_parts_of_a_song_are_together(data: Path) -> None:
    counts = [len(list(sheets(data, split))) for split in ("train", "validation", "test")]
    assert sum(counts) == 120
    assert counts[0] == sum(split_of(f"tune-{n}") == "train" for n in range(120))


def test_the_features_of_a_beat_heard_in_part_know_nothing_of_what_comes() -> None:
    notes = np.array([[0.0, 0.5, 48], [1.0, 3.0, 52], [1.5, 2.0, 55]])
    begun = begun_beat(notes, 1, 0.2)
    assert np.array_equal(begun, beat_features(np.array([[1.0, 2.0, 52]]), 1, 1)[0])


def test_a_window_ends_with_its_piece(data: Path) -> None:
    batches = Batches(played(data, "train", 1.0, 0), Hearing.WHOLE)
    (pitches, rest, _), chord, _ = batches.of(batches.named[:1])
    assert int(chord[0]) < len(STATES)
    assert not pitches[0, : Hearing.WHOLE.past].any()
    assert rest[0, : Hearing.WHOLE.past, -1].sum() == 0
    assert rest[0, Hearing.WHOLE.past :, -1].all()


def test_a_training_writes_the_tables_of_both_networks(data: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "net.npz", tmp_path / "played.npz"
    for _ in range(2):  # the second time from the examples that were kept
        main([str(data), str(out), "--examples", str(kept), "--rounds", "1", "--steps", "2"])
    with np.load(out, allow_pickle=False) as tables:
        for hearing in Hearing:
            net = ChordNet(**{f.name: tables[f"{hearing} {f.name}"].astype(np.float32)
                              for f in fields(ChordNet)})  # fmt: skip
            beats = hearing.past + 1 + hearing.future
            assert len(net.window) == beats * net.rest.shape[2]


def test_the_costs_of_a_change_are_compared(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate([str(data), "--pieces", "2"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["hearing"] for line in lines} == {"whole", "live"}
    assert all(0 <= line["root"] <= 1 for line in lines)
