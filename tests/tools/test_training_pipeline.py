"""The tools end to end at tiny size: prepare, train, go on, export, measure, write the card, play.

The commands are those of the card's last section.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.cli.app import main as program
from bridge.model import library
from bridge.model.answering.answer import answer
from bridge.model.codec import load_codec
from bridge.model.loading import load
from bridge.model.messages import Request
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from tools.data import sizes
from tools.evaluate.page import write_page
from tools.export import directions, model_files, runtime
from tools.export.moves import NAMES
from tools.network.checkpoints import load_vae
from tools.network.two_level_config import TINY_TWO_LEVEL
from tools.train.two_level_surrogate import WEIGHTS

Command = Callable[..., None]
TRAINED = ("--tiny", "--batch", "24", "--steps", "4")


@pytest.fixture(scope="module")
def work(
    raw: Path, prepared: Path, command: Command, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of all trainings, a few steps each."""
    place = tmp_path_factory.mktemp("work")
    data = ("--data", prepared)
    command("tools.train", *data, "--out", place / "run", *TRAINED)
    command(
        "tools.train.two_level_surrogate", *data, "--model", place / "run",
        "--out", place / "surrogate", "--minutes", "0.001", "--batch", "16",
    )  # fmt: skip
    command(
        "tools.train.chord_reader", *data, "--out", place / "harmony", "--config", "tiny",
        "--nets", "2",
    )  # fmt: skip
    command(
        "tools.train.drum_touch", "--grooves", raw / "grooves", "--out", place / "feel",
        "--config", "tiny",
    )  # fmt: skip
    return place


@pytest.fixture(scope="module")
def folder(work: Path, prepared: Path, command: Command) -> Path:
    """The model folder, with its statistics and directions."""
    out = work / "onnx" / "tiny"
    command(
        "tools.export", "--data", prepared, "--model", work / "run",
        "--surrogate", work / "surrogate", "--harmony", work / "harmony", "--feel", work / "feel",
        "--out", out,
    )  # fmt: skip
    data = ("--data", prepared, "--model", out, "--write")
    command("tools.export.statistics", *data, "--windows", "500")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directions, "WINDOWS", 200)
        patch.setattr(directions, "TRIED", 4)
        command("tools.export.directions", *data, "--codes", "2", "--held-out", "2")
    return out


@pytest.fixture(scope="module")
def figures(folder: Path, prepared: Path, command: Command) -> list[Path]:
    """The files of the three commands that measure."""
    places = [folder.parent / f"{name}.json" for name in ("figures", "kept", "drummer")]
    data = ("--data", prepared, "--model", folder)
    command("tools.evaluate", *data, "--windows", "32", "--tunes", "1", "--out", places[0])
    said = io.StringIO()
    with redirect_stdout(said):
        coarse = str(TINY_TWO_LEVEL.coarse)
        command("tools.evaluate.two_level", *data, "--coarse", coarse, "--windows", "20")
    places[1].write_text(said.getvalue(), encoding="utf-8")
    said = io.StringIO()
    with redirect_stdout(said):
        command("tools.evaluate.drummer", "--model", folder, "--styles", "2", "--seeds", "1")
    places[2].write_text(said.getvalue(), encoding="utf-8")
    return places


def test_the_same_seed_trains_the_same(work: Path, prepared: Path, command: Command) -> None:
    """Another run of a few steps ends in the same weights."""
    command("tools.train", "--data", prepared, "--out", work / "again", *TRAINED)
    first, again = (load_vae(work / name).state_dict() for name in ("run", "again"))
    for key, value in first.items():
        assert torch.equal(value, again[key]), key


def test_training_goes_on_from_its_checkpoint(
    work: Path, prepared: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log is left on the way."""
    out = work / "more"
    for steps in ("2", "3"):
        command("tools.train", "--data", prepared, "--out", out, *TRAINED[:-1], steps)
    assert "going on from step 2" in capsys.readouterr().out
    rows = [json.loads(row) for row in (out / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 3]
    assert {f"{name}.drums" for name in ("rendered 4/4", "real")} <= set(rows[-1]["valid"])


def test_the_surrogate_is_checked_on_every_pool_that_there_is(work: Path) -> None:
    row = json.loads((work / "surrogate" / "log.jsonl").read_text().splitlines()[-1])
    pools = {name.split(".")[0] for name in row["valid"]}
    assert pools == {"rendered 4/4", "real", "drummers"} <= set(WEIGHTS)
    assert all(0 <= value <= 1 for value in row["valid"].values())


def test_the_model_folder_is_whole(folder: Path) -> None:
    """model.yaml names every file with its checksum and every shape."""
    spec = yaml.safe_load((folder / "model.yaml").read_text())
    assert set(spec["graphs"]) == {"encoder", "surrogate", "decoder", "harmony", "feel"}
    for entry in [*spec["graphs"].values(), *spec["extras"].values()]:
        assert model_files.checksum(folder / entry["file"]) == entry["sha256"]
    latent = spec["latent"]
    assert spec["graphs"]["encoder"]["outputs"] == {"mu": ["N", latent], "sigma": ["N", latent]}
    with np.load(folder / "directions.npz", allow_pickle=False) as found:
        assert found["names"].tolist() == list(NAMES)
        assert found["vectors"].shape == (len(NAMES), latent)
    assert library.read_statistics(folder, library.read_spec(folder)).count == 500
    assert not list(folder.parent.glob(".*"))


def test_noise_makes_the_choice(folder: Path) -> None:
    """The same noise gives the same bar; at temperature 0 no noise matters."""
    model = runtime.ExportedModel(folder)
    z = np.random.default_rng(0).normal(size=(2, TINY_TWO_LEVEL.latent))
    hot, again, other = (model.decode(z, (1, 3), 1.0, seed=seed) for seed in (5, 5, 6))
    assert np.array_equal(hot, again)
    assert not np.array_equal(hot, other)
    cold, also = (model.decode(z, (1,), 0.0, seed=seed) for seed in (5, 6))
    assert np.array_equal(cold, also)


def test_bars_do_not_feed_each_other(folder: Path) -> None:
    """A bar decoded alone is the bar decoded with the others."""
    model = runtime.ExportedModel(folder)
    z = np.random.default_rng(1).normal(size=(1, TINY_TWO_LEVEL.latent))
    window = model.decode(z)
    for bar in range(sizes.BARS):
        assert np.array_equal(model.decode(z, (bar,))[:, 0], window[:, bar])


def test_given_chords_change_the_code(folder: Path) -> None:
    model = runtime.ExportedModel(folder)
    melody = np.zeros((1, sizes.STEPS), np.int64)
    first, second = (
        model.guess(melody, model.styles[:1], chords=np.full((1, sizes.HALVES), cls)).mu
        for cls in (1, 8)
    )
    assert not np.allclose(first, second)


def test_the_figures_are_all_there_and_shares_are_shares(figures: list[Path]) -> None:
    measured, kept, drummer = (json.loads(path.read_text()) for path in figures)
    for key in (
        "recon.melody", "recon.bass", "recon.drums", "bass_root_heard", "bass_root_next",
        "chord_root_whole", "chord_root_heard", "chord_root_next", "bass_in_harmony",
        "drums_style",
    ):  # fmt: skip
        assert 0 <= measured[key] <= 1, key
    assert measured["distinct_styles"] >= 1
    assert measured["variation"]["0.0"] == 0
    assert set(kept) == {"rendered 4/4", "real", "drummers", "draws"}
    assert 0 <= kept["real"]["kept"]["melody"] <= 1
    assert {"0.0", "1.0"} < set(drummer["changes"])


def test_the_card_says_what_was_measured(
    work: Path, folder: Path, figures: list[Path], command: Command
) -> None:
    """The card holds the figures that it is given, the licence, the knobs, and how to rebuild."""
    given = [word for path in figures for word in ("--figures", path)]
    where = ("--training", work / "run", "--surrogate", work / "surrogate")
    (folder / "CARD.md").unlink(missing_ok=True)
    command("tools.evaluate.card", "--model", folder, *where, *given)
    text = (folder / "CARD.md").read_text(encoding="utf-8")
    measured = json.loads(figures[0].read_text())
    assert f"(`bass_root_heard`) | {measured['bass_root_heard']:.3f} |" in text
    assert "GPL-3.0" in text
    assert "python -m tools.train.two_level --data" in text
    assert "{" not in text


def test_the_program_plays_with_the_folder(folder: Path, tmp_path: Path) -> None:
    """A bar is answered, with a touch for each hit; a file is accompanied."""
    trio = load(folder)
    style = tuple(map(float, next(iter(trio.presets.values())).vector))
    melody = (41, *[0] * 15) * sizes.BARS
    asked = Request(1, 4, (0, 1), melody, (1,) * sizes.STEPS, style, before=melody)
    bars = answer(trio, asked).bars
    assert all(len(bar.touch) == sum(d.bit_count() for d in bar.drums) for bar in bars)
    tune, out = tmp_path / "tune.mid", tmp_path / "out.mid"
    notes = tuple(Note(960 * i, (60, 64, 67, 65)[i % 4], 800) for i in range(32))
    midi_file.write(tune, Song((Track("Lead", 0, 0, notes),)))
    given = ["--model", folder.name, "--library", str(folder.parent)]
    assert program(["accompany", str(tune), "-o", str(out), *given]) == 0
    assert len(midi_file.read(out).tracks) >= 2


def test_a_new_export_keeps_what_it_is_not_given(
    work: Path, folder: Path, prepared: Path, one_level: Path, command: Command
) -> None:
    """From a folder of one level the decoder, as ``earlier``; of its successor all but its own."""
    model = ("--data", prepared, "--model", work / "run", "--surrogate", work / "surrogate")
    first, second = (work / "onnx" / name for name in ("first", "second"))
    given = ("--harmony", work / "harmony")
    command("tools.export", *model, *given, "--from", one_level, "--out", first)
    command("tools.export", *model, "--from", first, "--out", second)
    old, new = (library.read_spec(place) for place in (first, second))
    assert new.earlier == old.earlier == library.read_spec(one_level).latent
    assert set(new.graphs) == {"encoder", "surrogate", "decoder", "harmony", "earlier"}
    assert new.graphs == old.graphs
    assert new.graphs["harmony"] == library.read_spec(folder).graphs["harmony"]
    codes = np.random.default_rng(0).normal(size=(3, new.earlier)).astype(np.float32)
    moved, chords = load_codec(second).moved(codes)
    assert moved.shape == (3, new.latent)
    assert chords.shape == (3, sizes.HALVES)


def test_the_page_shows_every_figure_and_its_pictures(tmp_path: Path) -> None:
    figures = {
        "split": "test",
        "windows": 7,
        "recon_events.bass": 0.5,
        "variation": {"0.0": 0, "1.0": 1},
    }
    text = write_page(figures, tmp_path).read_text(encoding="utf-8")
    assert "test split, 7 windows" in text
    assert "<td>0.5</td><td>0.96</td>" in text
    for picture in ("aims.png", "variation.png"):
        assert f'src="{picture}"' in text
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
