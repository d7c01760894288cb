"""``latent-bridge accompany``: what a user gets, and what a user with a bad file is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest

from bridge.cli import main
from bridge.cli.bench.files import END, chunk, file, notes
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track
from bridge.music.tunes import TUNES

SAINTS = TUNES["saints"]


def song_file(path: Path, notes: Sequence[Note] = (), **changes: object) -> Path:
    """A file with one melody: Saints unless others are given."""
    fields: dict[str, object] = {
        "tracks": (Track("Melody", 0, 0, tuple(notes) or SAINTS.notes()),),
        "tempi": (TempoChange(0, 100.0),),
    }
    midi_file.write(path, Song(**(fields | changes)))  # type: ignore[arg-type]
    return path


def run(source: Path, out: Path, *options: str) -> int:
    return main(["accompany", str(source), "-o", str(out), "--model", "fake", *options])


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run it on a bad input: exit code 2, one line, nothing written; gives the line."""

    def check(source: Path, *options: str) -> str:
        out = tmp_path / "written" / "out.mid"
        assert run(source, out, *options) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert captured.err.startswith("latent-bridge: ")
        assert not out.exists()
        return captured.err.removeprefix("latent-bridge: ")

    return check


def test_the_band_is_added_to_the_tracks_that_were_there(tmp_path: Path) -> None:
    source = song_file(tmp_path / "in.mid")
    assert run(source, tmp_path / "out.mid") == 0
    before, after = midi_file.read(source), midi_file.read(tmp_path / "out.mid")
    assert [t.name for t in after.tracks] == ["Melody", "Bass", "Drums"]
    assert after.tracks[0] == before.tracks[0]
    assert (after.tempi, after.signatures, after.end) == (
        before.tempi,
        before.signatures,
        before.end,
    )


def test_every_bar_of_the_melody_has_drums_and_bass(tmp_path: Path) -> None:
    run(song_file(tmp_path / "in.mid"), tmp_path / "out.mid")
    for track in midi_file.read(tmp_path / "out.mid").tracks[1:]:
        assert {FOUR_FOUR.bar_of(n.tick) for n in track.notes} == set(range(SAINTS.bars)), (
            track.name
        )


def test_json_is_one_object_with_the_facts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mid"
    source = song_file(tmp_path / "in.mid")
    assert run(source, out, "--json", "--style", "funk", "--seed", "7") == 0
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    written = {t.name: len(t.notes) for t in midi_file.read(out).tracks}
    assert captured.err == ""
    assert (facts["out"], facts["style"], facts["seed"]) == (str(out), "funk", 7)
    assert (facts["bars"], facts["key"], facts["tempo"], facts["track"]) == (
        16,
        "C major",
        100.0,
        "Melody",
    )
    assert facts["notes"] == {
        "melody": written["Melody"],
        "bass": written["Bass"],
        "drums": written["Drums"],
    }
    assert len(facts["chords"]) == 2 * facts["bars"]
    assert 0.0 <= facts["bass_in_key"] <= 1.0
    assert facts["seconds"] >= 0.0
    assert facts["length_seconds"] == pytest.approx(16 * 2.4, abs=0.1)


def test_the_summary_says_what_was_made_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.mid"
    assert run(song_file(tmp_path / "in.mid"), out) == 0
    said = capsys.readouterr().out
    assert "16 bars in C major at 100 BPM, style rock" in said
    assert f"Written: {out}" in said


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    source = song_file(tmp_path / "in.mid")
    outs = {name: tmp_path / f"{name}.mid" for name in ("a", "b", "c")}
    for (_, out), seed in zip(outs.items(), "334", strict=True):
        assert run(source, out, "--seed", seed) == 0
    assert outs["a"].read_bytes() == outs["b"].read_bytes()
    assert outs["a"].read_bytes() != outs["c"].read_bytes()


def test_other_styles_give_other_music(tmp_path: Path) -> None:
    source = song_file(tmp_path / "in.mid")
    styles = ("rock", "funk", "swing", "bossa")
    for style in styles:
        assert run(source, tmp_path / f"{style}.mid", "--style", style) == 0
    assert len({(tmp_path / f"{style}.mid").read_bytes() for style in styles}) == len(styles)


def test_two_hundred_bars_are_accompanied_to_the_end(tmp_path: Path) -> None:
    notes = [Note(beat * 960, 60 + beat % 12, 900) for beat in range(800)]
    assert run(song_file(tmp_path / "in.mid", notes), tmp_path / "out.mid") == 0
    for track in midi_file.read(tmp_path / "out.mid").tracks[1:]:
        assert len({FOUR_FOUR.bar_of(n.tick) for n in track.notes}) == 200, track.name


def test_tempo_changes_are_kept(tmp_path: Path) -> None:
    tempi = (TempoChange(0, 150.0), TempoChange(FOUR_FOUR.bar_start(3), 75.0))
    assert run(song_file(tmp_path / "in.mid", tempi=tempi), tmp_path / "out.mid") == 0
    assert midi_file.read(tmp_path / "out.mid").tempi == tempi


def test_a_pickup_bar_moves_the_bar_lines(tmp_path: Path) -> None:
    notes = [Note(0, 67, 900), *(Note(960 + i * 960, 60 + i % 5, 900) for i in range(16))]
    signatures = (TimeSignature(0, 1, 4), TimeSignature(960, 4, 4))
    source = song_file(tmp_path / "in.mid", notes, signatures=signatures)
    assert run(source, tmp_path / "out.mid") == 0
    drums = midi_file.read(tmp_path / "out.mid").tracks[2].notes
    kicks = {(n.tick - 960) % FOUR_FOUR.ticks for n in drums if n.pitch == 36}
    assert min(n.tick for n in drums) >= 960
    assert 0 in kicks


def test_the_melody_is_found_among_tracks_and_track_overrides_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    low = tuple(Note(i * 960, 40, 900) for i in range(8))
    tracks = (
        Track("Finger Bass", 2, 33, low),
        Track("Lead Vocal", 3, 0, SAINTS.notes()),
        Track("Kit", 9, 0, (Note(0, 36, 120),)),
    )
    source = song_file(tmp_path / "in.mid", tracks=tracks)
    found = []
    for options in ((), ("--track", "1"), ("--track", "finger bass")):
        assert run(source, tmp_path / "out.mid", "--json", *options) == 0
        found.append(json.loads(capsys.readouterr().out)["track"])
    assert found == ["Lead Vocal", "Finger Bass", "Finger Bass"]
    assert midi_file.read(tmp_path / "out.mid").tracks[:3] == midi_file.read(source).tracks


def test_polyphony_is_taken_by_its_upper_voice(tmp_path: Path) -> None:
    upper = SAINTS.notes()
    chords = [Note(n.tick, n.pitch - 12, n.length) for n in upper]
    tracks = (Track("Piano", 0, 0, tuple(sorted([*upper, *chords]))),)
    assert run(song_file(tmp_path / "in.mid", tracks=tracks), tmp_path / "out.mid") == 0


def test_ten_thousand_notes_at_once_do_no_harm(tmp_path: Path) -> None:
    notes = [Note(0, pitch, 960) for pitch in range(128) for _ in range(79)]
    assert run(song_file(tmp_path / "in.mid", notes), tmp_path / "out.mid") == 0


# --- what is refused ------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path, refused) -> None:
    assert refused(tmp_path / "none.mid").startswith(f"{tmp_path / 'none.mid'}: ")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"MThd\x00\x00\x00\x06\x00\x01", "torn"), (b"hello " * 20, "MIDI")],
)
def test_a_file_that_is_no_music(tmp_path: Path, refused, data: bytes, words: str) -> None:
    source = tmp_path / "bad.mid"
    source.write_bytes(data)
    line = refused(source)
    assert line.startswith(f"{source}: ")
    assert words in line


def test_a_torn_file_is_accompanied_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = song_file(tmp_path / "in.mid"), tmp_path / "out.mid"
    source.write_bytes(source.read_bytes()[:-200])
    assert run(source, out) == 0
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"{source}: ")
    assert "torn" in said
    assert [t.name for t in midi_file.read(out).tracks] == ["Melody", "Bass", "Drums"]
    assert midi_file.read(out).oddities == ()
    assert len(mido.MidiFile(out).tracks) == 4


def test_a_file_without_notes(tmp_path: Path, refused) -> None:
    midi_file.write(tmp_path / "in.mid", Song((Track("Melody", 0, 0, ()),)))
    assert "no notes" in refused(tmp_path / "in.mid")


def test_tempo_zero(tmp_path: Path, refused) -> None:
    source = song_file(tmp_path / "in.mid")
    tempo = b"\xff\x51\x03"
    data = source.read_bytes()
    at = data.index(tempo) + len(tempo)
    source.write_bytes(data[:at] + b"\x00\x00\x00" + data[at + 3 :])
    assert "tempo 0" in refused(source)


def test_seven_eight_is_refused_and_forced(tmp_path: Path, refused) -> None:
    source = song_file(tmp_path / "in.mid", signatures=(TimeSignature(0, 7, 8),))
    line = refused(source)
    assert line.startswith(f"{source}: ")
    assert "7/8" in line
    assert "--force" in line
    assert run(source, tmp_path / "out.mid", "--force") == 0
    assert midi_file.read(tmp_path / "out.mid").signatures == (TimeSignature(0, 7, 8),)


def test_only_drums(tmp_path: Path, refused) -> None:
    tracks = (Track("Kit", 9, 0, (Note(0, 36, 120),)),)
    assert "only drums" in refused(song_file(tmp_path / "in.mid", tracks=tracks))


def test_a_word_that_is_no_chord_is_named_with_its_place_and_the_nearest(
    tmp_path: Path, refused
) -> None:
    line = refused(song_file(tmp_path / "in.mid"), "--chords", "C F Am7blah")
    assert "--chords" in line
    assert "'Am7blah' is not a chord name (the 3rd of the line): did you mean 'Am7'?" in line


def test_an_unknown_style_offers_the_nearest(tmp_path: Path, refused) -> None:
    line = refused(song_file(tmp_path / "in.mid"), "--style", "bosa")
    assert "did you mean 'bossa'?" in line


def test_an_unknown_track_lists_those_there_are(tmp_path: Path, refused) -> None:
    assert "Melody" in refused(song_file(tmp_path / "in.mid"), "--track", "9")


@pytest.mark.parametrize(
    "options", [("--seed", "-1"), ("--temperature", "nan"), ("--temperature", "9")]
)
def test_numbers_out_of_range(tmp_path: Path, refused, options: tuple[str, str]) -> None:
    assert options[0].strip("-") in refused(song_file(tmp_path / "in.mid"), *options)


def test_the_original_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = song_file(tmp_path / "in.mid")
    before = source.read_bytes()
    assert run(source, source) == 2
    assert "is the original" in capsys.readouterr().err
    assert source.read_bytes() == before


def test_a_folder_as_the_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(song_file(tmp_path / "in.mid"), tmp_path) == 2
    assert "is a folder" in capsys.readouterr().err


def test_everything_else_in_the_file_stays(tmp_path: Path) -> None:
    """Pedal, volume, bend, lyrics, markers, the key signature and the resolution are kept
    message for message; two tracks are added."""
    source, out = tmp_path / "in.mid", tmp_path / "out.mid"
    midi = mido.MidiFile(type=1, ticks_per_beat=384)
    head = mido.MidiTrack([mido.MetaMessage("track_name", name="A song")])
    head += [mido.MetaMessage("key_signature", key="G"), mido.MetaMessage("marker", text="A")]
    voice = mido.MidiTrack([mido.Message("control_change", control=64, value=127)])
    voice += [mido.Message("pitchwheel", pitch=100), mido.MetaMessage("lyrics", text="oh")]
    for pitch in (67, 69, 71, 72) * 4:
        voice.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
        voice.append(mido.Message("note_off", note=pitch, time=384))
    midi.tracks += [head, voice]
    midi.save(source)
    assert main(["accompany", str(source), "-o", str(out), "--model", "fake"]) == 0
    before, after = mido.MidiFile(source), mido.MidiFile(out)
    assert after.ticks_per_beat == 384
    assert list(after.tracks[:2]) == list(before.tracks)
    assert [t.name for t in after.tracks[2:]] == ["Bass", "Drums"]
    assert all(sum(m.time for m in t) == 16 * 384 for t in after.tracks[1:])


# --- files as they really are ---------------------------------------------------------------


def raw_file(path: Path, body: bytes, **head: int) -> Path:
    """A file of one track with these bytes."""
    path.write_bytes(file(chunk(body + notes(96) + END), **head))
    return path


def test_what_was_passed_over_in_the_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = raw_file(tmp_path / "in.mid", b"\x00\xf8\x00\xff\x58\x00", count=3)
    assert run(source, tmp_path / "out.mid") == 0
    assert capsys.readouterr().err == (
        f"{source}: stray messages in track 1: 1 passed over; the header counts 3 tracks, there "
        "are 1; metas of a wrong length: 1 passed over\n"
    )


def test_many_faults_are_counted_not_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.mid"
    source.write_bytes(file(*[chunk(notes(96))] * 9))
    assert run(source, tmp_path / "out.mid") == 0
    said = capsys.readouterr().err
    assert said.endswith("track 3 has no End of Track; and 6 more\n")
    assert said.count("\n") == 1


def test_a_track_is_chosen_by_its_japanese_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "メロディ".encode("cp932")
    source = raw_file(tmp_path / "in.mid", b"\x00\xff\x03" + bytes((len(name),)) + name)
    assert run(source, tmp_path / "out.mid", "--track", "メロディ", "--json") == 0
    assert json.loads(capsys.readouterr().out)["track"] == "メロディ"
    alone = ("restyle", str(source), "--style-from", str(tmp_path / "out.mid"), "--model", "fake")
    assert main([*alone, "-o", str(tmp_path / "alone.mid")]) == 0
    assert b"\xff\x03\x08" + name in (tmp_path / "alone.mid").read_bytes()


def test_where_all_channels_play_it_is_said_which_the_bass_shares(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in.mid", tmp_path / "out.mid"
    source.write_bytes(file(*(chunk(notes(96, channel=c) + END) for c in range(16))))
    assert run(source, out) == 0
    said = capsys.readouterr().err
    assert said.startswith(f"{source}: notes are on all channels: the bass plays on channel 2,")
    bass = mido.MidiFile(out).tracks[16]
    assert "program_change" not in {message.type for message in bass}


def test_a_tempo_that_nobody_plays_is_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    source = raw_file(tmp_path / "in.mid", b"\x00\xff\x51\x03\x00\x00\x01")
    assert run(source, tmp_path / "out.mid") == 0
    assert midi_file.read(tmp_path / "out.mid").bpm == 60_000_000


def test_a_file_of_one_tick_a_beat_gets_a_band_that_sounds(tmp_path: Path) -> None:
    source, out = tmp_path / "in.mid", tmp_path / "out.mid"
    source.write_bytes(file(chunk(notes(1) * 2 + END), division=1))
    assert run(source, out) == 0
    before, after = midi_file.read(source), midi_file.read(out)
    assert after.tracks[0] == before.tracks[0]
    assert min(note.length for track in after.tracks for note in track.notes) >= 100
