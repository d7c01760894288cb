"""``latent-bridge compose``: whole files, the same again, clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track

FORM = """\
tempo: 120
style: rock
sections:
  a: {bars: 4, chords: C G, fill: true}
  b: {bars: 4, chords: Am F, knobs: {density: 0.5}, travel: 2}
order: [a, b, a]
"""


@pytest.fixture
def form(tmp_path: Path) -> str:
    path = tmp_path / "form.yaml"
    path.write_text(FORM, encoding="utf-8")
    return str(path)


def composed(*words: str) -> int:
    return main(["compose", "--model", "fake", *words])


def test_a_piece_is_written_and_told(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mid"
    assert composed("--form", form, "-o", str(out), "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["bars"], facts["tempo"], facts["length_seconds"]) == (12, 120.0, 24.0)
    assert [s["bar"] for s in facts["sections"]] == [1, 5, 9]
    song = midi_file.read(out)
    assert [t.name for t in song.tracks] == ["Melody", "Bass", "Drums"]
    assert {t.name: len(t.notes) for t in song.tracks} == facts["notes"]
    assert song.end >= 12 * FOUR_FOUR.ticks - FOUR_FOUR.ticks // 2


def test_the_same_seed_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.mid" for n in range(3)]
    for file, seed in zip(files, "778", strict=True):
        assert composed("--form", form, "-o", str(file), "--seed", seed) == 0
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_minutes_bpm_key_and_knobs_are_as_asked(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--minutes", "1", "--bpm", "160", "--key", "Eb major", "--density", "0.3"]
    out = str(tmp_path / "o.mid")
    assert composed("--form", form, "-o", out, "--json", *words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["bars"], facts["key"], facts["knobs"]) == (40, "Eb major", {"density": 0.3})


def test_a_given_melody_stays_in_the_file_and_decides_length_and_key(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tuple(Note(b * 960, 62 + (0, 4, 7, 5)[b % 4], 800) for b in range(36))
    tune = tmp_path / "tune.mid"
    midi_file.write(tune, Song((Track("Lead", 3, 5, notes),)))
    out = tmp_path / "o.mid"
    assert composed("--form", form, "-o", str(out), "--melody", str(tune), "--json") == 0
    assert json.loads(capsys.readouterr().out)["bars"] == 9
    song = midi_file.read(out)
    assert [t.name for t in song.tracks] == ["Lead", "Bass", "Drums"]
    assert song.tracks[0].notes == notes


def test_sound_and_picture_are_written_beside_it(form: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("midirenderer")
    out = tmp_path / "o.mid"
    assert composed("--form", form, "-o", str(out), "--wav", "--png") == 0
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert out.with_suffix(".wav").read_bytes().startswith(b"RIFF")


def test_the_list_names_the_shipped_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert composed("--list") == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"song", "fibonacci", "jungle", "arc"} <= set(names)
    assert composed("--list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["forms"]
    assert [row["name"] for row in listed] == names


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--form", "sonng"], "no form named 'sonng': did you mean 'song'?"),
        (["--form", "FORM", "--style", "polka"], "no style named 'polka'"),
        (["--form", "FORM", "--set", "densty=1"], "no direction named 'densty'"),
        (["--form", "FORM", "--set", "density"], "is not NAME=NUMBER"),
        (["--form", "FORM", "--set", "density=nan"], "give a value from -1 to 1"),
        (["--form", "FORM", "--key", "H"], "no key named 'H'"),
        (["--form", "FORM", "--melody", "none.mid"], "none.mid: cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_no_file(
    words: list[str], says: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.mid"
    assert composed("-o", str(out), *(form if w == "FORM" else w for w in words)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert says in lines[0]
    assert not out.exists()


def test_an_output_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert composed("--form", "song") == 2
    assert "-o OUT.mid" in capsys.readouterr().err


# --- the same forms live --------------------------------------------------------------------


def test_play_takes_the_forms_tempo_and_checks_its_names(form: str) -> None:
    from bridge.cli.live.play_plan import with_form
    from bridge.errors import NameUnknown
    from bridge.live.live_session import facts_of
    from bridge.session.state.setup import Setup

    flags = {"form": form, "bpm": None, "minutes": 1.0, "style": None, "metre": None}
    setup = with_form(Setup(bpm=90.0), facts_of("fake"), flags)
    assert setup.bpm == 120.0
    assert setup.form is not None
    assert setup.form.layout.bars == 28
    assert setup.form.first_style == "rock"
    kept = with_form(Setup(bpm=90.0), facts_of("fake"), flags | {"bpm": 90.0})
    assert kept.bpm == 90.0
    with pytest.raises(NameUnknown, match="no style named 'polka'"):
        with_form(Setup(), facts_of("fake"), flags | {"style": "polka"})
