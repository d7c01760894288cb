"""reconstruct: the same bars, key, tempo and metre, and how much of each track came back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.cli import main
from bridge.model.codec import TrioCodec
from bridge.model.contract import Window
from bridge.model.fake import FakeTrio
from bridge.music.grid import FOUR_FOUR, THREE_FOUR
from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track
from bridge.offline.reconstruct import events_kept, reconstruct

BARS = 6


class Mirror(TrioCodec):
    """A codec that gives back all that it is given."""

    def __init__(self) -> None:
        super().__init__(FakeTrio())

    def in_metre(self, metre: str) -> Mirror:
        return self

    def again(self, window: Window) -> Window:
        return window


def piece(metre: object = FOUR_FOUR) -> Song:
    """Six bars of a tune in D major with bass and drums, at 90 BPM, after a pickup."""
    start = metre.ticks_per_beat
    beats = range(BARS * metre.beats)
    beat = metre.ticks_per_beat
    tune = tuple(Note(start + beat * i, 62 + (0, 4, 7, 9)[i % 4], beat // 2, 100) for i in beats)
    low = tuple(Note(start + metre.ticks * bar, 38, metre.ticks // 2, 80) for bar in range(BARS))
    kit = tuple(Note(start + beat * i, 36 if i % 2 == 0 else 38, 60, 90) for i in beats)
    signature = (metre.numerator, metre.denominator)
    return Song(
        (Track("Tune", 0, 73, tune), Track("Low", 1, 33, low), Track("Kit", 9, 0, kit)),
        (TempoChange(0, 90.0),),
        (TimeSignature(0, 1, 4), TimeSignature(start, *signature)),
    )


@pytest.mark.parametrize("metre", [FOUR_FOUR, THREE_FOUR], ids=str)
def test_a_codec_that_loses_nothing_gives_the_piece_back_as_it_was(metre: object) -> None:
    song = piece(metre)
    found = reconstruct(Mirror(), song, song_bars(song))
    assert found.kept == {"melody": 1.0, "bass": 1.0, "drums": 1.0}
    assert (found.bars, found.melody, found.bass) == (BARS, "Tune", "Low")
    assert found.song.tempi == song.tempi
    assert found.song.signatures == song.signatures
    for before, after in zip(song.tracks, found.song.tracks, strict=True):
        assert [(n.tick, n.pitch) for n in after.notes] == [(n.tick, n.pitch) for n in before.notes]
    assert [n.length for n in found.song.tracks[0].notes] == [
        n.length for n in song.tracks[0].notes
    ]


def test_events_that_moved_count_twice_as_lost() -> None:
    before, after = np.zeros(16, int), np.zeros(16, int)
    before[[0, 4, 8]] = 40
    after[[0, 5, 8]] = 40
    assert events_kept(before, after) == 0.5
    assert events_kept(np.zeros(4, int), np.zeros(4, int)) == 1.0


def test_the_command_writes_three_tracks_and_says_what_came_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "piece.mid", tmp_path / "back.mid"
    midi_file.write(source, piece())
    words = ["reconstruct", str(source), "-o", str(out), "--model", "fake"]
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["bars"] == BARS
    assert said["tracks"] == {"melody": "Tune", "bass": "Low"}
    assert set(said["events"]) == {"melody", "bass", "drums"}
    assert all(0 <= share <= 1 for share in said["events"].values())
    back = midi_file.read(out)
    assert [track.name for track in back.tracks] == ["Melody", "Bass", "Drums"]
    assert round(back.bpm, 3) == 90
    assert main(words) == 0
    assert "6 bars written to" in capsys.readouterr().out


def test_a_file_without_a_melody_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "drums.mid"
    midi_file.write(source, replace(piece(), tracks=piece().tracks[2:]))
    words = ["reconstruct", str(source), "-o", str(tmp_path / "back.mid"), "--model", "fake"]
    assert main(words) == 2
    assert "only drums" in capsys.readouterr().err
    assert not (tmp_path / "back.mid").exists()
