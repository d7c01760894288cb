"""Options in named sections of ``--help``."""

from __future__ import annotations

from collections import Counter

import click
import pytest
from click.testing import CliRunner

from bridge.cli.app import app
from bridge.cli.shared.option_groups import GENERAL, GroupedCommand, option

LONG = 10
"""A command with more options than this has sections."""
WIDTH = 80


def commands(group: click.Group, ctx: click.Context, *path: str) -> dict[str, click.Command]:
    """Every command of the program that is no group, by the words that call it."""
    found: dict[str, click.Command] = {}
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        words = (*path, name)
        if isinstance(command, click.Group):
            found |= commands(command, click.Context(command, ctx), *words)
        else:
            found[" ".join(words)] = command
    return found


ALL = commands(app, click.Context(app))
GROUPED = {name: c for name, c in ALL.items() if isinstance(c, GroupedCommand)}


def help_of(name: str) -> str:
    """The help that ``name --help`` prints on a terminal of 80 columns."""
    done = CliRunner().invoke(app, [*name.split(), "--help"], terminal_width=WIDTH)
    assert done.exit_code == 0, done.output
    return done.output


def test_every_long_command_has_sections() -> None:
    options = {n: sum(isinstance(p, click.Option) for p in c.params) for n, c in ALL.items()}
    assert {name for name, count in options.items() if count > LONG} <= set(GROUPED)


@pytest.mark.parametrize("name", GROUPED)
def test_each_option_stands_in_one_named_section(name: str) -> None:
    command = GROUPED[name]
    sections = command.sections(click.Context(command))
    places = Counter(p.name for members in sections.values() for p in members)
    options = [p.name for p in command.params if isinstance(p, click.Option)]
    assert {option: places[option] for option in options} == dict.fromkeys(options, 1)
    assert ["--help" in p.opts for p in sections[GENERAL]] == [True]


def test_the_sections_of_play_are_written_in_order() -> None:
    titles = [line[:-1] for line in help_of("play").splitlines() if line[:1].strip() and
              line.endswith(":")]  # fmt: skip
    assert titles == ["Ports", "Clock", "Music", "Arranger", "What the band hears", "Latent space",
                      "Model", "Controllers and OSC", "DAW", "Program", GENERAL]  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_help_fits_80_columns_and_explains_every_option(name: str) -> None:
    assert max(map(len, help_of(name).splitlines())) <= WIDTH
    bare = [p.name for p in ALL[name].params if isinstance(p, click.Option) and not p.help]
    assert bare == []


def test_a_section_lists_its_options_and_leaves_out_hidden_ones() -> None:
    @click.command(cls=GroupedCommand)
    @option("--tune", group="Music", help="A tune.")
    @option("--port", group="Ports", help="A port.")
    @option("--secret", group="Music", hidden=True)
    @option("--key", group="Music", help="A key.")
    def command() -> None:
        """Play."""

    lines = CliRunner().invoke(command, ["--help"]).output.splitlines()
    music = lines.index("Music:")
    assert [line.split()[0] for line in lines[music + 1 : music + 3]] == ["--tune", "--key"]
    assert music < lines.index("Ports:") < lines.index(f"{GENERAL}:")
    assert not any("--secret" in line for line in lines)
