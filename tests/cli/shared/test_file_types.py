"""Files of commands as streams: ``-`` in and out, pipes, devices, links, names of any bytes."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from bridge.cli import main
from bridge.cli.app import app
from bridge.cli.shared.file_types import InputFile, Number, OutputFile
from bridge.files.history import History
from bridge.latent.code_file import FORMATS, CodeSet, to_bytes
from bridge.latent.space import sample
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes of POSIX")
FAKE = ("--model", "fake")
MIDI, NPZ, PNG = b"MThd", b"PK\x03\x04", b"\x89PNG"
FORM = b"""
name: mine
tempo: [90, 110]
keys: [C major]
style: rock
sections: {verse: {bars: 4}, chorus: {bars: 4, style: funk}}
order: [verse, chorus]
"""
MAPPING = b"name: mine\nmatch: mine\nbindings:\n  - {cc: 1, target: swing}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A MIDI file, a code file, a form and a mapping in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    tune = tuple(Note(960 * n, 60 + (0, 4, 7, 4)[n % 4], 900) for n in range(16))
    bass = tuple(Note(960 * n, 36, 900) for n in range(16))
    drums = tuple(Note(960 * n, 36, 60) for n in range(16))
    tracks = (Track("Lead", 0, 0, tune), Track("Bass", 1, 33, bass), Track("Drums", 9, 0, drums))
    midi_file.write("tune.mid", Song(tracks))
    codes = CodeSet(sample(4, 8, 1), "fake")
    for suffix in FORMATS:
        Path(f"codes{suffix}").write_bytes(to_bytes(codes, suffix))
    Path("form.yaml").write_bytes(FORM)
    Path("mapping.yaml").write_bytes(MAPPING)


Run = Callable[..., tuple[bytes, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command with the content of a file as standard input; its output and stderr."""

    def check(*words: str, given: str = "", code: int = 0) -> tuple[bytes, str]:
        capsysbinary.readouterr()
        data = Path(given).read_bytes() if given else b""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        done = main(list(words))
        captured = capsysbinary.readouterr()
        assert done == code, captured.err
        return captured.out, captured.err.decode()

    return check


INPUTS = {
    "accompany": ("tune.mid", ("accompany", "{}", "-o", "out.mid", *FAKE)),
    "accompany --style-from": (
        "tune.mid", ("accompany", "tune.mid", "--style-from", "{}", "-o", "out.mid", *FAKE)
    ),
    "accompany --style-to": (
        "tune.mid", ("accompany", "tune.mid", "--style-to", "{}", "-o", "out.mid", *FAKE)
    ),
    "restyle": ("tune.mid", ("restyle", "{}", "--style-from", "tune.mid", "-o", "out.mid", *FAKE)),
    "compose --melody": (
        "tune.mid",
        ("compose", "--form", "form.yaml", "--melody", "{}", "-o", "out.mid", *FAKE),
    ),
    "compose --form": ("form.yaml", ("compose", "--form", "{}", "-o", "out.mid", *FAKE)),
    "interpolate MIDI": ("tune.mid", ("interpolate", "{}", "seed:1", "-o", "out.mid", *FAKE)),
    "interpolate codes": (
        "codes.npz", ("interpolate", "-o", "out.mid", *FAKE, "--", "{}@2", "seed:1")
    ),
    "encode": ("tune.mid", ("encode", "{}", "-o", "out.npz", *FAKE)),
    "decode": ("codes.npz", ("decode", "{}", "-o", "out.mid")),
    "synth": ("codes.npy", ("synth", "{}", "-o", "out.npz")),
    "pattern": ("codes.wav", ("pattern", "{}", "fibo", "-o", "out.npz")),
    "pattern --with": (
        "codes.npz", ("pattern", "codes.npy", "swapper", "--with", "{}", "-o", "out.npz")
    ),
    "codes convert": ("codes.wav", ("codes", "convert", "{}", "out.npz")),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_standard_input_gives_what_the_file_gives(run: Run, name: str) -> None:
    file, words = INPUTS[name]
    out = Path(next(word for word in words if word.startswith("out.")))
    run(*(word.format(file) for word in words))
    expected = out.read_bytes()
    out.unlink()
    run(*(word.format("-") for word in words), given=file)
    assert out.read_bytes() == expected


SHOWN = {
    "stats": ("codes.npz", ("stats", "{}", "--json")),
    "codes rates": ("codes.npz", ("codes", "rates", "{}", *FAKE, "--json")),
    "mappings check": ("mapping.yaml", ("mappings", "check", "{}")),
    "mappings show": ("mapping.yaml", ("mappings", "show", "{}", "--json")),
}


@pytest.mark.parametrize("name", SHOWN)
def test_standard_input_shows_what_the_file_shows(run: Run, name: str) -> None:
    file, words = SHOWN[name]
    expected, _ = run(*(word.format(file) for word in words))
    found, _ = run(*(word.format("-") for word in words), given=file)
    assert found.decode() == expected.decode().replace(file, "-")


OUTPUTS = {
    "accompany": (MIDI, ("accompany", "tune.mid", "-o", "{}", *FAKE)),
    "restyle": (MIDI, ("restyle", "tune.mid", "--style-from", "tune.mid", "-o", "{}", *FAKE)),
    "compose": (MIDI, ("compose", "--form", "form.yaml", "-o", "{}", *FAKE)),
    "sample": (MIDI, ("sample", "-o", "{}", *FAKE)),
    "interpolate": (MIDI, ("interpolate", "seed:1", "seed:2", "-o", "{}", *FAKE)),
    "decode": (MIDI, ("decode", "codes.npz", "-o", "{}")),
    "encode": (NPZ, ("encode", "tune.mid", "-o", "{}", *FAKE)),
    "synth": (NPZ, ("synth", "codes.npz", "-o", "{}")),
    "pattern": (NPZ, ("pattern", "codes.npz", "fibo", "-o", "{}")),
    "codes convert": (NPZ, ("codes", "convert", "codes.npy", "{}")),
    "stats --png": (PNG, ("stats", "codes.npz", "--png", "{}")),
}
SUFFIXES = {MIDI: ".mid", NPZ: ".npz", PNG: ".png"}


@pytest.mark.parametrize("as_json", [False, True], ids=["for a person", "JSON"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_standard_output_is_the_file_and_the_rest_goes_to_stderr(
    run: Run, name: str, as_json: bool
) -> None:
    head, words = OUTPUTS[name]
    if head == PNG:
        pytest.importorskip("matplotlib")
    words += ("--json",) if as_json and name != "codes convert" else ()
    named = f"named{SUFFIXES[head]}"
    usual, _ = run(*(word.format(named) for word in words))
    data, said = run(*(word.format("-") for word in words))
    assert data.startswith(head)
    assert data == Path(named).read_bytes()
    assert len(said.splitlines()) >= len(usual.splitlines()) > 0


def test_an_entry_of_the_history_is_exported_to_standard_output_also_when_made_again(
    run: Run,
) -> None:
    run("accompany", "tune.mid", "-o", "named.mid", *FAKE)
    expected = Path("named.mid").read_bytes()
    assert run("history", "export", "1", "-o", "-")[0] == expected
    assert run("history", "export", "1", "--again", "-o", "-")[0] == expected


def test_what_came_through_a_pipe_is_kept_and_says_that_it_cannot_be_made_again(run: Run) -> None:
    data, _ = run("accompany", "-", "-o", "-", *FAKE, given="tune.mid")
    assert run("history", "export", "1", "-o", "-")[0] == data
    _, said = run("history", "export", "1", "--again", "-o", "again.mid", code=2)
    assert "1 came through a pipe: export it without --again" in said


def test_codes_to_standard_output_and_other_files_beside_a_stream_are_told_apart(run: Run) -> None:
    _, said = run("compose", "--form", "form.yaml", "-o", "-", "--wav", *FAKE, code=2)
    assert "leave out --wav and --png" in said


def test_an_empty_standard_input_is_told_in_one_line(run: Run) -> None:
    out, said = run("accompany", "-", "-o", "out.mid", *FAKE, code=2)
    assert (out, said.count("\n")) == (b"", 1)
    assert "empty" in said
    out, said = run("stats", "-", code=2)
    assert (out, said.count("\n")) == (b"", 1)


def test_a_file_of_the_name_minus_is_given_with_its_folder(run: Run) -> None:
    Path("tune.mid").rename("-")
    run("accompany", "./-", "-o", "out.mid", *FAKE)
    assert Path("out.mid").read_bytes().startswith(MIDI)
    run("sample", "-o", "named.mid", *FAKE)
    run("decode", "codes.npz", "-o", "./-")
    assert Path("-").absolute().read_bytes().startswith(MIDI)


@posix
@pytest.mark.parametrize("name", [n for n in INPUTS if n != "interpolate codes"])
def test_a_pipe_gives_what_the_file_gives(run: Run, name: str) -> None:
    file, words = INPUTS[name]
    out = Path(next(word for word in words if word.startswith("out.")))
    run(*(word.format(file) for word in words))
    expected = out.read_bytes()
    os.mkfifo("pipe")
    data = Path(file).read_bytes()
    threading.Thread(target=Path("pipe").write_bytes, args=(data,), daemon=True).start()
    run(*(word.format("pipe") for word in words))
    assert out.read_bytes() == expected


@posix
@pytest.mark.parametrize("name", [n for n, (head, _) in OUTPUTS.items() if head != PNG])
def test_links_modes_and_pipes_are_kept_by_every_command(run: Run, name: str) -> None:
    head, words = OUTPUTS[name]
    named = Path(f"named{SUFFIXES[head]}")
    run(*(word.format(named) for word in words))
    expected = named.read_bytes()

    link, target = named.with_stem("link"), named.with_stem("target")
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    run(*(word.format(link) for word in words))
    assert link.is_symlink()
    assert target.read_bytes() == expected
    assert stat.S_IMODE(target.stat().st_mode) == 0o600

    pipe, heard = Path("pipe"), []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    run(*(word.format(pipe) for word in words))
    reader.join(30)
    assert heard == [expected]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def program(*words: str | bytes, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    environment = {**os.environ, **options.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [sys.executable, "-m", "bridge", *words], capture_output=True, timeout=120, check=False,
        env=environment, **options,  # type: ignore[call-overload]
    )  # fmt: skip


@posix
def test_a_chain_of_commands_passes_codes_through_pipes() -> None:
    chain = " | ".join(
        f"{sys.executable} -m bridge {words}"
        for words in ("encode - -o - --model fake", "pattern - fibo -o -", "decode - -o -")
    )
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; cat tune.mid | {chain}"],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(MIDI)


@posix
def test_process_substitution_and_dev_stdin_and_dev_stdout_are_pipes() -> None:
    me = f"{sys.executable} -m bridge accompany"
    script = f"{me} <(cat tune.mid) -o a.mid {' '.join(FAKE)} >&2 && \
        cat tune.mid | {me} /dev/stdin -o /dev/stdout {' '.join(FAKE)}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == Path("a.mid").read_bytes()


@posix
def test_a_reader_that_has_gone_is_no_traceback() -> None:
    script = f"{sys.executable} -m bridge sample -o - {' '.join(FAKE)} | true; \
        exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=120, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 141)  # all was written before the reader went, or not


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [("sample", *FAKE), ("sample", "-o", "-", *FAKE), ("styles",)])
def test_a_full_disk_behind_standard_output_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bridge", *words], stdout=full, stderr=subprocess.PIPE,
            timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"standard output: cannot be written (No space left on the disk)" in done.stderr


LOCALES = {
    "UTF-8": {"PYTHONUTF8": "1"},
    "C": {"LC_ALL": "C"},
    "C, strictly": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a terminal of ASCII": {"PYTHONIOENCODING": "ascii:strict"},
    "a terminal of Latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
}


@pytest.mark.skipif(sys.platform != "linux", reason="a system whose file names are bytes")
@pytest.mark.parametrize("as_json", [False, True], ids=["for a person", "JSON"])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_file_name_that_is_no_utf8_works_on_any_terminal(locale: str, as_json: bool) -> None:
    source, out = b"b\xe9.mid", b"o\xe9.mid"
    Path(os.fsdecode(source)).write_bytes(Path("tune.mid").read_bytes())
    words = [b"accompany", source, b"-o", out, *map(os.fsencode, FAKE)]
    done = program(*words, *([b"--json"] if as_json else []), env=LOCALES[locale])
    assert (done.returncode, done.stderr) == (0, b"")
    assert Path(os.fsdecode(out)).read_bytes().startswith(MIDI)
    if as_json:
        assert json.loads(done.stdout)["out"] == "o\udce9.mid"
    (entry,) = History().entries()
    assert entry.made == r"accompany b\udce9.mid"
    listed = program("history", env=LOCALES[locale])
    assert (listed.returncode, listed.stderr) == (0, b"")
    again = program("history", "export", "1", "--again", "-o", "again.mid", env=LOCALES[locale])
    assert (again.returncode, again.stderr) == (0, b"")
    assert Path("again.mid").read_bytes() == Path(os.fsdecode(out)).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="a system whose file names are bytes")
def test_a_missing_file_whose_name_is_no_utf8_is_one_line() -> None:
    done = program(b"accompany", b"none\xe9.mid", b"-o", b"out.mid", *map(os.fsencode, FAKE))
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be read" in done.stderr


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN", "Infinity"])
@pytest.mark.parametrize("kind", [Number(), Number(0, 2), Number(min=0), Number(max=1)], ids=repr)
def test_a_number_that_is_not_finite_is_refused_by_every_range(kind: Number, text: str) -> None:
    with pytest.raises(click.BadParameter):
        kind.convert(text, None, None)


def commands(command: click.Command) -> list[click.Command]:
    """A command and all below it."""
    if not isinstance(command, click.Group):
        return [command]
    context = click.Context(command)
    below = [command.get_command(context, name) for name in command.list_commands(context)]
    return [command, *(one for each in below if each is not None for one in commands(each))]


def test_every_number_and_every_file_of_every_command_is_of_these_types() -> None:
    parameters = [(c.name, p) for c in commands(app) for p in c.params]
    loose = [
        (c, p.name)
        for c, p in parameters
        if isinstance(p.type, click.types.FloatParamType) and not isinstance(p.type, Number)
    ]
    assert loose == []
    files = {(c, p.name) for c, p in parameters if isinstance(p.type, InputFile | OutputFile)}
    other = {(c, p.name) for c, p in parameters if isinstance(p.type, click.Path)} - files
    assert {name for _, name in other} == {"data", "folder", "library", "out", "sources"}  # folders
    assert {command for command, name in other if name == "out"} == {"gallery", "pathway"}
    assert len(files) > 15
