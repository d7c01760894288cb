"""``latent-bridge web``: live accompaniment with the screen in a browser."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
from typing import Any, Final

import click
import msgspec

from bridge.cli.live.play import play_live
from bridge.cli.live.play_options import session_options
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.errors import ExtraMissing, OutputError
from bridge.live.screen_process import ScreenProgram
from bridge.system.program_log import log_path
from bridge.ui.web.door import DOOR, Door, door_on, is_loopback

BROWSER: Final = "Browser"
HOST: Final = "127.0.0.1"
PORT: Final = 8722
_ANYWHERE: Final = {"0.0.0.0": "192.0.2.1", "::": "2001:db8::1"}
"""All addresses of this machine, and an address elsewhere (RFC 5737 and 3849: never reached)."""


@click.command(cls=GroupedCommand)
@option("--port", group=BROWSER, type=click.IntRange(0, 65535), default=PORT, show_default=True,
        help="TCP port of the pages; 0 takes one that is free.")  # fmt: skip
@option("--host", group=BROWSER, metavar="ADDRESS", default=HOST, show_default=True,
        help="Address of this machine that the pages are served on; 0.0.0.0: all of "
             "them.")  # fmt: skip
@option("--name", "names", group=BROWSER, metavar="NAME", multiple=True,
        help="Another name that browsers call this machine by, such as tower.local or that of a "
             "proxy. May be given again.")  # fmt: skip
@session_options
def web(port: int, host: str, names: tuple[str, ...], **flags: Any) -> None:
    """Play live, with the screen in a browser: on a tablet beside the keyboard.

    The band plays here, and its sound comes from here; pages show its screen, as many as are
    opened, and can be loaded again without a note lost. The address that is printed holds a token:
    whoever has it can play. Ctrl+C, or quitting on a page, ends the session; the take is kept.

    The pages are for this machine alone, unless --host says otherwise. All other options are those
    of `latent-bridge play`.
    """
    if importlib.util.find_spec("textual_serve") is None:
        raise ExtraMissing("textual-serve", "web", "the screen in a browser")
    door = door_on(host, free_port(host, port), names)
    if not is_loopback(host):
        click.echo(
            f"Warning: {host} can be reached from other machines, and what goes to and fro is not "
            "encrypted: whoever reads it has the token. Use it in a network that you trust.",
            err=True,
        )
    env = {DOOR: msgspec.json.encode(door).decode()}
    program = ScreenProgram("bridge.ui.web", env, log_path(), terminal=False)
    play_live({**flags, "headless": False}, program, address=address_of(door))


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. OutputError where it cannot be served on."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with contextlib.closing(socket.create_server((host, port), family=family)) as opened:
            return int(opened.getsockname()[1])
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(
            f"pages cannot be served on {host}:{port}: {why}; choose others with --port or --host"
        ) from error


def address_of(door: Door) -> str:
    """The address to open; on all addresses, that of this machine in its network."""
    elsewhere = _ANYWHERE.get(door.host)
    if elsewhere is None:
        return door.address()
    family = socket.AF_INET6 if ":" in elsewhere else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((elsewhere, 9))  # sends nothing: it only chooses our own address
        return msgspec.structs.replace(door, host=asking.getsockname()[0]).address()
    return door.address()
