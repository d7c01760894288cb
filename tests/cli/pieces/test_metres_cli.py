"""Commands in other metres than 4/4, with the band that knows them all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.cli import main
from bridge.latent.code_file import CodeSet, from_bytes, to_bytes
from bridge.model import fake
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TimeSignature, Track
from bridge.music.tunes import TUNES

WALTZ = TimeSignature(0, 3, 4)


@pytest.fixture
def waltz(tmp_path: Path) -> Path:
    path = tmp_path / "waltz.mid"
    notes = TUNES["clementine"].notes()
    midi_file.write(path, Song((Track("Melody", 0, 0, notes),), signatures=(WALTZ,)))
    return path


def test_a_waltz_is_accompanied_as_one(waltz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = waltz.with_name("out.mid")
    assert main(["accompany", str(waltz), "-o", str(out), "--model", "fake", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["metre"], facts["bars"]) == ("3/4", 16)
    assert midi_file.read(out).signatures == (WALTZ,)


def test_a_model_without_the_metre_is_one_line_that_says_what_to_do(
    waltz: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["accompany", str(waltz), "-o", str(waltz.with_name("out.mid"))]
    monkeypatch.setattr(fake, "SPEC", replace(fake.SPEC, metres=("4/4",)))
    assert main([*words, "--model", "fake"]) == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line
    assert "plays 4/4 only" in line
    assert "--metre 4/4" in line
    assert not waltz.with_name("out.mid").exists()


def test_a_metre_that_is_asked_for_decides(waltz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(waltz.with_name("out.mid"))
    assert main(["accompany", str(waltz), "-o", out, "--metre", "4/4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metre"] == "4/4"


def test_codes_keep_their_metre_through_files_history_and_back(
    waltz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes, again = waltz.with_name("codes.npz"), waltz.with_name("again.mid")
    assert main(["encode", str(waltz), "-o", str(codes), "--model", "fake"]) == 0
    assert from_bytes(codes.read_bytes(), ".npz").metre == "3/4"
    assert main(["pattern", str(codes), "fibo", "-o", str(waltz.with_name("p.npz"))]) == 0
    assert from_bytes(waltz.with_name("p.npz").read_bytes(), ".npz").metre == "3/4"
    assert main(["decode", str(codes), "-o", str(again), "--model", "fake"]) == 0
    song = midi_file.read(again)
    assert song.signatures == (WALTZ,)
    assert song.length == 16 * 2880
    capsys.readouterr()
    assert main(["history", "export", "last", "-o", str(waltz.with_name("h.mid"))]) == 0
    assert midi_file.read(waltz.with_name("h.mid")).signatures == (WALTZ,)


def test_a_code_file_in_four_four_is_written_as_before_and_any_metre_is_read() -> None:
    codes = np.ones((2, 8), np.float32)
    plain = to_bytes(CodeSet(codes, "fake"), ".npz")
    assert b"metre" not in plain
    assert from_bytes(plain, ".npz").metre == "4/4"
    assert from_bytes(to_bytes(CodeSet(codes, "fake", "12/8"), ".npz"), ".npz").metre == "12/8"


@pytest.mark.parametrize("metre", ["3/4", "6/8", "12/8", "4/4t"])
def test_samples_and_pathways_are_in_the_metre_that_is_asked_for(
    metre: str, tmp_path: Path
) -> None:
    out, folder = tmp_path / "s.mid", tmp_path / "way"
    assert main(["sample", "--metre", metre, "--model", "fake", "-o", str(out)]) == 0
    way = ["pathway", "fake", "--metre", metre, "--bars", "3", "-o", str(folder)]
    assert main(way) == 0
    beats, unit = map(int, metre.removesuffix("t").split("/"))
    for path in (out, folder / "fake.mid"):
        assert midi_file.read(path).signatures == (TimeSignature(0, beats, unit),)


def test_a_form_may_name_its_metre(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form = tmp_path / "waltz.yaml"
    form.write_text("metre: 3/4\nsections: {a: {bars: 4}}\norder: [a, a]\n")
    out = str(tmp_path / "out.mid")
    make = ["compose", "--form", str(form), "-o", out, "--model", "fake", "--json"]
    assert main(make) == 0
    assert json.loads(capsys.readouterr().out)["metre"] == "3/4"
    assert main([*make, "--metre", "6/8"]) == 0
    assert json.loads(capsys.readouterr().out)["metre"] == "6/8"
    form.write_text("metre: 5/4\nsections: {a: {bars: 4}}\norder: [a, a]\n")
    assert main(make) == 2
    assert f"{form}:1: no metre named '5/4'" in capsys.readouterr().err


def test_a_demo_plays_a_tune_of_the_metre_or_says_which_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["demo", "--tune", "clementine", "--metre", "4/4", "--model", "fake"]) == 2
    assert "in 4/4 there are" in capsys.readouterr().err
    monkeypatch.setattr(fake, "SPEC", replace(fake.SPEC, metres=("4/4",)))
    assert main(["demo", "--metre", "3/4", "--model", "fake"]) == 2
    assert "plays 4/4 only" in capsys.readouterr().err
