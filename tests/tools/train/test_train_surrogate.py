"""An imported trio of few cells gets a surrogate, and then plays as a band."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

from bridge.cli.app import main as program
from bridge.errors import ModelError
from bridge.live.live_session import facts_of
from bridge.model import library
from bridge.model.answering.answer import answer
from bridge.model.importing.folder import Origin, write_folder
from bridge.model.loading import load
from bridge.model.messages import Request
from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.music.notes import Note
from bridge.music.smf.midi_file import read, write
from bridge.music.smf.song import Song, Track
from tools.data.dataset import Dataset
from tools.export.imported_surrogate import check_model
from tools.parity.random_checkpoint import PUBLISHED, tensors_of, tiny
from tools.train import surrogate

BARS = 18


def make_data(folder: Path) -> Path:
    """Six tunes over two chords, four of them to train on, in two grooves."""
    rng = np.random.default_rng(0)
    pieces, steps, leads = 12, 16 * BARS, 6
    melody = np.where(
        rng.random((pieces, steps)) < 0.3, rng.choice([41, 45, 48], (pieces, steps)), 0
    )
    bass = np.zeros((pieces, steps), int)
    bass[:, ::8] = 17
    drums = np.zeros((pieces, steps), int)
    drums[:, ::8], drums[:, 4::8] = 1, 2
    Dataset(
        melody=melody.ravel().astype(np.uint8),
        bass=bass.ravel().astype(np.uint8),
        drums=drums.ravel().astype(np.uint16),
        starts=steps * np.arange(pieces),
        lengths=np.full(pieces, steps),
        lead=np.arange(pieces) // 2,
        groove=np.arange(pieces) % 2,
        chords=np.tile([1, 6], leads * BARS).astype(np.uint8),
        chord_starts=2 * BARS * np.arange(leads),
        shift=np.zeros(leads, int),
        split=np.array([0, 0, 0, 0, 1, 1]),
        lead_names=np.array([f"tune-{i}" for i in range(leads)]),
        groove_names=np.array(["made:Straight", "made:Busy"]),
        source=np.array(["made"] * leads),
    ).save(folder)
    return folder


def imported(name: str, place: Path) -> Path:
    published = tiny(PUBLISHED[name])
    return write_folder(
        Checkpoint(name, published.spec(), tensors_of(published, 1)), Origin("made"), place
    )


@pytest.fixture(scope="module", params=["trio_4bar", "trio_16bar"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one trio that was taught, beside the data and the training's folder."""
    place = tmp_path_factory.mktemp(request.param)
    imported(request.param, place / "library")
    make_data(place / "data")
    teach(place)
    return place


def teach(place: Path, *more: str) -> None:
    folder = next((place / "library").iterdir())
    given = ["--model", str(folder), "--data", str(place / "data"), "--out", str(place / "out")]
    surrogate.main([*given, "--tiny", "--threads", "1", *more])


def test_without_a_surrogate_one_line_says_what_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported("trio_4bar", tmp_path / "library")
    given = ["--model", "trio_4bar", "--library", str(tmp_path / "library")]
    assert program(["accompany", str(tune(tmp_path)), "-o", "out.mid", *given]) == 2
    line = capsys.readouterr().err.strip().splitlines()
    assert len(line) == 1
    assert "python -m tools.train.surrogate --model trio_4bar makes one" in line[0]


def test_a_taught_trio_is_a_band(place: Path) -> None:
    (folder,) = (place / "library").iterdir()
    spec = library.read_spec(folder)
    assert library.abilities(spec)[0] == "accompany"
    assert "Surrogate" in (folder / "CARD.md").read_text()
    trio = load(folder)
    style = tuple(map(float, next(iter(trio.presets.values())).vector))
    asked = Request(1, 4, (spec.bars - 1,), (41, *[0] * 15) * spec.bars, (1,) * spec.steps, style)
    found = answer(trio, asked)
    assert len(found.bars) == 1
    assert len(found.chords) == 2 * spec.bars
    assert answer(trio, asked).bars == found.bars


def test_a_taught_trio_accompanies_a_file_and_can_be_played(place: Path, tmp_path: Path) -> None:
    (folder,) = (place / "library").iterdir()
    out = tmp_path / "out.mid"
    given = ["--model", folder.name, "--library", str(folder.parent)]
    assert program(["accompany", str(tune(tmp_path)), "-o", str(out), *given]) == 0
    assert len(read(out).tracks) >= 3
    facts = facts_of(folder.name, folder.parent)
    assert list(facts.presets)


def test_a_run_goes_on_and_keeps_the_codes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    teach(place, "--steps", "22")
    told = capsys.readouterr().out
    assert "going on from step 20" in told
    assert json.loads(told[told.index("{") :])["step"] == 22
    with pytest.raises(SystemExit, match="another model, pool or seed"):
        teach(place, "--seed", "5")


def test_the_same_seed_teaches_the_same(tmp_path: Path) -> None:
    sums = []
    for name in ("a", "b"):
        imported("trio_4bar", tmp_path / name / "library")
        make_data(tmp_path / name / "data")
        teach(tmp_path / name, "--steps", "2")
        spec = library.read_spec(tmp_path / name / "library" / "trio_4bar")
        sums.append(spec.graphs["surrogate"].sha256)
    assert sums[0] == sums[1]


def test_only_a_trio_with_an_encoder_is_taught(tmp_path: Path) -> None:
    folder = imported("mel_2bar_small", tmp_path)
    with pytest.raises(ModelError, match="only a trio can be given a surrogate"):
        check_model(folder)


def tune(folder: Path) -> Path:
    """Eight bars of quarter notes as a file."""
    path = folder / "tune.mid"
    notes = tuple(Note(960 * i, (60, 64, 67, 65)[i % 4], 800) for i in range(32))
    write(path, Song((Track("Lead", 0, 0, notes),)))
    return path


def test_a_model_of_two_levels_has_a_surrogate_of_its_own() -> None:
    with pytest.raises(ModelError, match=r"tools\.train\.two_level_surrogate"):
        check_model(library.find(library.DEFAULT))
