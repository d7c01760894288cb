"""Examples in each command's help, the man page, and exit codes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge import cli
from bridge.cli.app import app
from bridge.cli.machine.man import EXIT_CODES, walk
from bridge.cli.manual.examples import EXAMPLES, examples_of

COMMANDS = dict(walk(app, click.Context(app)))
SHELL_SYNTAX = re.compile(r"^[<>|]")


def test_every_command_has_examples_and_every_example_a_command() -> None:
    assert set(EXAMPLES) == set(COMMANDS)
    assert list(EXAMPLES) == sorted(EXAMPLES), "in the order of the alphabet, to merge easily"


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_stand_in_the_help_and_fit_80_columns(path: str) -> None:
    done = CliRunner().invoke(app, [*path.split(), "--help"], terminal_width=80)
    lines = done.output.splitlines()
    for example in examples_of(path):
        assert f"    {example}" in lines
        assert len(example) + 4 <= 80


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_options_of_examples_exist(path: str) -> None:
    """And each has all the arguments that its command needs."""
    command = COMMANDS[path]
    known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
    for example in EXAMPLES[path]:
        words = [w for w in shlex.split(example) if not SHELL_SYNTAX.match(w)]
        given = [word for word in words[len(path.split()) :] if re.match(r"--?[a-z]", word)]
        assert set(given) <= known, example
        required = [p for p in command.params if isinstance(p, click.Argument) and p.required]
        assert len(words) - len(path.split()) - len(given) >= len(required), example


def test_an_output_file_is_always_out() -> None:
    """Only ports have the same name, and the second picture or sound of a command its own."""
    others = {"--png", "--wav", "--markdown", "--output"}
    for path, command in COMMANDS.items():
        for parameter in command.params:
            kind = getattr(parameter.type, "name", "")
            if isinstance(parameter, click.Option) and "output" in kind:
                assert {"-o", "--out"} <= set(parameter.opts) or others & set(parameter.opts), path


def test_the_man_page_names_every_command_option_and_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["man"]) == 0
    plain = capsys.readouterr().out.replace("\\-", "-")
    for path, command in COMMANDS.items():
        assert f".SS {path}" in plain
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[0] in plain
    for code in EXIT_CODES:
        assert f".B {code}" in plain


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here: apt-get install groff")
def test_groff_finds_nothing_wrong_with_the_man_page(tmp_path: Path) -> None:
    page = tmp_path / "latent-bridge.1"
    assert cli.main(["man", "-o", str(page)]) == 0
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", str(page)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "EXIT STATUS" in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)


def test_the_help_names_the_exit_codes() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    assert "Exit codes: 0 done" in shown


def test_codes_convert_takes_its_target_by_place_or_by_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And analyze, whose option was --output, --out as well."""
    assert cli.main(["codes", "convert", str(tmp_path / "a.npz")]) == 2
    assert "--out FILE, or TARGET" in capsys.readouterr().err
    outs = {tuple(p.opts) for p in COMMANDS["analyze"].params if "--output" in p.opts}
    assert outs == {("-o", "--out", "--output")}
