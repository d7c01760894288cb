"""Who may see the pages: the token in the address, and the names that the browser may ask by.

The token keeps out whoever has not been given the address, other users of this machine too. The
names keep out pages of other sites that have a name of their own lead to this machine (DNS
rebinding): the browser tells by the header ``Host`` which name it asked by, and by ``Origin``
whose page asks (RFC 9110, section 7.2; RFC 6454, section 7).
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from typing import Final

import msgspec

DOOR: Final = "LATENT_BRIDGE_DOOR"
"""The environment variable in which the server's process gets its door: other users of the machine
cannot read it there, as they could its arguments."""
TOKEN_BYTES: Final = 32
"""Random bytes of a token: 256 bits."""
LOCAL_NAMES: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:/@\s]+))(?::\d{1,5})?")
"""``Host``: a name or an address, an IPv6 one in brackets, and a port."""


class Door(msgspec.Struct, frozen=True):
    """The conditions of the pages: served under ``/token/`` on ``host``:``port``, to those who ask
    by a name among ``names``."""

    host: str
    port: int
    token: str
    names: tuple[str, ...] = ()

    def refusal(self, path: str, asked: str | None, origin: str | None) -> str:
        """The reason for which a request is refused (empty: it is not).

        ``path`` is that of its address, ``asked`` its header Host, ``origin`` its header Origin.
        The time that this takes says nothing about the token.
        """
        first = path.lstrip("/").split("/", 1)[0]
        known = hmac.compare_digest(first.encode("utf-8"), self.token.encode("utf-8"))
        if not known:
            return "the address lacks its token: use the one that latent-bridge web printed"
        name = name_of(asked or "")
        if not self._answers_to(name):
            return f"{name or 'no name'} is no name of this machine: see latent-bridge web --name"
        if origin is not None and origin.split("://", 1)[-1] != asked:
            return "a page of another site asks"
        return ""

    def _answers_to(self, name: str) -> bool:
        known = {*LOCAL_NAMES, self.host.casefold(), *(n.casefold() for n in self.names)}
        return name in known or (not is_loopback(self.host) and _is_address(name))

    def address(self) -> str:
        """The address to open in a browser of this machine, or by the name of ``host``."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/{self.token}/"


def new_token() -> str:
    """A token for an address: 43 characters, 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def door_on(host: str, port: int, names: Iterable[str] = ()) -> Door:
    """A door with a new token."""
    return Door(host, port, new_token(), tuple(names))


def name_of(asked: str) -> str:
    """The name in a header Host, without port and brackets, in lower case; empty for nonsense."""
    found = _HOST.fullmatch(asked)
    return "" if found is None else (found[1] or found[2]).casefold()


def is_loopback(host: str) -> bool:
    """True for a name or address that only this machine reaches."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    """True for an IP address: a rebound name is none, so this one is a device's own choice."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
