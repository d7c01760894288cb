"""``latent-bridge man``: the manual as a man page, from the same source as ``--help``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from bridge import __version__
from bridge.cli.manual.examples import examples_of
from bridge.cli.shared.file_types import OUTPUT_FILE
from bridge.system.atomic_write import write_whole

EXIT_CODES: Final = {
    "0": "Done.",
    "1": "A fault of the program: please report it.",
    "2": "Something is wrong with what was asked for, or with this machine: one line says what.",
    "130": "Ended by Ctrl+C.",
    "141": "The reader of the output has gone.",
}
ENVIRONMENT: Final = {
    "LATENT_BRIDGE_MIDI": "The MIDI system, as --backend.",
    "LATENT_BRIDGE_MIDI_DRIVER": "The MIDI driver, as --midi-driver.",
    "LATENT_BRIDGE_GRAPHS": "Folder for optimised graphs in place of the cache; none: keep none.",
    "LATENT_BRIDGE_HISTORY": "File of the history.",
    "LATENT_BRIDGE_SOUND": "Audio system of the program's own sound; never: no sound.",
}
_LEADING: Final = re.compile(r"^(?=[.'])", re.MULTILINE)


@click.command()
@click.option("-o", "--out", type=OUTPUT_FILE, default=Path("-"), help="The file to write.")
@click.pass_context
def man(ctx: click.Context, out: Path) -> None:
    """Print the manual of all commands as a man page (roff)."""
    root = ctx.find_root()
    page = "\n".join(lines(root.command, root)) + "\n"
    write_whole(out, page.encode("utf-8"))


def lines(app: click.Command, ctx: click.Context) -> Iterator[str]:
    """The lines of the page."""
    name = "latent\\-bridge"
    yield f'.TH LATENT\\-BRIDGE 1 "" "latent-bridge {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"{name} \\- {_roff(_first_line(app)).rstrip('.')}"
    yield ".SH SYNOPSIS"
    yield f".B {name}"
    yield "[COMMAND] [OPTIONS] [ARGUMENTS]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(app.help or "")
    yield ".SH COMMANDS"
    for path, command in walk(app, ctx):
        yield from _section(path, command, ctx)
    for title, table in (("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", ENVIRONMENT)):
        yield f".SH {title}"
        for key, text in table.items():
            yield from (".TP", f".B {_roff(key)}", _roff(text))


def walk(
    group: click.Command, ctx: click.Context, path: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, with the words that call it, in the order of the help."""
    if not isinstance(group, click.Group):
        yield path, group
        return
    inner = click.Context(group, parent=ctx, info_name=path or None)
    for name in group.list_commands(inner):
        command = group.get_command(inner, name)
        assert command is not None
        yield from walk(command, inner, f"{path} {name}".strip())


def _section(path: str, command: click.Command, ctx: click.Context) -> Iterator[str]:
    inner = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(inner))
    yield f".SS {_roff(path)} {_roff(usage)}"
    yield from _paragraphs(command.help or "")
    for parameter in command.params:
        record = parameter.get_help_record(inner)
        if record is not None:
            yield from (".TP", f".B {_roff(record[0])}", _roff(" ".join(record[1].split())))
    for line in examples_of(path):
        yield from (".PP", ".RS", ".nf", _roff(line), ".fi", ".RE")


def _first_line(command: click.Command) -> str:
    return (command.help or "").strip().splitlines()[0]


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.replace("\b", "").strip()):
        yield ".PP"
        yield _roff(" ".join(paragraph.split()))


def _roff(text: str) -> str:
    """A text as roff reads it: nothing in it is a command."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return _LEADING.sub("\\\\&", plain)
