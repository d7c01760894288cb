"""The command line as a whole: its table, its help, and what becomes of errors."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge import __version__
from bridge.cli import app as cli
from bridge.cli.bench import group as bench_cli
from bridge.cli.lazy import Lazy
from bridge.errors import PortError

HEAVY = (
    "textual",
    "onnxruntime",
    "rtmidi",
    "supriya_midi",
    "matplotlib",
    "numpy",
    "mido",
    "yaml",
    "jack",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bridge", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch):
    """Make ``latent-bridge doctor`` raise what the test wants."""

    def make(error: BaseException) -> None:
        @click.command()
        def doctor() -> None:
            raise error

        monkeypatch.setattr(sys.modules[__name__], "doctor_stub", doctor, raising=False)
        monkeypatch.setitem(cli.app.table, "doctor", Lazy(f"{__name__}:doctor_stub", ""))

    return make


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"latent-bridge {__version__}\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["bench", "--help"]])
def test_version_and_help_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from bridge.cli import main; main(sys.argv[1:]); "
        f"sys.stderr.write(','.join(m for m in {HEAVY!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert "latent-bridge" in done.stdout


@pytest.mark.parametrize("table", [cli.COMMANDS, bench_cli.BENCHES], ids=["app", "bench"])
def test_every_command_of_the_tables_loads_and_explains_itself(table: dict[str, Lazy]) -> None:
    for name, lazy in table.items():
        module, _, attribute = lazy.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command), name
        assert command.help, f"{name} has no help"
        assert lazy.help.endswith("."), name


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in cli.COMMANDS)


def test_unknown_command_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["acompany"]) == 2
    err = capsys.readouterr().err
    assert "did you mean 'accompany'" in err
    assert err.count("\n") == 1


def test_unknown_bench_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "modle"]) == 2
    assert "did you mean 'model'?" in capsys.readouterr().err


def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["bench"])
    captured = capsys.readouterr()
    assert "\n  timing " in captured.out + captured.err


def test_a_wrong_option_is_one_line_that_names_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--verzion"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("latent-bridge: ")
    assert "latent-bridge --help" in err
    assert err.count("\n") == 1


def test_our_errors_are_one_line_and_exit_code_two(
    raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(PortError("no port named 'X'\nplug it in"))
    assert cli.main(["doctor"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "latent-bridge: no port named 'X' plug it in\n"
    assert captured.out == ""


def test_ctrl_c_ends_quietly(raising, capsys: pytest.CaptureFixture[str]) -> None:
    raising(KeyboardInterrupt())
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_left_ends_it_quietly(
    raising, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_forget_stdout", lambda: None)  # pytest still reads ours
    raising(BrokenPipeError())
    assert cli.main(["doctor"]) == 141
    assert capsys.readouterr().err == ""


def test_a_bug_shows_its_traceback_and_asks_for_a_report(
    raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(ZeroDivisionError("oh"))
    assert cli.main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("latent-bridge: this is a bug: please report it")


def test_a_pipe_closed_early_makes_no_noise() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "bridge", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(120) in (0, 141)


def test_output_survives_a_console_that_lacks_the_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    console = io.TextIOWrapper(raw, encoding="cp1252", errors="strict")
    cli._make_safe(console)
    console.write("Klavier ♯ 鍵盤")
    console.flush()
    assert raw.getvalue() == b"Klavier ? ??"


def test_no_command_opens_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    @click.command()
    def play() -> None:
        called.append("play")

    monkeypatch.setattr(sys.modules[__name__], "play_stub", play, raising=False)
    monkeypatch.setitem(cli.app.table, "play", Lazy(f"{__name__}:play_stub", ""))
    assert cli.main([]) == 0
    assert called == ["play"]


def test_python_m_runs_the_program() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"latent-bridge {__version__}")


def test_the_script_points_at_main() -> None:
    root = Path(cli.__file__).parents[2]
    pyproject = root / "pyproject.toml"
    if not pyproject.is_file():
        pytest.skip("not a checkout")
    assert 'latent-bridge = "bridge.cli:main"' in pyproject.read_text(encoding="utf-8")
