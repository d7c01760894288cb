"""Style from somewhere else, chords from somewhere else: restyle, and accompany's options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.model.fake import FakeTrio
from bridge.music.chords import chord_class, class_name
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.music.tunes import TUNES
from bridge.offline.accompany import chord_track
from bridge.offline.restyle import nearest_style, straightened, style_from, swing_of

SAINTS = TUNES["saints"].notes()
ROCK = ("36 42", "42", "38 42", "42", "36 42", "42 36", "38 42", "42")
BARS = 8


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    midi_file.write("melody.mid", Song((Track("Melody", 0, 0, SAINTS),), (TempoChange(0, 100.0),)))
    midi_file.write("rock.mid", Song(band()))
    midi_file.write("swing.mid", Song(band(late=160)))


def band(late: int = 0) -> tuple[Track, ...]:
    """Eight bars of rock drums in 8ths and a bass; off-beats may be ``late`` (ticks)."""
    drums = tuple(
        Note(FOUR_FOUR.bar_start(bar) + 480 * eighth + (late if eighth % 2 else 0), int(pitch), 60)
        for bar in range(BARS)
        for eighth, pitches in enumerate(ROCK)
        for pitch in pitches.split()
    )
    bass = tuple(Note(FOUR_FOUR.bar_start(bar), 36, 960) for bar in range(BARS))
    lead = tuple(Note(FOUR_FOUR.bar_start(bar), 72, 960) for bar in range(BARS))
    return (Track("Lead", 0, 0, lead), Track("Bass", 1, 33, bass), Track("Drums", 9, 0, drums))


def run(*words: str) -> int:
    return main([*words, "--model", "fake"])


def bass_roots(name: str) -> list[int]:
    """The pitch class that the bass begins each bar with."""
    song = midi_file.read(name)
    (bass,) = (t for t in song.tracks if t.name == "Bass")
    first: dict[int, Note] = {}
    for note in bass.notes:
        first.setdefault(FOUR_FOUR.bar_of(note.tick), note)
    return [first[bar].pitch % 12 for bar in sorted(first)]


def test_a_melody_is_played_as_another_band_plays(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("restyle", "melody.mid", "--style-from", "rock.mid", "-o", "out.mid", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["style"], facts["like"]) == ("rock", "rock")
    song = midi_file.read("out.mid")
    assert [t.name for t in song.tracks] == ["Melody", "Bass", "Drums"]
    assert song.tracks[0].notes == SAINTS
    assert song.bpm == pytest.approx(100.0)


def test_of_the_melodys_file_nothing_but_the_melody_is_kept() -> None:
    other = band()[1:]
    tracks = (Track("Melody", 0, 0, SAINTS), *other)
    midi_file.write("full.mid", Song(tracks))
    assert run("restyle", "full.mid", "--style-from", "swing.mid", "-o", "out.mid") == 0
    song = midi_file.read("out.mid")
    assert [t.name for t in song.tracks] == ["Melody", "Bass", "Drums"]
    assert not set(song.tracks[1].notes) & set(other[0].notes)


def test_the_style_of_a_file_is_heard_and_its_swing_measured() -> None:
    straight = style_from(FakeTrio(), midi_file.read("rock.mid"), "straight")
    swung = style_from(FakeTrio(), midi_file.read("swing.mid"), "swung")
    assert (straight.swing, swung.swing) == (0.0, 1.0)
    assert straight.vector == pytest.approx(swung.vector)  # swing is not another pattern
    assert nearest_style(FakeTrio(), straight) == "rock"


def test_swing_taken_out_leaves_the_straight_notes() -> None:
    straight, swung = band()[2], band(late=160)[2]
    assert [n.tick for n in straightened(swung, 0, 1.0).notes] == [n.tick for n in straight.notes]
    assert straightened(straight, 0, 0.0) is straight


def test_few_off_beats_tell_no_swing() -> None:
    assert swing_of([Note(640, 60, 10)] * 3) == 0.0
    assert swing_of([Note(640, 60, 10)] * 20) == 1.0
    assert swing_of([Note(490, 60, 10)] * 20) == 0.0


def test_accompany_takes_a_style_from_a_file_too() -> None:
    assert run("accompany", "melody.mid", "--style-from", "rock.mid", "-o", "a.mid") == 0
    assert run("accompany", "melody.mid", "--style", "bossa", "-o", "b.mid") == 0
    a, b = midi_file.read("a.mid"), midi_file.read("b.mid")
    assert a.tracks[0] == b.tracks[0]
    assert a.tracks[2].notes != b.tracks[2].notes


@pytest.mark.parametrize("style", ["rock", "bossa"])
def test_chords_stay_while_styles_change(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--chords", "Am F C G", "--style", style, "--json")
    assert run("accompany", "melody.mid", "-o", "out.mid", *words) == 0
    chords = json.loads(capsys.readouterr().out)["chords"]
    assert chords[:8] == ["Am", "Am", "F", "F", "C", "C", "G", "G"]
    roots = bass_roots("out.mid")
    expected = [chord_class(c) for c in ("Am", "F", "C", "G")]
    assert all(class_name(expected[bar % 4])[0] == "CxDxEFxGxAxB"[r] for bar, r in enumerate(roots))


def test_a_style_stays_while_chords_change() -> None:
    for name, chords in (("a.mid", "C F"), ("b.mid", "F C")):
        words = ("--chords", chords, "--style", "rock", "--temperature", "0")
        assert run("accompany", "melody.mid", "-o", name, *words) == 0
    a, b = midi_file.read("a.mid"), midi_file.read("b.mid")
    assert a.tracks[2].notes == b.tracks[2].notes
    assert bass_roots("a.mid")[:4] == [0, 5, 0, 5]
    assert bass_roots("b.mid")[:4] == [5, 0, 5, 0]


def test_the_style_moves_over_given_chords() -> None:
    words = ("--chords", "C F", "--style", "rock", "--temperature", "0")
    assert run("accompany", "melody.mid", "-o", "a.mid", *words) == 0
    assert run("accompany", "melody.mid", "-o", "b.mid", *words, "--style-to", "bossa") == 0
    a, b = (midi_file.read(name).tracks[2].notes for name in ("a.mid", "b.mid"))

    def bar(notes: tuple[Note, ...], number: int) -> list[Note]:
        return [n for n in notes if FOUR_FOUR.bar_of(n.tick) == number]

    assert bar(a, 0) == bar(b, 0)
    last = FOUR_FOUR.bar_of(a[-1].tick)
    assert bar(a, last) != bar(b, last)
    assert bass_roots("b.mid")[:4] == [0, 5, 0, 5]


def chord_notes(*chords: tuple[int, ...]) -> tuple[Note, ...]:
    """A chord a bar."""
    return tuple(
        Note(FOUR_FOUR.bar_start(bar), pitch, FOUR_FOUR.ticks - 10)
        for bar, pitches in enumerate(chords)
        for pitch in pitches
    )


def test_chords_come_from_a_track() -> None:
    held = chord_notes((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))
    tracks = (Track("Melody", 0, 0, SAINTS), Track("Keys", 2, 0, held))
    midi_file.write("keys.mid", Song(tracks))
    assert run("accompany", "keys.mid", "--chord-track", "keys", "-o", "out.mid") == 0
    assert bass_roots("out.mid")[:4] == [9, 5, 0, 7]


def test_a_chord_is_what_sounds_longest_of_half_a_bar() -> None:
    keys = (*chord_notes((57, 60, 64)), Note(1900, 53, 100))
    found = chord_track(Track("Keys", 0, 0, tuple(sorted(keys))), 0, 2)
    assert [class_name(c) for c in found] == ["Am", "Am", "Am", "Am"]  # held on in silence
    assert chord_track(Track("Keys", 0, 0, ()), 0, 1) == (0, 0)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--chords", "Am H"), "'H' is not a chord name"),
        (("--chords", "A B C | D"), "a bar has two chords at most"),
        (("--chords", "|"), "no chords: give some"),
        (("--chords", "C", "--chord-track", "1"), "not both"),
        (("--chord-track", "9"), "no track named '9'"),
        (("--style-to", "rok"), "no style named 'rok': did you mean 'rock'"),
        (("--style-from", "none.mid"), "none.mid: cannot be read"),
        (("--style-from", "melody.mid", "--style", "rock"), "not both"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("accompany", "melody.mid", "-o", "out.mid", *words) == 2
    captured = capsys.readouterr()
    assert part in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("out.mid").exists()


def test_a_file_that_is_not_there_has_no_style(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("restyle", "melody.mid", "--style-from", "gone.mid", "-o", "out.mid") == 2
    assert "gone.mid: cannot be read" in capsys.readouterr().err
    assert not Path("out.mid").exists()
