"""Tracks added to a person's file: every byte of it stays, and its sounds keep their programs."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import mido
import pytest

from bridge.cli.bench.files import BAND, END, chunk, file, notes, samples, wrapped
from bridge.errors import MidiFileError
from bridge.music.notes import Note
from bridge.music.smf.append import append_tracks
from bridge.music.smf.chunks import parse_chunks
from bridge.music.smf.events import PROGRAM, number_bytes
from bridge.music.smf.read import song_from
from bridge.music.smf.song import Song, Track, channel_for, placed_beside
from bridge.music.smf.write import delta_bytes

NAME = b"\x00\xff\x03\x08\x83\x81\x83\x8d\x83\x66\x83\x42"
ODD = (
    b"\x00\xf0\x03\x43\x12\x00\x64\xf7\x04\x43\x12\x00\xf7\x82\x7c\xf7\x03\x90\x30\x40",
    b"\x00\xf0\x04\x43\xff\x7f\xf7",
    b"\x00\xff\x59\x02\x09\x00",
    b"\x00\xff\x59\x02\x80\x07",
    b"\x00\xff\x51\x04\x07\xa1\x20\x00",
    b"\x00\xff\x21\x01\x03\x00\xff\x20\x01\x05",
    b"\x00\xff\x58\x02\x04\x02",
    b"\x00\xff\x7f\x02\x00\x41",
    b"\x00\xf8",
    b"\x00\x90\x3c\xff\x60\x80\x3c\x80",
    b"\x00\x90\x40\x50\x30\x40\x00\x00\xff\x01\x01a\x00\x40\x50\x30\x40\x00",
    NAME,
)


def programs(data: bytes) -> dict[int, list[int]]:
    """The programs that the last two tracks send, by channel."""
    found: dict[int, list[int]] = {}
    for track in parse_chunks(data).tracks[-2:]:
        for event in track.events:
            if event.status >> 4 == PROGRAM:
                found.setdefault(event.status & 0x0F, []).append(event.data[0])
    return found


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", [0, 1])
def test_the_bytes_of_every_track_stay(odd: bytes, kind: int) -> None:
    source = file(chunk(odd + notes() + END), kind=kind)
    added = append_tracks(source, BAND, 3840)
    assert added[:14] == file(kind=1, count=3)
    assert added[14:].startswith(source[14:])
    assert [t.name for t in song_from(added).tracks[-2:]] == ["Bass", "Drums"]


def test_chunks_of_other_types_stay_where_they_are() -> None:
    alien = chunk(b"abcde", b"XFIH")
    first, second = chunk(notes() + END), chunk(notes(channel=4) + END)
    source = file(alien, first, alien, second, alien)
    added = append_tracks(source, BAND, 3840)
    assert added[14:].startswith(alien + first + alien + second)
    assert added.endswith(alien)
    assert len(parse_chunks(added).others) == 3
    assert parse_chunks(added).oddities == ()


def test_a_longer_header_keeps_what_it_has() -> None:
    plain = file(chunk(notes() + END))
    longer = b"MThd" + struct.pack(">I", 9) + plain[8:14] + b"xyz" + plain[14:]
    added = append_tracks(longer, BAND, 3840)
    assert added[:8] == longer[:8]
    assert added[14:].startswith(longer[14:])


@pytest.mark.parametrize("extra", [b"", b"\x00\xff\x01\x00"])
def test_a_riff_file_stays_one_and_its_lengths_fit(extra: bytes) -> None:
    added = append_tracks(wrapped(file(chunk(extra + notes() + END))), BAND, 3840)
    assert added[:4] == b"RIFF"
    assert struct.unpack_from("<I", added, 4) == (len(added) - 8,)
    assert added.endswith(b"LIST\x04\x00\x00\x00INFO")
    assert len(song_from(added).tracks) == 3


def test_what_is_no_part_of_the_file_is_left_off() -> None:
    source = file(chunk(notes() + END))
    assert append_tracks(b"From: me\n\n" + source, BAND, 0) == append_tracks(source, BAND, 0)


@pytest.mark.parametrize(
    "source",
    [
        file(chunk(notes() + END), chunk(notes(channel=2) + END))[:-6],
        file(chunk(notes() + END, size=5)),
        file(chunk(notes() + END), count=7),
        file(chunk(notes() + END), b"???", chunk(notes(channel=2) + END), count=2),
    ],
)
def test_what_was_torn_is_sound_with_the_band(source: bytes) -> None:
    added = append_tracks(source, BAND, 3840)
    assert song_from(added).oddities == ()
    assert song_from(added).tracks[:-2] == song_from(source).tracks
    midi = mido.MidiFile(file=io.BytesIO(added))
    assert [track.name for track in midi.tracks[-2:]] == ["Bass", "Drums"]


@pytest.mark.parametrize("source", samples())
def test_other_readers_find_the_band_and_the_notes(source: bytes) -> None:
    added = append_tracks(source, BAND, 3840)
    inside = added[added.index(b"MThd") :]
    midi = mido.MidiFile(file=io.BytesIO(inside), clip=True)
    assert [track.name for track in midi.tracks[-2:]] == ["Bass", "Drums"]
    before, after = song_from(source), song_from(added)
    assert after.tracks[:-2] == before.tracks
    assert (after.tempi, after.signatures) == (before.tempi, before.signatures)


# --- resolutions ----------------------------------------------------------------------------


@pytest.mark.parametrize("division", [1, 2, 3, 4, 5, 24, 95])
def test_times_are_multiplied_where_the_resolution_is_too_coarse(division: int) -> None:
    source = file(chunk(NAME + b"\x00\x90\x3c\x5a\x01\x3c\x00\x00\xf8" + notes() + END),
                  division=division)  # fmt: skip
    hits = tuple(Note(step * 240 + 160, 42, 120) for step in range(16))
    added = append_tracks(source, (Track("Drums", 9, 0, hits),), 3840)
    (factor, rest) = divmod(parse_chunks(added).division.per_beat, division)
    assert rest == 0
    assert 96 <= division * factor < 96 + division
    before, after = song_from(source), song_from(added)
    assert after.tracks[:-1] == before.tracks
    events = (parse_chunks(data).tracks[0].events for data in (source, added))
    pairs = list(zip(*events, strict=True))
    assert [(b.status, b.data, b.tick) for _, b in pairs] == [
        (a.status, a.data, a.tick * factor) for a, _ in pairs
    ]
    assert len(after.tracks[-1].notes) == 16
    for heard, meant in zip(after.tracks[-1].notes, hits, strict=True):
        assert abs(heard.tick - meant.tick) <= 5
        assert heard.length >= 10


@pytest.mark.parametrize("division", [96, 120, 480, 960, 15_360, 0x7FFF])
def test_a_resolution_that_is_fine_enough_stays(division: int) -> None:
    source = file(chunk(notes() + END), division=division)
    added = append_tracks(source, BAND, 3840)
    assert parse_chunks(added).division.per_beat == division
    assert song_from(added).tracks[-2].notes[0].length == pytest.approx(960, abs=5)


@pytest.mark.parametrize("frames", [24, 25, 29, 30])
@pytest.mark.parametrize("per_frame", [1, 2, 4, 40, 100, 255])
def test_a_band_is_in_time_in_smpte_files(frames: int, per_frame: int) -> None:
    division = struct.unpack(">H", struct.pack(">bB", -frames, per_frame))[0]
    source = file(chunk(b"\x00\x90\x3c\x5a\x83\x60\x3c\x00" + END), division=division)
    added = song_from(append_tracks(source, BAND, 3840))
    assert added.tracks[0] == song_from(source).tracks[0]
    assert [n.tick for n in added.tracks[1].notes] == pytest.approx([0, 960], abs=40)


def test_notes_on_one_tick_of_a_coarse_file_are_struck_once() -> None:
    source = file(chunk(notes() + END), division=96)
    close = (Note(0, 42, 4), Note(3, 42, 4), Note(960, 42, 4))
    added = song_from(append_tracks(source, (Track("Drums", 9, 0, close),), 3840))
    assert [(n.tick, n.length) for n in added.tracks[-1].notes] == [(0, 10), (960, 10)]


def test_a_silence_longer_than_a_delta_time_goes_on_over_empty_texts() -> None:
    assert delta_bytes(0x0FFFFFFF) == number_bytes(0x0FFFFFFF)
    source = file(chunk(notes() + END), division=0x7FFF)
    late = Note(9_000 * 3840, 36, 960)
    added = song_from(append_tracks(source, (Track("Drums", 9, 0, (late,)),), late.end))
    assert added.tracks[-1].notes == (replace(late, velocity=96),)


# --- channels -------------------------------------------------------------------------------


def test_a_channel_that_is_only_set_up_is_not_taken_while_others_are_free() -> None:
    setup = b"".join(b"\x00" + bytes((0xB0 | c, 7, 100)) for c in (0, 1, 2))
    song = song_from(file(chunk(setup + notes() + END)))
    assert channel_for(song, 1) == (3, "")
    assert channel_for(Song(()), 1) == (1, "")


def test_a_channel_without_notes_is_taken_before_one_with_them() -> None:
    setup = b"".join(b"\x00" + bytes((0xB0 | c, 7, 100)) for c in range(16))
    played = b"".join(notes(channel=c) for c in range(16) if c != 11)
    song = song_from(file(chunk(setup + played + END)))
    assert channel_for(song, 1) == (11, "")


def test_where_all_channels_play_the_least_used_keeps_its_program() -> None:
    played = b"".join(notes(channel=c) * (1 if c == 6 else 2) for c in range(16))
    source = file(chunk(b"\x00\xc6\x18\x00\xc9\x19" + played + END))
    song = song_from(source)
    band, remark = placed_beside(song, BAND)
    assert [track.channel for track in band] == [6, 9]
    assert "channel 7" in remark
    assert programs(append_tracks(source, band, 3840)) == {}


def test_drums_leave_the_kit_that_the_file_has_chosen() -> None:
    with_kit = file(chunk(b"\x00\xc9\x19" + notes() + END))
    assert programs(append_tracks(with_kit, BAND, 3840)) == {1: [33]}
    assert programs(append_tracks(file(chunk(notes() + END)), BAND, 3840)) == {1: [33], 9: [0]}


def test_a_file_that_is_full_of_tracks_is_refused_in_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.music.smf.append.MOST_TRACKS", 5)
    source = file(*[chunk(notes() + END)] * 4)
    assert len(song_from(append_tracks(source, BAND[:1], 3840)).tracks) == 5
    with pytest.raises(MidiFileError, match="no more fit"):
        append_tracks(source, BAND, 3840)
