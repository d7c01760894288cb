"""Takes in their folder: listed, found, read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bridge.errors import BridgeError, NameUnknown
from bridge.files.takes.journal import MAGIC, framed
from bridge.files.takes.take_file import TakeFile
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note, Part
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.offline.takes import Takes, from_first_bar, kept_take, song_of, take_in
from bridge.session.recording.take_records import (
    BandMove,
    ChordMove,
    MetreMove,
    SectionMove,
    TakeEnd,
    TakeHead,
    TakeRecord,
    TempoMove,
    packed_record,
)

HIT = (BandMove(2, 0, 36, 100), BandMove(2, 480, 36, 0))


def packed(*records: TakeRecord) -> bytes:
    return MAGIC + b"".join(framed(packed_record(record)) for record in records)


def keep(folder: Path, name: str, day: int, *records: TakeRecord) -> Path:
    """A take of that day, whose end is there."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.lbtake"
    when = datetime(2026, 11, day, 20, 0).astimezone().isoformat()
    head = TakeHead(100.0, style="samba", when=when)
    path.write_bytes(packed(head, *(records or HIT), TakeEnd(1.5, 1)))
    return path


@pytest.fixture
def takes(tmp_path: Path) -> Takes:
    for name, day in (("monday", 3), ("moon", 1), ("zebra", 2)):
        keep(tmp_path, name, day)
    return Takes(tmp_path)


def test_takes_are_listed_in_the_order_in_which_they_began(takes: Takes) -> None:
    assert [take.name for take in takes.listed()] == ["moon", "zebra", "monday"]
    (first, *_) = takes.listed()
    assert (first.head.style, first.seconds, first.notes, first.state) == ("samba", 1.5, 1, "kept")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("1", "moon"), ("3", "monday"), ("last", "monday"), ("ZEB", "zebra"), ("moon", "moon")],
)
def test_a_take_is_found_by_number_name_or_its_beginning(
    takes: Takes, wanted: str, found: str
) -> None:
    assert takes.find(wanted).name == found


@pytest.mark.parametrize("wanted", ["0", "4", "mo", "nothing"])
def test_what_is_no_take_or_several_is_said_with_the_nearest(takes: Takes, wanted: str) -> None:
    with pytest.raises(NameUnknown, match="from 1 to 3"):
        takes.find(wanted)


def test_a_take_that_is_recorded_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    file = TakeFile.begin(tmp_path, "now", framed(packed_record(TakeHead())))
    takes = Takes(tmp_path)
    (now,) = takes.listed()
    assert now.state == "recording"
    for attempt in (lambda: takes.delete(now), lambda: takes.rename(now, "then")):
        with pytest.raises(BridgeError, match="being recorded"):
            attempt()
    file.close()


def test_a_file_that_is_no_take_spoils_no_list(takes: Takes) -> None:
    (takes.files.folder / "odd.lbtake").write_bytes(b"\xa5\x5a nothing of the kind")
    (takes.files.folder / "notes.txt").write_text("mine")
    names = {take.name: take.notes for take in takes.listed()}
    assert names == {"moon": 1, "zebra": 1, "monday": 1, "odd": 0}
    assert takes.recover() == []
    with pytest.raises(BridgeError, match="no notes"):
        song_of(takes.find("odd").path)


def test_the_song_has_named_tracks_tempo_metre_and_markers(tmp_path: Path) -> None:
    bar = FOUR_FOUR.ticks
    path = keep(tmp_path, "all", 1, *HIT, TempoMove(bar, 90.0), ChordMove(0, "C"),
                ChordMove(bar // 2, "C"), ChordMove(bar, "Am"), SectionMove(0, "verse"),
                MetreMove(bar, "3/4"), BandMove(1, bar, 40, 80),
                BandMove(1, bar + 9, 40, 0))  # fmt: skip
    song = song_of(path)
    assert [(track.name, len(track.notes)) for track in song.tracks] == [
        ("Melody", 0), ("Drums", 1), ("Bass", 1)]  # fmt: skip
    assert [(c.tick, c.bpm) for c in song.tempi] == [(0, 100.0), (bar, 90.0)]
    assert [(s.tick, s.beats, s.unit) for s in song.signatures] == [(0, 4, 4), (bar, 3, 4)]
    assert song.markers == ((0, "verse"), (0, "C"), (bar, "Am"))


def test_a_take_whose_head_is_lost_still_has_its_notes(tmp_path: Path) -> None:
    path = keep(tmp_path, "beheaded", 1)
    data = bytearray(path.read_bytes())
    data[len(MAGIC) + 10] ^= 1
    path.write_bytes(data)
    head, take = take_in(bytes(data))
    assert head == TakeHead()
    assert take.count == 1
    assert kept_take(path).notes == 1


def test_empty_bars_before_the_first_note_are_not_played() -> None:
    bar = FOUR_FOUR.ticks
    notes = (Note(33 * bar + 120, 40, 100), Note(35 * bar, 41, 100))
    tempi = (TempoChange(0, 120.0), TempoChange(20 * bar, 90.0), TempoChange(34 * bar, 80.0))
    song = Song((Track("Bass", 1, 33, notes),), tempi)
    short = from_first_bar(song)
    assert [n.tick for n in short.tracks[0].notes] == [120, 2 * bar]
    assert [(c.tick, c.bpm) for c in short.tempi] == [(0, 90.0), (bar, 80.0)]
    assert from_first_bar(short) == short


def test_the_usual_channels_are_those_of_the_session() -> None:
    from bridge.offline.takes import CHANNELS
    from bridge.session.state.setup import Setup

    assert Setup().channels == CHANNELS
    assert set(CHANNELS) == set(Part)
