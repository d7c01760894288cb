"""``latent-bridge completion``: prints what a shell needs to complete our commands."""

from __future__ import annotations

import os
import re
import shlex
from typing import Any, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
)

from bridge.cli.early import COMPLETION

_PROGRAM: Final = "latent-bridge"
_UNQUOTED: Final = re.compile(r"([^\w@%+=,./-])")
_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($word, $command, $cursor)
    $line = $command.Extent.Text
    $here = [Math]::Min($line.Length, $cursor - $command.Extent.StartOffset)
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_LINE = $line.Substring(0, $here)
    $env:COMP_WORD = $word
    try {
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_LINE, Env:COMP_WORD
    }
}
"""


class QuotingBash(BashComplete):
    """Bash, where a name with spaces or colons, such as a port's, goes into the line quoted."""

    def format_completion(self, item: CompletionItem) -> str:
        """A line of the script's protocol: the type, and the value as bash has to read it."""
        value = item.value if item.type != "plain" else _UNQUOTED.sub(r"\\\\\1", item.value)
        return f"{item.type},{value}"


class PowerShellComplete(ShellComplete):
    """PowerShell, version 5 on: its own completion of files follows where we have nothing."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, without the program's name, and the word begun."""
        line, begun = os.environ.get("COMP_LINE", ""), os.environ.get("COMP_WORD", "")
        if begun:
            line = line.removesuffix(begun)
        try:
            words = shlex.split(line.replace("\\", "\\\\"))
        except ValueError:  # a quotation that is still open
            words = line.split()
        return words[1:], begun.strip("'\"")

    def format_completion(self, item: CompletionItem) -> str:
        """The value, quoted where it has to be, and its help."""
        value = item.value
        if _UNQUOTED.search(value):
            value = "'" + value.replace("'", "''") + "'"
        return f"{value}\t{item.help or item.value}"

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Plain words alone: PowerShell completes files itself."""
        found = super().get_completions(args, incomplete)
        return [item for item in found if item.type == "plain"]


SHELLS: Final[dict[str, type[ShellComplete]]] = {
    "bash": QuotingBash,
    "zsh": ZshComplete,
    "fish": FishComplete,
    "powershell": PowerShellComplete,
}


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, and the names of styles,
    ports, forms, models, targets and mapping files.

    Bash, from its version 4.4 on: add it to ~/.bashrc. Zsh: to ~/.zshrc. Fish: write it to
    ~/.config/fish/completions/latent-bridge.fish. PowerShell: add it to the file $PROFILE.
    """
    click.echo(SHELLS[shell](ctx.find_root().command, {}, _PROGRAM, COMPLETION).source())


def respond(app: click.Command, instruction: str) -> int:
    """Answer a shell: ``instruction`` is ``SHELL_complete`` or ``SHELL_source``; the exit code."""
    shell, _, what = instruction.partition("_")
    made: Any = SHELLS.get(shell)
    if made is None or what not in ("complete", "source"):
        return 1
    answer = made(app, {}, _PROGRAM, COMPLETION)
    click.echo(answer.source() if what == "source" else answer.complete())
    return 0
