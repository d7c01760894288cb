"""``latent-bridge chords``, and what ``accompany`` hears and replaces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TimeSignature, Track

BAR = 4 * TICKS_PER_BEAT
CHORDS = ((36, 60, 64, 67), (45, 60, 64, 69), (41, 60, 65, 69), (40, 60, 64, 67))


def song_file(path: Path, **changes: object) -> Path:
    """A melody, a piano with a chord a bar, a bass and drums."""
    piano = tuple(
        Note(bar * BAR, p, BAR - 20) for bar, keys in enumerate(CHORDS * 2) for p in keys[1:]
    )
    bass = tuple(Note(bar * BAR, keys[0], BAR - 20) for bar, keys in enumerate(CHORDS * 2))
    melody = tuple(Note(k * TICKS_PER_BEAT, 72 + (0, 4, 7, 4)[k % 4], 900) for k in range(32))
    drums = tuple(Note(k * TICKS_PER_BEAT, 36, 100) for k in range(32))
    tracks = (
        Track("Melody", 0, 0, melody),
        Track("Piano", 1, 0, piano),
        Track("Bass", 2, 33, bass),
        Track("Drums", 9, 0, drums),
    )
    fields: dict[str, object] = {"tracks": tracks}
    midi_file.write(path, Song(**(fields | changes)))  # type: ignore[arg-type]
    return path


def chords(source: Path, *options: str) -> int:
    return main(["chords", str(source), "--model", "fake", *options])


def test_the_chords_of_all_tracks_are_printed_bar_by_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chords(song_file(tmp_path / "in.mid")) == 0
    rows = [row.split("|")[1:-1] for row in capsys.readouterr().out.splitlines()]
    assert [[cell.strip() for cell in row] for row in rows] == [["C", "Am", "F", "C/E"]] * 2


def test_one_line_and_json_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = song_file(tmp_path / "in.mid")
    assert chords(source, "--line") == 0
    assert capsys.readouterr().out == "| C | Am | F | C/E | C | Am | F | C/E |\n"
    assert chords(source, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["bars"][3] == ["C/E"]
    assert facts["chords"][3] == {
        "beat": 12, "beats": 4, "name": "C/E", "root": 0, "quality": "", "bass": 4,
    }  # fmt: skip
    assert (facts["key"], facts["metre"]) == ("C major", "4/4")


def test_a_chord_track_is_written_that_reads_as_the_same_chords(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "chords.mid"
    assert chords(song_file(tmp_path / "in.mid"), "-o", str(out), "--line") == 0
    said = capsys.readouterr().out
    assert chords(out, "--line") == 0
    assert capsys.readouterr().out == said


def test_named_tracks_alone_are_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = song_file(tmp_path / "in.mid")
    assert chords(source, "--listen", "Piano,Bass", "--line") == 0
    assert "| C | Am | F | C/E |" in capsys.readouterr().out
    assert chords(source, "--listen", "Flute") == 2
    assert "Flute" in capsys.readouterr().err
    assert chords(source, "--listen", "Drums") == 2
    assert "holds drums" in capsys.readouterr().err


def test_a_metre_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = song_file(tmp_path / "in.mid", signatures=(TimeSignature(0, 7, 8),))
    assert chords(source) == 2
    assert "7/8" in capsys.readouterr().err


def accompany(source: Path, out: Path, *options: str) -> int:
    return main(["accompany", str(source), "-o", str(out), "--model", "fake", *options])


def test_the_bass_plays_the_chords_that_the_file_holds(tmp_path: Path) -> None:
    source = song_file(tmp_path / "in.mid")
    assert accompany(source, tmp_path / "out.mid", "--json") == 0
    bass = midi_file.read(tmp_path / "out.mid").tracks[-2]
    firsts = [
        next(n.pitch % 12 for n in bass.notes if n.tick >= bar * BAR - 100) for bar in range(4)
    ]
    assert firsts == [0, 9, 5, 4]


def test_replaced_parts_are_silent_and_all_else_stays(tmp_path: Path) -> None:
    source, out = song_file(tmp_path / "in.mid"), tmp_path / "out.mid"
    assert accompany(source, out, "--replace", "drums,bass", "--style", "own") == 0
    before, after = midi_file.read(source), midi_file.read(out)
    assert [t.name for t in after.tracks] == ["Melody", "Piano", "Bass", "Drums"]
    assert after.tracks[:2] == before.tracks[:2]
    assert set(after.tracks[3].notes) != set(before.tracks[3].notes)
    assert after.end == before.end


def test_what_cannot_be_replaced_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    melody = (Track("Melody", 0, 0, tuple(Note(k * 960, 72, 900) for k in range(16))),)
    source = song_file(tmp_path / "in.mid", tracks=melody)
    assert accompany(source, tmp_path / "out.mid", "--replace", "drums") == 2
    assert "no drums track" in capsys.readouterr().err
    assert accompany(source, tmp_path / "out.mid", "--replace", "strings") == 2
    assert "'strings'" in capsys.readouterr().err
    assert accompany(source, tmp_path / "out.mid", "--style", "own") == 2
    assert "no drums" in capsys.readouterr().err
    assert not (tmp_path / "out.mid").exists()
