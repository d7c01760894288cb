"""Commands on codes: sample, interpolate, patterns, decode, and the history of their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.cli import main
from bridge.files.history import FOLDER
from bridge.latent.code_file import CodeSet, from_bytes, to_bytes
from bridge.latent.patterns import fibo, orale
from bridge.latent.space import Floats, sample, slerp
from bridge.model.codec import load_codec
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.music.tunes import TUNES
from bridge.offline.codes import drawn

FAKE = ("--model", "fake")
Run = Callable[..., dict]


@pytest.fixture(autouse=True)
def own_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A history of the test's own, and files beside it."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "history"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with --json and gives what it says."""

    def check(*words: str) -> dict:
        capsys.readouterr()
        assert main([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return check


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that is to fail: exit code 2, one line; gives the line."""

    def check(*words: str) -> str:
        assert main(list(words)) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1, captured.err
        return captured.err

    return check


def write(name: str, codes: Floats, model: str = "fake") -> str:
    """A code file beside the test."""
    Path(name).write_bytes(to_bytes(CodeSet(codes, model), Path(name).suffix))
    return name


def read(name: str) -> Floats:
    return from_bytes(Path(name).read_bytes(), Path(name).suffix).codes


def seeded(seed: int) -> Floats:
    """The code [8] that a seed draws from the model."""
    return drawn(load_codec("fake"), 1, seed)[0]


def tune(name: str = "tune.mid") -> str:
    """A MIDI file with a melody, bass and drums of eight bars."""
    notes = TUNES["saints"].notes()
    bass = tuple(Note(FOUR_FOUR.bar_start(b), 36, 960) for b in range(8))
    drums = tuple(Note(b * 960, 36 + 2 * (b % 2), 60) for b in range(32))
    tracks = (Track("Melody", 0, 0, notes), Track("Bass", 1, 33, bass), Track("Drums", 9, 0, drums))
    midi_file.write(name, Song(tracks))
    return name


# --- codes ----------------------------------------------------------------------------------


def test_a_seed_is_a_piece_of_music_the_same_each_time(run: Run) -> None:
    facts = run("sample", "--seed", "5", "-o", "a.mid", *FAKE)
    run("sample", "--seed", "5", "-o", "b.mid", *FAKE)
    run("sample", "--seed", "6", "-o", "c.mid", *FAKE)
    assert facts["history"] == [1, 1]
    assert facts["notes"]["Melody"] > 0
    assert Path("a.mid").read_bytes() == Path("b.mid").read_bytes() != Path("c.mid").read_bytes()
    assert midi_file.read("a.mid").end == 4 * FOUR_FOUR.ticks


def test_several_samples_are_those_of_the_seeds_that_follow(run: Run) -> None:
    facts = run("sample", "-n", "3", "--seed", "5", "-o", "all.npz", *FAKE)
    assert (facts["codes"], facts["history"]) == (3, [1, 3])
    run("sample", "--seed", "7", "-o", "last.npz", *FAKE)
    assert np.array_equal(read("all.npz")[2:], read("last.npz"))
    run("sample", "-n", "3", "--seed", "5", "-o", "all.mid", *FAKE)
    run("history", "export", "last", "-o", "third.mid")
    whole, third = midi_file.read("all.mid"), midi_file.read("third.mid")
    begun = FOUR_FOUR.bar_start(8)
    for track in third.tracks:
        (same,) = (t for t in whole.tracks if t.name == track.name)
        late = [n for n in same.notes if n.tick >= begun]
        assert [(n.tick - begun, n.length) for n in late] == [
            (n.tick, n.length) for n in track.notes
        ]


def test_interpolate_goes_from_a_to_b_on_the_arc(run: Run) -> None:
    a, b = seeded(1), seeded(2)
    facts = run("interpolate", "seed:1", "seed:2", "--steps", "5", "-o", "way.npz", *FAKE)
    assert facts["codes"] == 5
    assert np.allclose(read("way.npz"), slerp(a, b, np.linspace(0, 1, 5)), atol=1e-6)
    run("interpolate", "seed:1", "seed:2", "--steps", "3", "--straight", "-o", "way.npz", *FAKE)
    assert np.allclose(read("way.npz"), [a, (a + b) / 2, b], atol=1e-6)


@pytest.mark.parametrize("options", [(), ("--straight",)])
def test_three_anchors_make_a_closed_path(run: Run, options: tuple[str, ...]) -> None:
    run("interpolate", "seed:1", "seed:2", "seed:3", "--steps", "4", "-o", "w.npz", *options, *FAKE)
    codes = read("w.npz")
    assert len(codes) == 12
    assert np.allclose(codes[::4], [seeded(n) for n in (1, 2, 3)], atol=1e-5)
    back = np.linalg.norm(codes[-1] - codes[0])
    assert back < np.linalg.norm(codes[8] - codes[0])


def test_anchors_come_from_everywhere(run: Run) -> None:
    run("sample", "--seed", "9", *FAKE)
    main(["history", "name", "1", "sunrise"])
    write("two.wav", sample(2, 8, 4))
    tune()
    anchors = ("sunrise", "1", "two.wav@2", "tune.mid@3", "funk", "seed:9")
    run("interpolate", *anchors, "--steps", "1", "-o", "w.npz", *FAKE)
    codes = read("w.npz")
    assert np.allclose(codes[0], codes[1], atol=1e-6)
    assert np.allclose(codes[0], codes[5], atol=1e-6)
    assert np.allclose(codes[2], sample(2, 8, 4)[1], atol=1e-6)
    assert codes[4][2:6].argmax() == 1  # the fake's funk
    run("encode", "tune.mid", "--hop", "1", "-o", "all.npz", *FAKE)
    assert np.allclose(codes[3], read("all.npz")[2], atol=1e-5)


@pytest.mark.parametrize(
    ("anchor", "part"),
    [
        ("fnk", "no anchor named 'fnk': did you mean 'funk'"),
        ("seed:x", "seed: wants a whole number"),
        ("99", "no anchor named '99'"),
        ("two.npz@3", "there are 2 codes, counted from 1"),
        ("wide.npz", "codes are 5 wide, the model's are 8"),
        ("tune.mid@50", "has windows at the bars 1 to"),
        ("none.mid", "none.mid: cannot be read"),
    ],
)
def test_a_wrong_anchor_is_said_in_a_line(refused: Callable, anchor: str, part: str) -> None:
    write("two.npz", sample(2, 8, 1))
    write("wide.npz", sample(2, 5, 1))
    tune()
    assert part in refused("interpolate", "seed:1", anchor, *FAKE)


def test_one_anchor_and_one_step_lead_nowhere(refused: Callable) -> None:
    assert "leads nowhere" in refused("interpolate", "seed:1", *FAKE)
    assert "choose 2 or more" in refused("interpolate", "seed:1", "seed:2", "--steps", "1", *FAKE)


# --- history ------------------------------------------------------------------------------


def test_an_entry_is_listed_named_and_exported_note_for_note(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sample", "--seed", "3", "--temperature", "1", "--key", "Am", "-o", "once.mid", *FAKE)
    assert main(["history", "name", "1", "first light"]) == 0
    capsys.readouterr()
    (entry,) = run("history", "list")["entries"]
    assert entry["number"] == 1
    assert (entry["name"], entry["model"], entry["seed"]) == ("first light", "fake", 3)
    assert (entry["made"], entry["key"], entry["codes"]) == ("sample", "A minor", 1)
    run("history", "export", "FIRST LIGHT", "-o", "again.mid")
    assert Path("once.mid").read_bytes() == Path("again.mid").read_bytes()
    assert main(["history"]) == 0
    assert "'first light'" in capsys.readouterr().out


def test_decoded_and_travelled_pieces_are_in_the_history_too(run: Run) -> None:
    write("c.npz", sample(3, 8, 4))
    run("decode", "c.npz", "-o", "c.mid", "--temperature", "1")
    run("interpolate", "seed:1", "seed:2", "--steps", "3", "-o", "w.mid", *FAKE)
    made = [e["made"] for e in run("history", "list")["entries"]]
    assert made == ["decode c.npz", "interpolate seed:1 seed:2"]
    for number, name in ((1, "c.mid"), (2, "w.mid")):
        run("history", "export", str(number), "-o", "again.mid")
        assert Path("again.mid").read_bytes() == Path(name).read_bytes()


def test_what_is_not_in_the_history_is_said(refused: Callable) -> None:
    assert "(the history is empty)" in refused("history", "export", "1", "-o", "x.mid")
    main(["sample", *FAKE])


# --- with codes ---------------------------------------------------------------------------


def test_files_become_codes_and_codes_music(run: Run) -> None:
    tune()
    facts = run("encode", "tune.mid", "tune.mid", "-o", "codes.npz", *FAKE)
    assert (facts["codes"], facts["dimensions"], facts["files"]) == (8, 8, {"tune.mid": 4})
    codes = read("codes.npz")
    assert np.array_equal(codes[:4], codes[4:])
    facts = run("decode", "codes.npz", "-o", "back.mid", "--bpm", "100", "--key", "D major")
    assert facts["model"] == "fake"  # the file says so
    song = midi_file.read("back.mid")
    assert (song.bpm, song.end) == (100.0, 32 * FOUR_FOUR.ticks)
    assert [t.name for t in song.tracks] == ["Melody", "Bass", "Drums"]


def test_statistics_are_printed_and_drawn(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="the extra render is not installed")
    codes = sample(50, 4, 1)
    codes[:, 3] = -codes[:, 0]
    write("c.npz", codes)
    facts = run("stats", "c.npz", "--bins", "5", "--png", "c.png")
    assert np.allclose(facts["mean"], codes.mean(axis=0), atol=1e-4)
    assert np.allclose(facts["deviation"], codes.std(axis=0), atol=1e-4)
    assert np.sum(facts["histogram"], axis=1).tolist() == [50] * 4
    assert facts["correlations"][0] == {"dimensions": [0, 3], "correlation": -1.0}
    assert Path("c.png").read_bytes().startswith(b"\x89PNG")
    assert main(["stats", "c.npz"]) == 0
    told = capsys.readouterr().out
    assert "50 codes of 4 dimensions" in told
    assert "0 and 3 -1.00" in told


def test_a_code_file_keeps_key_tempo_and_chords_of_its_piece(run: Run) -> None:
    song = midi_file.read(tune("in.mid"))
    moved = tuple(
        replace(t, notes=tuple(replace(n, pitch=n.pitch + 2) for n in t.notes)) if t.channel != 9
        else t for t in song.tracks
    )  # fmt: skip
    midi_file.write("in.mid", replace(song, tracks=moved, tempi=(TempoChange(0, 93.0),)))
    facts = run("encode", "in.mid", "-o", "codes.npz", *FAKE)
    assert (facts["key"], facts["codes"]) == ("D major", 4)
    assert facts["bpm"] == pytest.approx(93.0, abs=0.01)
    back = run("decode", "codes.npz", "-o", "back.mid")
    assert (back["key"], back["bpm"]) == ("D major", facts["bpm"])
    assert midi_file.read("back.mid").bpm == pytest.approx(93.0, abs=0.01)
    other = run("decode", "codes.npz", "-o", "back.mid", "--bpm", "120", "--key", "C")
    assert (other["key"], other["bpm"]) == ("C major", 120.0)


def test_the_history_gives_codes_back_with_their_chords(run: Run) -> None:
    chords = np.arange(16).reshape(2, 8)
    Path("c.npz").write_bytes(
        to_bytes(CodeSet(sample(2, 8, 1), "fake", key="G major", bpm=88.0, chords=chords), ".npz")
    )
    run("decode", "c.npz", "-o", "c.mid")
    run("history", "export", "1", "-o", "again.npz")
    found = from_bytes(Path("again.npz").read_bytes(), ".npz")
    assert (found.key, found.bpm) == ("G major", 88.0)
    assert np.array_equal(found.chords, chords)


def test_new_codes_have_the_statistics_and_the_same_bytes(run: Run) -> None:
    write("c.npz", sample(9, 4, 1))
    for name in ("a.wav", "b.wav"):
        run("synth", "c.npz", "--distribution", "correlated", "--length", "7", "-o", name)
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    assert read("a.wav").shape == (7, 4)


def test_patterns_chain_on_the_command_line(run: Run) -> None:
    codes = sample(3, 4, 1)
    write("c.npz", codes)
    write("d.npy", sample(3, 4, 2))
    run("pattern", "c.npz", "fibo", "orale:times=1,amount=0.3", "--seed", "4", "-o", "p.npz")
    assert np.array_equal(read("p.npz"), orale(fibo(codes), times=1, amount=0.3, seed=5))
    facts = run("pattern", "c.npz", "swapper", "blender", "--with", "d.npy", "-o", "p.npz")
    assert facts["codes"] == 3 * 5


def test_codes_go_to_pure_data_and_back() -> None:
    codes = sample(5, 12, 1)
    write("c.npz", codes)
    assert main(["codes", "convert", "c.npz", "c.wav"]) == 0
    assert main(["codes", "convert", "c.wav", "d.npy"]) == 0
    assert read("d.npy").tobytes() == codes.tobytes()


def test_the_rates_of_a_loop_are_a_table(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    write("c.npz", sample(8, 8, 1))
    facts = run("codes", "rates", "c.npz", "--bpm", "120", "--bpm", "60")
    assert (facts["codes"], facts["bars"]) == (8, 4)
    first = facts["rates"][0]
    assert first["loops_per_minute"] == pytest.approx(60 * first["codes_per_second"] / 8)
    assert first["loops_per_minute"] == pytest.approx(120 / (8 * 16))
    assert facts["rates"][1]["loops_per_minute"] == pytest.approx(first["loops_per_minute"] / 2)
    facts = run("codes", "rates", "c.npz", "--per-second", "21.5")
    assert facts["rates"][0]["loops_per_minute"] == pytest.approx(60 * 21.5 / 8)
    assert main(["codes", "rates", "c.npz"]) == 0
    assert "60 * codes per second / codes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("decode", "wide.npz", "-o", "x.mid", *FAKE), "codes are 5 wide, the model's are 8"),
        (("decode", "nan.npy", "-o", "x.mid", *FAKE), "nan.npy: codes: row 2 holds a value that"),
        (("stats", "none.npy"), "none.npy: codes: shape (0, 8)"),
        (("stats", "gone.npz"), "gone.npz: cannot be read"),
        (("stats", "text.npz"), "text.npz: no codes can be read"),
        (("synth", "wide.npz", "--distribution", "beta", "-o", "x.npz"), "no distribution named"),
        (("pattern", "wide.npz", "waltz", "-o", "x.npz"), "no pattern named 'waltz'"),
        (("pattern", "wide.npz", "blender", "-o", "x.npz"), "needs a second sequence"),
        (("synth", "wide.npz", "-o", "x.csv"), "codes are kept as .npz, .npy, .wav"),
        (("sample", "-o", "x.txt", *FAKE), "write one of .mid"),
        (("sample", "--key", "H", *FAKE), "no key named 'H'"),
        (("sample", "--model", "fak"), "no model named 'fak'"),
        (("codes", "rates", "wide.npz", "--bars", "0"), "--bars"),
        (("encode", "text.npz", "-o", "x.npz", *FAKE), "text.npz: the file is torn"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    refused: Callable, words: tuple[str, ...], part: str
) -> None:
    write("wide.npz", sample(3, 5, 1))
    np.save("nan.npy", np.array([[0.0] * 8, [np.nan] * 8]))
    np.save("none.npy", np.zeros((0, 8)))
    Path("text.npz").write_text("hello")
    before = sorted(Path().iterdir())
    assert part in refused(*words)
    assert sorted(Path().iterdir()) == before


def test_a_stopped_command_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    write("c.npz", sample(3, 8, 1))
    calls: list[int] = []

    def stop(*_: object, **__: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*_, **__)

    import bridge.offline.codes
    from bridge.model.answering.answer import decode_windows

    original = decode_windows
    monkeypatch.setattr(bridge.offline.codes, "decode_windows", stop)
    before = sorted(Path().iterdir())
    assert main(["decode", "c.npz", "-o", "out.mid"]) == 130
    assert sorted(Path().iterdir()) == before


def test_an_entry_is_played_to_its_end_on_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    main(["sample", "--seed", "3", *FAKE])
    capsys.readouterr()
    assert main(["history", "play", "last", "--out", "none", "--bpm", "300"]) == 0
    assert "history 1: 4 bars at 300 BPM" in capsys.readouterr().err
