"""Gives a command that was just imported its examples and its completions."""

from __future__ import annotations

import click

from bridge.cli.manual.completing import complete
from bridge.cli.manual.examples import examples_of


def equip(path: str, command: click.Command) -> click.Command:
    """The command of the words ``path``, with all that is inside it. May be called again."""
    examples = examples_of(path)
    if examples:
        title = "Example" if len(examples) == 1 else "Examples"
        command.epilog = "\n".join(("\b", f"{title}:", *(f"  {line}" for line in examples)))
    complete(path, command)
    for name, inner in getattr(command, "commands", {}).items():
        equip(f"{path} {name}", inner)
    return command
