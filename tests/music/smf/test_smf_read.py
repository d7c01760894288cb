"""Files as other programs leave them: what is whole is read, and a line says what was not."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.bench.files import (
    END,
    PITCHES,
    check,
    chunk,
    file,
    mutants,
    notes,
    samples,
    wrapped,
)
from bridge.errors import MidiFileError
from bridge.music.notes import Note
from bridge.music.smf.events import number_bytes
from bridge.music.smf.read import song_from
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track
from bridge.music.smf.write import song_bytes

BAR = b"\x83\x00"
"""A bar of 4/4 at 96 ticks a quarter note, as a delta time."""


def pitches(song: Song) -> tuple[int, ...]:
    """The pitches of all notes, in order of tracks."""
    return tuple(note.pitch for track in song.tracks for note in track.notes)


def read(body: bytes) -> Song:
    """The song of a file of one track."""
    return song_from(file(chunk(body)))


@pytest.mark.parametrize(
    "meta", [b"\xff\x08\x01x", b"\xff\x60\x02ab", b"\xff\x4b\x00", b"\xff\x7f\x01A"]
)
def test_a_meta_of_any_type_keeps_its_delta_time(meta: bytes) -> None:
    song = read(BAR + meta + notes() + BAR + meta + notes() + END)
    begins = [note.tick for note in song.tracks[0].notes]
    assert (begins[0], begins[8]) == (3840, 2 * 3840 + 80)


@pytest.mark.parametrize(
    "meta",
    [
        b"\xff\x20\x00",
        b"\xff\x59\x00",
        b"\xff\x59\x01\x00",
        b"\xff\x00\x01\x01",
        b"\xff\x54\x04\x20\x00\x00\x00",
        b"\xff\x51\x02\x07\xa1",
        b"\xff\x58\x00",
        b"\xff\x58\x02\x06\x03",
    ],
)
def test_a_meta_of_a_wrong_length_is_passed_over_and_said(meta: bytes) -> None:
    song = read(b"\x00" + meta + notes() + END)
    assert pitches(song) == PITCHES
    assert (song.bpm, song.signatures) == (120.0, (TimeSignature(0, 4, 4),))
    assert song.oddities == ("metas of a wrong length: 1 passed over",)


@pytest.mark.parametrize(
    "meta",
    [
        b"\xff\x59\x02\x09\x00",
        b"\xff\x54\x05\x41cc\x00\xff",
        b"\xff\x00\x00",
        b"\xff\x51\x04\x07\xa1\x20\x00",
    ],
)
def test_odd_values_that_nothing_here_goes_by_are_no_matter(meta: bytes) -> None:
    song = read(b"\x00" + meta + notes() + END)
    assert (pitches(song), song.bpm, song.oddities) == (PITCHES, 120.0, ())


def test_a_time_signature_that_is_none_is_passed_over() -> None:
    song = read(b"\x00\xff\x58\x04\x04\xff\x18\x08\x00\xff\x58\x04\x00\x02\x18\x08" + notes() + END)
    assert song.signatures == (TimeSignature(0, 4, 4),)
    assert song.oddities == ("time signatures that are none: 2 passed over",)


@pytest.mark.parametrize(
    "stray", [b"\xf8", b"\xfa", b"\xfe", b"\xf2\x00\x00", b"\xf3\x01", b"\xf6"]
)
def test_system_messages_in_a_track_are_skipped(stray: bytes) -> None:
    song = read(b"\x00" + stray + notes() + b"\x60" + stray + notes() + END)
    assert pitches(song) == PITCHES * 2
    assert song.tracks[0].notes[8].tick == (8 + 96) * 10
    assert song.oddities == ("stray messages in track 1: 2 passed over",)


@pytest.mark.parametrize(
    "between",
    [b"\xff\x01\x01a", b"\xf0\x02\x43\xf7", b"\xf7\x01\x12", b"\xf8", b"\xf2\x01\x02", b""],
)
def test_running_status_goes_on_after_anything_between(between: bytes) -> None:
    gap = b"\x00" + between if between else b""
    song = read(
        b"\x00\x93\x3c\x5a" + gap + b"\x60\x3c\x00" + gap + b"\x00\x3e\x5a\x60\x3e\x00" + END
    )
    assert song.tracks == (Track("Track 1", 3, 0, (Note(0, 60, 960, 90), Note(960, 62, 960, 90))),)


def test_a_data_byte_without_a_status_is_skipped() -> None:
    assert pitches(read(b"\x00\x40" + notes() + END)) == PITCHES


def test_data_bytes_above_127_count_as_127() -> None:
    song = read(b"\x00\x90\xff\xff\x60\x80\xff\x00" + END)
    assert song.tracks[0].notes == (Note(0, 127, 960, 127),)


# --- chunks and containers ------------------------------------------------------------------

PLAIN = file(chunk(notes() + END))
ALIEN = chunk(b"abcde", b"XFIH")


def mac_binary(data: bytes) -> bytes:
    """The file with the header of an old Macintosh's archive before it, and its padding."""
    head = b"\x00\x05title".ljust(83, b"\x00") + struct.pack(">I", len(data))
    return head.ljust(128, b"\x00") + data + bytes(-len(data) % 128)


@pytest.mark.parametrize(
    "data",
    [
        file(ALIEN, chunk(notes() + END), count=1),
        file(chunk(notes() + END), ALIEN, count=1),
        wrapped(PLAIN),
        wrapped(file(chunk(notes() + b"\x00\xff\x01\x01a" + END))),
        mac_binary(PLAIN),
        b"From: me\nSubject: a tune\n\n" + PLAIN,
        PLAIN + b"\x1a" * 40,
        PLAIN.replace(b"\x00\x00\x00\x06", b"\x00\x00\x00\x0a", 1).replace(b"MTrk", b"moreMTrk"),
    ],
)  # fmt: skip
def test_what_stands_around_the_music_is_passed_over(data: bytes) -> None:
    song = song_from(data)
    assert (pitches(song), song.oddities) == (PITCHES, ())


@pytest.mark.parametrize("count", [0, 1, 5])
def test_all_tracks_are_read_whatever_the_header_counts(count: int) -> None:
    song = song_from(file(chunk(notes() + END), chunk(notes(channel=2) + END), count=count))
    assert pitches(song) == PITCHES * 2
    assert song.oddities == (f"the header counts {count} track{'s' * (count != 1)}, there are 2",)


@pytest.mark.parametrize("size", [0, 5, 60, 72, 1000, 0xFFFFFFFF])
def test_a_wrong_length_of_a_chunk_loses_nothing(size: int) -> None:
    song = song_from(file(chunk(notes() + END, size=size), chunk(notes(channel=2) + END)))
    assert pitches(song) == PITCHES * 2
    assert song.oddities == ("track 1 has a wrong length",)


def test_a_missing_end_and_bytes_after_it_are_said() -> None:
    song = song_from(file(chunk(notes()), chunk(notes() + END + b"\x00\x90\x20\x40junk")))
    assert pitches(song) == PITCHES * 2
    assert song.oddities == (
        "track 1 has no End of Track",
        "bytes after the end of track 2 are passed over",
    )


def test_a_second_file_behind_the_first_is_not_mixed_in() -> None:
    song = song_from(PLAIN + file(chunk(notes(channel=5) + END)))
    assert [track.channel for track in song.tracks] == [0]
    assert song.oddities == ("another MIDI file follows in it, which is not read",)


@pytest.mark.parametrize("data", samples())
def test_a_file_cut_off_anywhere_gives_what_was_whole(data: bytes) -> None:
    whole = [{(n.tick, n.pitch) for n in t.notes} for t in song_from(data).tracks]
    counts = []
    for cut in range(len(data)):
        try:
            song = song_from(data[:cut])
        except MidiFileError:
            counts.append(0)
            continue
        counts.append(len(pitches(song)))
        for track, known in zip(song.tracks, whole, strict=False):
            assert {(n.tick, n.pitch) for n in track.notes} <= known
    assert counts == sorted(counts)
    assert counts[-1] == sum(map(len, whole))


def test_a_resolution_of_nothing_is_refused_by_its_name() -> None:
    with pytest.raises(MidiFileError, match="resolution of 0 ticks: save it again"):
        song_from(file(chunk(notes() + END), division=0))


def test_every_resolution_is_read() -> None:
    for division in range(1, 0x8000):
        body = b"\x00\x90\x3c\x5a" + number_bytes(division) + b"\x80\x3c\x00"
        song = song_from(file(chunk(body + END), division=division))
        assert song.tracks[0].notes == (Note(0, 60, 960, 90),), division


@pytest.mark.parametrize(("frames", "rate"), [(24, 24), (25, 25), (29, 30_000 / 1001), (30, 30)])
def test_every_smpte_division_keeps_seconds(frames: int, rate: float) -> None:
    for per_frame in (1, 2, 4, 8, 10, 40, 80, 100, 255):
        division = struct.unpack(">H", struct.pack(">bB", -frames, per_frame))[0]
        song = song_from(file(chunk(notes(120) + END), division=division))
        seconds = song.seconds_at(song.end)
        assert seconds == pytest.approx(8 * 120 / (rate * per_frame), abs=0.001)


# --- beside two other readers ---------------------------------------------------------------


@st.composite
def tunes(draw: st.DrawFn) -> tuple[Note, ...]:
    """A voice of notes that do not touch, at 480 ticks a quarter note when halved."""
    tick, found = 0, []
    for _ in range(draw(st.integers(1, 8))):
        tick += 2 * draw(st.integers(1, 900))
        length = 2 * draw(st.integers(1, 900))
        found.append(Note(tick, draw(st.integers(0, 127)), length, draw(st.integers(1, 127))))
        tick += length
    return tuple(found)


FILES = st.builds(
    lambda voices, tempi, kind: by_mido(voices, tempi, kind),
    st.lists(st.tuples(st.integers(0, 15), tunes()), min_size=1, max_size=4,
             unique_by=lambda voice: voice[0]),
    st.dictionaries(st.integers(0, 4000), st.integers(200_000, 2_000_000), max_size=3),
    st.sampled_from([0, 1]),
)  # fmt: skip


def by_mido(
    voices: Sequence[tuple[int, tuple[Note, ...]]], tempi: dict[int, int], kind: int
) -> bytes:
    """A file as mido writes it, of format 0 or 1, at 480 ticks a quarter note."""
    tracks = [[(t, mido.MetaMessage("set_tempo", tempo=tempo)) for t, tempo in tempi.items()]]
    for channel, voice in voices:
        on_off = []
        for n in voice:
            for tick, velocity in ((n.tick, n.velocity), (n.end, 0)):
                message = mido.Message("note_on", channel=channel, note=n.pitch, velocity=velocity)
                on_off.append((tick // 2, message))
        tracks.append(on_off)
    if kind == 0:
        tracks = [[event for track in tracks for event in track]]
    out = mido.MidiFile(type=kind, ticks_per_beat=480)
    for events in tracks:
        before, track = 0, mido.MidiTrack()
        for tick, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=tick - before))
            before = tick
        out.tracks.append(track)
    data = io.BytesIO()
    out.save(file=data)
    return data.getvalue()


@given(FILES)
def test_notes_and_tempi_are_those_that_mido_and_pretty_midi_read(data: bytes) -> None:
    pretty_midi = pytest.importorskip("pretty_midi")
    ours = song_from(data)
    assert ours.oddities == ()
    told = mido.MidiFile(file=io.BytesIO(data))
    played = []
    for track in told.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                played.append((message.channel, 2 * tick, message.note, message.velocity))
    assert sorted(played) == sorted(
        (t.channel, n.tick, n.pitch, n.velocity) for t in ours.tracks for n in t.notes
    )
    other = pretty_midi.PrettyMIDI(io.BytesIO(data))
    theirs = [(n.pitch, n.velocity, n.start, n.end) for i in other.instruments for n in i.notes]
    mine = [
        (n.pitch, n.velocity, ours.seconds_at(n.tick), ours.seconds_at(n.end))
        for t in ours.tracks
        for n in t.notes
    ]
    for a, b in zip(sorted(theirs), sorted(mine), strict=True):
        assert a == pytest.approx(b, abs=1e-6)


def test_a_song_is_written_as_mido_writes_it() -> None:
    """The project's own files are what they were when mido wrote them."""
    tune = tuple(Note(i * 480, 60 + i % 5, 480, 80 + i) for i in range(16))
    song = Song(
        (Track("Mélodie", 0, 73, tune), Track("Drums", 9, 0, (Note(0, 36, 120), Note(0, 42, 120)))),
        (TempoChange(0, 97.3), TempoChange(3840, 140.0)),
        (TimeSignature(0, 4, 4), TimeSignature(7680, 6, 8)),
        length=20_000,
        markers=((0, "verse"), (3840, "Ende ♪")),
    )
    data = song_bytes(song)
    again = io.BytesIO()
    mido.MidiFile(file=io.BytesIO(data), charset="utf-8").save(file=again)
    assert again.getvalue() == data


# --- damage by the thousand -----------------------------------------------------------------


def test_three_thousand_damaged_files_are_music_or_a_line() -> None:
    music = sum(check(data) for data in mutants(3000))
    assert 1000 < music < 3000


@given(st.binary(max_size=200), st.sampled_from(samples()), st.integers(0, 200))
def test_any_bytes_anywhere_in_a_file_do_no_harm(more: bytes, data: bytes, at: int) -> None:
    check(data[:at] + more + data[at:])
    check(data[:14] + more)
