"""What is more than codes, in the history: kept, made again by its command, played as written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.app import app
from bridge.errors import OutputError
from bridge.files.history import FILE, FOLDER, History
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note, Part
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.session.messages.score import as_score

TUNE = Path("tune.mid")
FORM = """
name: mine
tempo: [90, 110]
keys: [C major]
style: rock
sections: {verse: {bars: 4}, chorus: {bars: 4, style: funk}}
order: [verse, chorus]
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notes = tuple(Note(960 * n, 60 + (0, 4, 7, 4)[n % 4], 900) for n in range(16))
    track = Track("Lead", 0, 0, notes)
    Path("mine.yaml").write_text(FORM, encoding="utf-8")
    midi_file.write(TUNE, Song((track,), (TempoChange(0, 100.0),)))


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


MADE = {
    "compose": ("compose", "--form", "mine.yaml", "--seed", "4"),
    "accompany": ("accompany", str(TUNE), "--chords", "Am F | C G", "--seed", "2"),
    "restyle": ("restyle", str(TUNE), "--style-from", "arc.mid"),
}


@pytest.mark.parametrize("name", MADE)
def test_it_is_kept_and_its_command_makes_the_same_bytes_again(name: str) -> None:
    run("compose", "--form", "mine.yaml", "-o", "arc.mid", "--model", "fake")
    facts = json.loads(run(*MADE[name], "--model", "fake", "-o", "out.mid", "--json"))
    number = facts["history"]
    assert number == 2
    run("history", "name", str(number), "the one")
    run("history", "export", "the one", "-o", "kept.mid")
    run("history", "export", "the one", "--again", "-o", "again.mid")
    whole = Path("out.mid").read_bytes()
    assert Path("kept.mid").read_bytes() == whole
    assert Path("again.mid").read_bytes() == whole
    assert len(History().entries()) == 2  # what is made again is no entry


def test_a_changed_file_is_told_when_it_is_to_be_made_again_and_the_kept_one_stays() -> None:
    run("accompany", str(TUNE), "--model", "fake", "-o", "out.mid")
    whole = Path("out.mid").read_bytes()
    TUNE.write_bytes(whole)
    done = CliRunner().invoke(app, ["history", "export", "1", "--again", "-o", "again.mid"])
    assert "tune.mid is not what it was when" in str(done.exception)
    assert not Path("again.mid").exists()
    run("history", "export", "1", "-o", "kept.mid")
    assert Path("kept.mid").read_bytes() == whole


def test_new_codes_are_kept_with_the_command_that_draws_them() -> None:
    run("sample", "-n", "4", "--model", "fake", "-o", "a.npz")
    facts = json.loads(run("synth", "a.npz", "--length", "3", "-o", "new.npz", "--json"))
    run("history", "export", str(facts["history"]), "--again", "-o", "again.npz")
    assert Path("again.npz").read_bytes() == Path("new.npz").read_bytes()


def test_a_piece_gives_its_codes_and_an_accompaniment_says_that_it_has_none() -> None:
    run(*MADE["compose"], "--model", "fake", "-o", "out.mid")
    run("accompany", str(TUNE), "--model", "fake", "-o", "acc.mid")
    run("interpolate", "1@2", "seed:3", "--steps", "2", "--model", "fake")
    done = CliRunner().invoke(app, ["interpolate", "2", "seed:3", "--model", "fake"])
    assert "is notes, no codes" in str(done.exception)


def test_a_history_that_cannot_be_written_loses_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("taken").write_text("a file")
    monkeypatch.setenv("LATENT_BRIDGE_HISTORY", "taken/folder")
    done = CliRunner().invoke(app, ["accompany", str(TUNE), "--model", "fake", "-o", "out.mid"])
    assert done.exit_code == 0
    assert "not kept in the history" in done.output
    assert Path("out.mid").exists()


def taken(folder: Path) -> None:
    """A file where the history's folder is to be."""
    folder.write_text("a file")


def damaged(folder: Path) -> None:
    """A line that is none, in the middle."""
    folder.mkdir()
    (folder / FILE).write_text("no JSON\n")


def no_file(folder: Path) -> None:
    """A folder where the history's file is to be."""
    (folder / FILE).mkdir(parents=True)


RESULTS = {
    "sample": ("sample", "-o", "out.mid"),
    "interpolate": ("interpolate", "seed:1", "seed:2", "-o", "out.npz"),
    "decode": ("decode", "a.npz", "-o", "out.mid"),
    "accompany": ("accompany", str(TUNE), "-o", "out.mid"),
}


@pytest.mark.parametrize("spoil", [taken, damaged, no_file])
@pytest.mark.parametrize("name", RESULTS)
def test_a_history_that_fails_is_one_warning_and_the_result_is_there(
    name: str, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sample", "-n", "2", "--model", "fake", "-o", "a.npz")
    spoil(Path("spoiled"))
    monkeypatch.setenv(FOLDER, "spoiled")
    done = CliRunner().invoke(app, [*RESULTS[name], "--model", "fake", "--json"])
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("not kept in the history: ")
    assert done.stderr.count("\n") == 1
    assert json.loads(done.stdout)["history"] is None
    assert Path(RESULTS[name][-1]).stat().st_size
    done = CliRunner().invoke(app, [*RESULTS[name], "--model", "fake"])
    assert done.exit_code == 0, done.output
    assert RESULTS[name][-1] in done.stdout


def test_a_sample_for_the_history_alone_fails_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    taken(Path("spoiled"))
    monkeypatch.setenv(FOLDER, "spoiled")
    done = CliRunner().invoke(app, ["sample", "--model", "fake"])
    assert isinstance(done.exception, OutputError)


def test_a_history_that_takes_a_part_of_a_line_says_so_and_reads_as_before() -> None:
    resource = pytest.importorskip("resource")
    run("sample", "--model", "fake")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = History().path.stat().st_size + 10
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(OutputError, match="the history is not kept"):
            History().add(History().entries())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(History().entries()) == 1
    run("sample", "--model", "fake")
    assert len(History().entries()) == 2


def test_a_song_plays_as_it_is_written_each_part_on_its_output() -> None:
    run("accompany", str(TUNE), "--model", "fake", "-o", "out.mid")
    song = midi_file.read(Path("out.mid"))
    score = as_score(song, "history 1")
    assert {part for part, *_ in score.notes} == set(Part)
    assert score.bars == -(-song.end // FOUR_FOUR.ticks)
    assert score.bpm == pytest.approx(100.0)
