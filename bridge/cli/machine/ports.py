"""``latent-bridge ports``: lists the MIDI ports of this machine."""

from __future__ import annotations

import json

import click

from bridge.cli.shared.options import JSON, MIDI_BACKEND
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend


@click.command()
@JSON
@MIDI_BACKEND
def ports(as_json: bool, backend: str, midi_driver: str) -> None:
    """List the MIDI ports of this machine: inputs to listen to and outputs to play on.

    Give any clear part of a name to the other commands, or 'virtual' for a port of our own.
    Several of one name are told apart by their number: NAME#1, NAME#2.
    """
    with Backend.choose(backend, midi_driver) as system:
        lists = {"inputs": system.inputs(), "outputs": system.outputs()}
        if as_json:
            facts = {
                "backend": system.name,
                "driver": system.driver.package,
                "virtual_ports": system.virtual_ports,
                **lists,
            }
            click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
            return
        click.echo(f"MIDI system: {system.name} (driver: {system.driver.package})")
        for what, names in lists.items():
            click.echo(f"\n{what}:")
            for name in names or ["(none)"]:
                click.echo(f"  {name}")
        click.echo("\nas an output also 'sound', the program's own, and 'none'")
        if system.virtual_ports:
            mine = ", ".join(VIRTUAL_NAMES[role] for role in ("in", "drums", "bass", "melody"))
            click.echo(f"\n`latent-bridge play` makes: {mine}")
        else:
            click.echo(
                "\nno virtual ports here: add loopbacks in Windows MIDI Services (or ports in "
                "loopMIDI) and choose them by name"
            )
