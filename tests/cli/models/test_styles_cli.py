"""``latent-bridge styles``: styles learned from MIDI files, heard and forgotten again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, Track

KICK, SNARE, RIM = 36, 38, 37
STEP = FOUR_FOUR.ticks_per_step


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def groove(bars: int = 8, odd_bar: int = 5) -> Song:
    """A band at 93 BPM whose drums are the same in every bar but one."""
    drums, bass = [], []
    for bar in range(bars):
        at = FOUR_FOUR.bar_start(bar)
        steps = (0, 3, 6, 10) if bar != odd_bar else (0, 1, 2, 3, 4, 5, 6, 7, 8)
        drums += [Note(at + step * STEP, KICK, 60) for step in steps]
        drums += [Note(at + step * STEP, SNARE, 60) for step in (4, 12)]
        bass += [Note(at + step * STEP, 36 + 5 * (bar % 2), 200) for step in (0, 6, 10)]
    tune = tuple(Note(FOUR_FOUR.bar_start(b), 72, 900) for b in range(bars))
    tracks = (
        Track("Lead", 0, 0, tune), Track("Bass", 1, 33, tuple(bass)),
        Track("Drums", 9, 0, tuple(sorted(drums))),
    )  # fmt: skip
    return Song(tracks, (TempoChange(0, 93.0),))


def written(name: str, song: Song) -> str:
    midi_file.write(name, song)
    return name


def learned(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert main(["styles", "learn", *words, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["styles", *words]) == 2
    return capsys.readouterr().err


def test_a_learned_style_plays_the_drums_that_it_was_learned_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    facts = learned(capsys, written("band.mid", groove()), "--name", "mine")
    assert facts["metre"] == "4/4"
    assert facts["tempo"] == pytest.approx(93, abs=0.1)
    assert facts["bass"] is True
    assert facts["drums"]["kick"] == "x..x..x...x....."
    assert facts["drums"]["snare"] == "....x.......x..."


def test_drums_alone_get_the_bass_of_the_nearest_style(capsys: pytest.CaptureFixture[str]) -> None:
    song = groove()
    alone = written("drums.mid", replace(song, tracks=song.tracks[2:]))
    facts = learned(capsys, alone, "--name", "drummer")
    assert facts["bass"] is False
    assert facts["drums"]["kick"] == "x..x..x...x....."


def test_a_folder_is_read_whole_and_the_odd_piece_does_not_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("songs/more").mkdir(parents=True)
    for number in range(3):
        written(f"songs/more/{number}.mid", groove())
    song = groove()
    busy = tuple(Note(n * STEP, RIM, 60) for n in range(64))
    written("songs/odd.mid", replace(song, tracks=(*song.tracks[:2], Track("Drums", 9, 0, busy))))
    facts = learned(capsys, "songs", "--name", "folder")
    assert facts["files"] == 4
    assert facts["drums"]["kick"] == "x..x..x...x....."


def test_a_learned_style_is_listed_heard_and_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    learned(capsys, written("band.mid", groove()), "--name", "mine")
    assert main(["styles", "audition", "mine", "--bars", "4", "-o", "mine.mid"]) == 0
    song = midi_file.read("mine.mid")
    assert song.bpm == pytest.approx(93, abs=0.1)
    kicks = [n for t in song.tracks if t.is_drums for n in t.notes if n.pitch == KICK]
    assert len(kicks) > 8
    assert main(["accompany", "band.mid", "-o", "out.mid", "--style", "mine"]) == 0
    assert main(["styles", "forget", "mine"]) == 0
    assert "mine" in refused(capsys, "audition", "mine", "-o", "mine.mid")


def test_what_cannot_be_learned_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    band = written("band.mid", groove())
    assert "choose another name" in refused(capsys, "learn", band, "--name", "rock")
    assert "no name for a style" in refused(capsys, "learn", band, "--name", "a b")
    Path("empty").mkdir()
    assert "no MIDI file" in refused(capsys, "learn", "empty", "--name", "none")
    song = groove()
    lead = written("lead.mid", replace(song, tracks=()))
    assert "lead.mid" in refused(capsys, "learn", lead, "--name", "none")
    assert "write a .mid, .wav or .png" in refused(capsys, "audition", "rock", "-o", "x.txt")
