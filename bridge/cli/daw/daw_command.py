"""``latent-bridge daw``: the DAWs that answer, and the scripts that run in them."""

from __future__ import annotations

from contextlib import closing

import click

from bridge.errors import BridgeError
from bridge.live.daw.install import INSTALLED, exchange_folder, install
from bridge.live.daw.registry import DAWS, open_daw


@click.group(invoke_without_command=True)
@click.pass_context
def daw(ctx: click.Context) -> None:
    """DAWs beside the band: which answer, and our scripts for them. Alone: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_daws)


@daw.command("list")
def list_daws() -> None:
    """List the DAWs, with the position of those that answer."""
    for name in DAWS:
        click.echo(f"{name:<8}  {_line(name)}")


def _line(name: str) -> str:
    try:
        with closing(open_daw(name)) as found:
            where = found.position()
    except BridgeError as error:
        return str(error)
    tempo = f", {where.tempo:g} BPM" if where.tempo else ""
    metre = f", {where.signature}" if where.signature else ""
    key = f", {where.key}" if where.key else ""
    state = "plays" if where.playing else "stopped"
    return f"{found.name} answers: bar {where.bar}, {state}{tempo}{metre}{key}"


@daw.command("install")
@click.argument("name", type=click.Choice(list(INSTALLED)))
def install_script(name: str) -> None:
    """Install our script where the DAW looks for scripts. It says what to do there then."""
    for path in install(name):
        click.echo(f"Written: {path}")
    click.echo(f"Requests go through: {exchange_folder(name)}")
    click.echo(f"Now, once, {INSTALLED[name].then}")
