"""Any folder of MIDI files as a data set: what is a trio is kept, what is none is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="the training extra is not installed")

from bridge.errors import ExtraMissing
from bridge.music.chords import class_name
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from bridge.music.tokens import class_to_pitch
from tools.data import build_dataset, midi_folder

BARS = 8


def line(pitches: list[int], every: int = TICKS_PER_BEAT) -> tuple[Note, ...]:
    """Notes one after another, round and round for eight bars."""
    count = BARS * FOUR_FOUR.ticks // every
    return tuple(Note(i * every, pitches[i % len(pitches)], every, 90) for i in range(count))


MELODY = Track("Lead", 0, 73, line([74, 78, 81, 79, 78, 76, 73, 74]))
CHORDS = Track("Keys", 2, 0, line([62, 66, 69], FOUR_FOUR.ticks))
BASS = Track("Low", 1, 33, line([38, 45], 2 * TICKS_PER_BEAT))
DRUMS = Track("Kit", 9, 0, line([36, 38]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One trio in a folder below, and files that are none."""
    place = tmp_path / "songs"
    (place / "deep").mkdir(parents=True)
    midi_file.write(place / "deep" / "whole.mid", Song((CHORDS, MELODY, BASS, DRUMS)))
    midi_file.write(place / "no-bass.mid", Song((MELODY, DRUMS)))
    midi_file.write(place / "no-drums.mid", Song((MELODY, BASS)))
    (place / "torn.mid").write_bytes(b"MThd\x00")
    return place


def test_the_tracks_of_a_trio_are_found_and_moved_to_the_common_key(folder: Path) -> None:
    (piece,) = midi_folder.read_folder(folder)
    assert piece.name == "whole"
    assert piece.shift == -2  # D major
    assert len(piece.melody) == len(piece.bass) == len(piece.drums) == 16 * BARS
    assert class_to_pitch(int(piece.melody[4])) == 78
    assert class_to_pitch(int(piece.bass[8])) == 45
    assert piece.drums[:8].tolist() == [1, 0, 0, 0, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("file", "reason"), [("no-bass", "no bass"), ("no-drums", "no drums"), ("torn", "torn")]
)
def test_what_is_no_trio_is_passed_by_with_the_reason(folder: Path, file: str, reason: str) -> None:
    result = midi_folder.read_piece(str(folder / f"{file}.mid"))
    assert isinstance(result, midi_folder.SkippedFile)
    assert reason.split()[-1] in result.reason


def test_a_bass_is_told_by_its_program_and_else_by_lying_lowest() -> None:
    song = Song((MELODY, CHORDS, BASS, DRUMS))
    assert midi_folder.find_bass(song, MELODY) == BASS
    plain = Track("Low", 1, 0, BASS.notes)
    assert midi_folder.find_bass(Song((MELODY, CHORDS, plain)), MELODY) == plain
    assert midi_folder.find_bass(Song((MELODY, CHORDS)), MELODY) is None


def test_a_folder_of_midi_files_becomes_a_data_set(folder: Path, tmp_path: Path) -> None:
    """Its chords are those of all its notes, its bass lies where basses are."""
    data = build_dataset.build(build_dataset.Sources(midi=[folder]))
    data.save(tmp_path)
    read = type(data).load(tmp_path)
    assert read.lead_names.tolist() == ["songs/whole"]
    assert {class_name(int(c)) for c in read.chords} <= {"D", "F#m", "Bm", "A"}
    assert len(read.chords) == 2 * BARS
    sounding = read.bass[read.bass >= 2]
    assert build_dataset.BASS_LOW <= sounding.min() <= sounding.max() <= build_dataset.BASS_HIGH
    assert np.array_equal(read.drums, data.drums)


def test_a_folder_without_a_trio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no MIDI files"):
        midi_folder.read_folder(tmp_path)
    midi_file.write(tmp_path / "alone.mid", Song((MELODY,)))
    with pytest.raises(SystemExit, match="no piece was found"):
        build_dataset.build(build_dataset.Sources(midi=[tmp_path]))


def test_a_cluster_reads_the_same(folder: Path) -> None:
    """Through a Dask scheduler of this machine; without Dask, a line that names the extra."""
    try:
        from distributed import LocalCluster
    except ImportError:
        with pytest.raises(ExtraMissing, match="cluster"):
            midi_folder.read_folder(folder, "tcp://127.0.0.1:1")
        return
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        (piece,) = midi_folder.read_folder(folder, cluster.scheduler_address)
    assert piece.name == "whole"
