"""Standard MIDI Files: what is written is read again, and dirt is mended or refused in a line."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import MidiFileError, OutputError
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track

FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(path: Path, *tracks: list[mido.Message | mido.MetaMessage], **header: int) -> Path:
    """A file made by mido, as another program might have written it."""
    midi = mido.MidiFile(**({"type": 1, "ticks_per_beat": 480} | header))
    midi.tracks += [mido.MidiTrack(track) for track in tracks]
    midi.save(path)
    return path


def on(note: int, time: int = 0, velocity: int = 90, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=note, velocity=velocity, time=time, channel=channel)


def off(note: int, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=note, time=time, channel=channel)


def refused(path: Path) -> str:
    """The one line that reading ``path`` ends with."""
    with pytest.raises(MidiFileError) as caught:
        midi_file.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@st.composite
def voices(draw: st.DrawFn) -> tuple[Note, ...]:
    """Notes of which no two of one pitch overlap: what a file can hold."""
    free: dict[int, int] = {}
    notes = []
    count = draw(st.integers(1, 12))
    for _ in range(count):
        pitch = draw(st.integers(0, 127))
        start = free.get(pitch, 0) + draw(st.integers(0, 4000))
        note = Note(start, pitch, draw(st.integers(1, 5000)), draw(st.integers(1, 127)))
        free[pitch] = note.end
        notes.append(note)
    return tuple(sorted(notes))


NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12
)
SONGS = st.builds(
    lambda tracks, tempi, length: Song(
        tuple(tracks),
        tuple(TempoChange(t, b) for t, b in sorted(({0: 120.0} | tempi).items())),
        (TimeSignature(0, 4, 4), TimeSignature(3840, 3, 8)),
        length=max(length, *(n.end for t in tracks for n in t.notes), max(tempi, default=0), 3840),
    ),
    st.lists(
        st.builds(Track, NAMES, st.integers(0, 15), st.integers(0, 127), voices()),
        min_size=1,
        max_size=4,
    ),
    st.dictionaries(st.integers(0, 30_000), st.sampled_from([60.0, 100.0, 125.0, 150.0])),
    st.integers(0, 40_000),
)


@FUZZ
@given(SONGS)
def test_a_song_that_is_written_is_read_again_equal(
    tmp_path_factory: pytest.TempPathFactory, song: Song
) -> None:
    path = tmp_path_factory.mktemp("songs") / "song.mid"
    midi_file.write(path, song)
    again = midi_file.read(path)
    assert again.tracks == song.tracks
    assert again.signatures == song.signatures
    assert again.end == song.end
    assert [t.tick for t in again.tempi] == [t.tick for t in song.tempi]
    assert [t.bpm for t in again.tempi] == pytest.approx([t.bpm for t in song.tempi], rel=1e-5)


def test_the_same_song_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    song = Song((Track("Melody", 0, 0, (Note(0, 60, 960), Note(0, 64, 960))),))
    for name in ("a.mid", "b.mid"):
        midi_file.write(tmp_path / name, song)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_every_mutation_of_bytes_is_music_or_a_plain_error(tmp_path: Path) -> None:
    base = tmp_path / "base.mid"
    midi_file.write(base, Song((Track("Mélodie", 0, 5, (Note(0, 60, 960), Note(960, 64, 960))),)))
    good = base.read_bytes()

    @FUZZ
    @given(
        st.lists(st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)), max_size=6),
        st.integers(0, len(good)),
        st.binary(max_size=8),
    )
    def check(changes: list[tuple[int, int]], cut: int, more: bytes) -> None:
        data = bytearray(good)
        for place, value in changes:
            data[place] = value
        path = tmp_path / "mutant.mid"
        path.write_bytes(bytes(data[:cut]) + more)
        try:
            song = midi_file.read(path)
        except MidiFileError as exc:
            line = str(exc)
        else:
            line = f"{path}: music"
            assert any(track.notes for track in song.tracks)
            midi_file.write(tmp_path / "again.mid", song)
        assert line.startswith(f"{path}: ")
        assert "\n" not in line

    check()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"MThd", "torn"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "not readable as MIDI"),
        (b"\x00" * 500, "not readable as MIDI"),
        (b"Dear band, please play." * 9, "not readable as MIDI"),
    ],
)
def test_what_is_no_midi_file_is_said_to_be_none(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "odd.mid"
    path.write_bytes(data)
    assert words in refused(path)


def test_a_file_cut_in_its_middle_is_read_so_far_and_called_torn(tmp_path: Path) -> None:
    path = save(tmp_path / "torn.mid", [on(60), off(60, 480), on(62), off(62, 480)])
    path.write_bytes(path.read_bytes()[:-9])
    song = midi_file.read(path)
    assert [note.pitch for note in song.tracks[0].notes] == [60, 62]
    assert song.oddities == ("the file is torn, track 1 is read as far as it goes",)


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.mid")
    assert "directory" in refused(tmp_path).lower()


def test_a_file_without_notes_is_refused(tmp_path: Path) -> None:
    assert "no notes" in refused(save(tmp_path / "still.mid", [off(60, 480)]))
    assert "no notes" in refused(save(tmp_path / "bare.mid", []))


def test_tempo_zero_is_refused_with_its_bar(tmp_path: Path) -> None:
    stop = mido.MetaMessage("set_tempo", tempo=0, time=4 * 480)
    assert "tempo 0 at quarter note 5" in refused(save(tmp_path / "zero.mid", [stop], [on(60)]))


def test_smpte_time_is_read_at_the_tempo_of_the_file(tmp_path: Path) -> None:
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60))
    for events, beats in (([], 2), ([tempo], 1)):  # 25 frames of 40 ticks: a second
        path = save(tmp_path / "smpte.mid", [*events, on(60), off(60, 1000)])
        data = bytearray(path.read_bytes())
        data[12:14] = struct.pack(">bB", -25, 40)
        path.write_bytes(bytes(data))
        song = midi_file.read(path)
        assert song.tracks[0].notes == (Note(0, 60, beats * 960, 90),)
        assert song.seconds_at(song.end) == pytest.approx(1.0)


def test_a_set_of_patterns_is_refused(tmp_path: Path) -> None:
    assert "type 2" in refused(save(tmp_path / "two.mid", [on(60), off(60, 480)], type=2))


def test_endless_silence_is_refused(tmp_path: Path) -> None:
    late = on(60, time=0xFFFFFFF)
    assert "10,000 bars" in refused(save(tmp_path / "long.mid", [late], ticks_per_beat=1))


def test_ten_thousand_notes_at_once_are_one_for_each_pitch(tmp_path: Path) -> None:
    crowd = [on(i % 128) for i in range(10_000)] + [off(i, 480 * (i == 0)) for i in range(128)]
    song = midi_file.read(save(tmp_path / "crowd.mid", crowd))
    assert song.tracks[0].notes == tuple(Note(0, pitch, 960, 90) for pitch in range(128))


def test_a_note_on_without_an_off_lasts_a_beat(tmp_path: Path) -> None:
    song = midi_file.read(save(tmp_path / "stuck.mid", [on(60), on(64, 1920), off(64, 480)]))
    assert song.tracks[0].notes == (Note(0, 60, 960, 90), Note(3840, 64, 960, 90))


def test_velocity_zero_is_an_off(tmp_path: Path) -> None:
    song = midi_file.read(save(tmp_path / "zero.mid", [on(60), on(60, 240, velocity=0)]))
    assert song.tracks[0].notes == (Note(0, 60, 480, 90),)


def test_a_note_struck_again_ends_the_one_before(tmp_path: Path) -> None:
    song = midi_file.read(save(tmp_path / "again.mid", [on(60), on(60, 240), off(60, 240)]))
    assert song.tracks[0].notes == (Note(0, 60, 480, 90), Note(480, 60, 480, 90))


@pytest.mark.parametrize("resolution", [1, 24, 96, 120, 384, 480, 960, 1024, 15_360])
def test_any_resolution_becomes_ours(tmp_path: Path, resolution: int) -> None:
    notes = [on(60), off(60, resolution), on(62, resolution), off(62, resolution)]
    song = midi_file.read(save(tmp_path / "r.mid", notes, ticks_per_beat=resolution))
    assert song.tracks[0].notes == (Note(0, 60, 960, 90), Note(1920, 62, 960, 90))


def test_channels_of_one_track_are_voices_of_their_own(tmp_path: Path) -> None:
    mixed = [
        mido.Message("program_change", channel=1, program=33),
        on(72),
        on(36, channel=1),
        on(38, channel=9),
        off(72, 480),
        off(36, channel=1),
        off(38, channel=9),
    ]
    song = midi_file.read(save(tmp_path / "zero.mid", mixed, type=0))
    assert [(t.channel, t.program, t.is_drums) for t in song.tracks] == [
        (0, 0, False),
        (1, 33, False),
        (9, 0, True),
    ]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Klavier ♯ 鍵盤".encode(), "Klavier ♯ 鍵盤"),
        ("Flöte".encode("latin-1"), "Flöte"),
        (b"\xff\xfeM\x00e\x00", "Me"),
        (b"Lead\nGuitar\x07\x00", "Lead Guitar"),
        (b"\x80\x81", "Track 1"),
    ],
)
def test_names_in_any_encoding_are_read_on_one_line(tmp_path: Path, raw: bytes, name: str) -> None:
    label = mido.MetaMessage("track_name", name=raw.decode("latin-1"))
    song = midi_file.read(save(tmp_path / "name.mid", [label, on(60), off(60, 480)]))
    assert song.tracks[0].name == name
    midi_file.write(tmp_path / "again.mid", song)
    assert midi_file.read(tmp_path / "again.mid").tracks[0].name == name


def test_time_follows_the_tempo_map() -> None:
    tempi = (TempoChange(0, 120.0), TempoChange(1920, 60.0))
    song = Song((), tempi)
    assert song.seconds_at(960) == pytest.approx(0.5)
    assert song.seconds_at(1920 + 960) == pytest.approx(2.0)
    assert song.bpm == 120.0


def test_a_signature_that_comes_late_begins_with_four_four(tmp_path: Path) -> None:
    waltz = mido.MetaMessage("time_signature", numerator=3, denominator=4, time=1920)
    song = midi_file.read(save(tmp_path / "late.mid", [waltz], [on(60), off(60, 480)]))
    assert song.signatures == (TimeSignature(0, 4, 4), TimeSignature(3840, 3, 4))


def write_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)


@pytest.mark.parametrize("spoil", [write_fails])
def test_a_full_disk_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch], None]
) -> None:
    path = tmp_path / "out.mid"
    path.write_bytes(b"old")
    spoil(monkeypatch)
    with pytest.raises(OutputError, match="No space left"):
        midi_file.write(path, Song((Track("Melody", 0, 0, (Note(0, 60, 960),)),)))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another place"):
        midi_file.write(tmp_path / "file" / "out.mid", Song(()))


def test_a_key_signature_that_is_none_is_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    """Some programs write mode 255, or 9 sharps; everything else in the file is music."""
    path = tmp_path / "odd.mid"
    midi = mido.MidiFile()
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("key_signature", key="F"))
    track.append(mido.Message("note_on", note=65, velocity=90))
    track.append(mido.Message("note_off", note=65, time=480))
    midi.tracks.append(track)
    midi.save(path)
    whole = path.read_bytes()
    assert b"\xff\x59\x02\xff\x00" in whole
    for sharps, mode in ((b"\xff", b"\xff"), (b"\x09", b"\x00"), (b"\x80", b"\x07")):
        path.write_bytes(whole.replace(b"\xff\x59\x02\xff\x00", b"\xff\x59\x02" + sharps + mode))
        with pytest.raises(mido.KeySignatureError):
            mido.MidiFile(path)
        song = midi_file.read(path)
        assert [note.pitch for note in song.tracks[0].notes] == [65]
        midi_file.write_added(tmp_path / "out.mid", path, [], song.end)
        assert midi_file.read(tmp_path / "out.mid").tracks == song.tracks
