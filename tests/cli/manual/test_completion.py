"""Completion as each shell asks for it; the shells themselves where they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem

from bridge.cli.app import app
from bridge.cli.early import COMPLETION
from bridge.cli.machine.man import walk
from bridge.cli.manual import completing
from bridge.cli.manual.completing import NAMES, OR_FILES
from bridge.cli.manual.completion import SHELLS, PowerShellComplete, QuotingBash
from bridge.errors import PortError

PATIENCE = 120.0
COMMANDS = dict(walk(app, click.Context(app)))


def offered(*words: str) -> list[str]:
    """The completions offered for the last of these words."""
    answer = PowerShellComplete(app, {}, "latent-bridge", COMPLETION)
    return [item.value for item in answer.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("compl",), "completion"),
        (("demo", "--style", "ro"), "rock"),
        (("play", "--form", "fib"), "fibonacci"),
        (("play", "--model", "trio"), "trio-4bar"),
        (("play", "--mapping", "korg-nanok"), "korg-nanokontrol2"),
        (("play", "--set", "swi"), "swing="),
        (("learn", "volume d"), "volume drums"),
        (("mappings", "show", "akai-mpk"), "akai-mpk-mini-mk3"),
        (("models", "import", "mel_2bar_s"), "mel_2bar_small"),
        (("pattern", "CODES.npz", "fi"), "fibo"),
        (("play", "--midi-driver", "sup"), "supriya-midi"),
        (("play", "--mode", "resp"), "respond"),
        (("completion", "po"), "powershell"),
        (("bench", "thr"), "thru"),
    ],
)
def test_names_are_completed(words: tuple[str, ...], expected: str) -> None:
    assert expected in offered(*words)


def test_ports_are_completed_and_none_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: str) -> None:
        raise PortError("no MIDI here")

    monkeypatch.setattr("bridge.midi.rtmidi_ports.Backend.choose", fails)
    assert offered("play", "--drums", "") == ["sound", "virtual", "none"]
    assert offered("monitor", "vir") == ["virtual"]


def test_what_fails_completes_nothing() -> None:
    assert offered("demo", "--model", "no-such-model", "--style", "") == []


def test_every_key_of_the_table_is_a_parameter() -> None:
    known = set()
    for path, command in COMMANDS.items():
        for parameter in command.params:
            known.update(completing._keys(path, parameter))
    assert set(NAMES) <= known
    assert set(NAMES) >= OR_FILES


# --- the protocols ------------------------------------------------------------------------


def test_bash_gets_names_with_spaces_and_colons_quoted_twice() -> None:
    """Once for ``read``, once for the line."""
    bash = QuotingBash(app, {}, "latent-bridge", COMPLETION)
    line = bash.format_completion(CompletionItem("Keys 1:out"))
    assert line == "plain,Keys\\\\ 1\\\\:out"
    assert bash.format_completion(CompletionItem("rock")) == "plain,rock"


@pytest.mark.parametrize(
    ("line", "begun", "words"),
    [
        ("latent-bridge demo --style ro", "ro", ["demo", "--style"]),
        ("latent-bridge demo --style ", "", ["demo", "--style"]),
        (r"latent-bridge encode C:\my\a.mid -o x", "x", ["encode", r"C:\my\a.mid", "-o"]),
        ("latent-bridge play --drums 'My sy", "'My sy", ["play", "--drums"]),
    ],
)
def test_powershell_tells_the_line_and_the_word_begun(
    monkeypatch: pytest.MonkeyPatch, line: str, begun: str, words: list[str]
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_WORD", begun)
    shell = PowerShellComplete(app, {}, "latent-bridge", COMPLETION)
    assert shell.get_completion_args() == (words, begun.strip("'"))


def test_powershell_quotes_what_has_spaces() -> None:
    shell = PowerShellComplete(app, {}, "latent-bridge", COMPLETION)
    assert shell.format_completion(CompletionItem("Kay's keys", help="a port")) == (
        "'Kay''s keys'\ta port"
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_is_printed(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from bridge import cli

    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert COMPLETION in script
    assert f"{shell}_complete" in script
    assert "%(" not in script


# --- the shells ---------------------------------------------------------------------------


def program(folder: Path) -> Mapping[str, str]:
    """An environment whose PATH has a ``latent-bridge`` that is this checkout's."""
    script = folder / "latent-bridge"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bridge "$@"\n')
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def run(command: list[str], environment: Mapping[str, str]) -> list[str]:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return done.stdout.splitlines()


BASH = """
eval "$(latent-bridge completion bash)"
COMP_WORDS=(latent-bridge learn "volume d"); COMP_CWORD=2
COMP_WORDS=(latent-bridge learn vol); _latent_bridge_completion latent-bridge
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(
    shutil.which("bash") is None or sys.platform != "linux", reason="no bash of 4.4 or later here"
)
def test_bash_completes_a_name_with_a_space_as_one_word(tmp_path: Path) -> None:
    assert "volume\\ drums" in run(["bash", "-c", BASH], program(tmp_path))


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish here: apt-get install fish")
def test_fish_completes_a_style(tmp_path: Path) -> None:
    line = 'latent-bridge completion fish | source; complete -C "latent-bridge demo --style ro"'
    assert run(["fish", "--no-config", "-c", line], program(tmp_path)) == ["rock"]
