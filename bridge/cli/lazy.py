"""A click group that imports a command when it is run, not before.

``latent-bridge --version`` must not wait for a screen library or a neural runtime, and a
command that needs no MIDI must work where MIDI cannot even be imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from bridge.cli.manual.equip import equip
from bridge.errors import NameUnknown


class Lazy(NamedTuple):
    """The place of a command (``"module:object"``), and its line in the group's help."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group of the commands in a table; its help needs the table alone. ``path`` are the words
    that call the group."""

    def __init__(
        self, *args: Any, table: Mapping[str, Lazy], path: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = dict(table)
        self.path = path

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table, which is the order to learn them in."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None where there is none of that name."""
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name].target.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command), f"{module}:{name} is not a click command"
        return equip(f"{self.path} {cmd_name}".strip(), command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, with the nearest names in the error for an unknown one."""
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            raise NameUnknown("command", name, self.table)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lines of the table, so that help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.help) for name, lazy in self.table.items()])
