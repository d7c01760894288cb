"""``latent-bridge monitor``: shows the messages that arrive on a MIDI port."""

from __future__ import annotations

import contextlib
from queue import Empty, SimpleQueue

import click

from bridge.cli.shared.options import END_AFTER, MIDI_BACKEND, VIRTUAL_INPUT
from bridge.midi.messages import describe
from bridge.midi.rtmidi_ports import VIRTUAL_NAMES, Backend
from bridge.system.clock import monotonic_seconds

WAIT_SECONDS = 0.1
"""Longest wait for a message: long enough to cost little, short enough for a prompt Ctrl+C."""


@click.command()
@click.argument("port", required=False)
@VIRTUAL_INPUT
@END_AFTER
@MIDI_BACKEND
def monitor(
    port: str | None, virtual: bool, seconds: float | None, backend: str, midi_driver: str
) -> None:
    """Show the messages that arrive on the input PORT, a line each, until Ctrl+C.

    PORT is any clear part of a name that `latent-bridge ports` lists. With --virtual it is
    the name of a port of our own. [default there: Latent Bridge In]
    """
    if port is None and not virtual:
        raise click.UsageError("give a PORT of `latent-bridge ports`, or --virtual")
    heard: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    with contextlib.suppress(KeyboardInterrupt), Backend.choose(backend, midi_driver) as system:
        opened = system.open_in(
            port or VIRTUAL_NAMES["in"],
            lambda at, message: heard.put((at, message)),
            virtual=virtual,
        )
        start = monotonic_seconds()
        end = None if seconds is None else start + seconds
        click.echo(f"listening to {opened.name} ({system.name}); Ctrl+C ends", err=True)
        connected = True
        while end is None or monotonic_seconds() < end:
            with contextlib.suppress(Empty):
                at, message = heard.get(timeout=WAIT_SECONDS)
                click.echo(f"{at - start:10.3f}  {describe(message)}")
            if opened.connected != connected:
                connected = opened.connected
                click.echo("connected again" if connected else "unplugged: waiting", err=True)
