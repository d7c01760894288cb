"""Channels between processes of one user where neither started the other.

One process waits (:class:`Meeting`), the others find it by two environment variables, its address
and a key, and prove that they know the key (the challenge of ``multiprocessing.connection``). The
messages are those of :mod:`bridge.system.ipc`; nothing is pickled.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError, connection
from typing import Any, Final

from bridge.system.ipc import Channel

ADDRESS: Final = "LATENT_BRIDGE_MEETING"
KEY: Final = "LATENT_BRIDGE_MEETING_KEY"
KEY_BYTES: Final = 32
LONGEST_NAME: Final = 64
"""Bytes of the longest name that a process may give."""


class Meeting:
    """Waits for other processes, in a thread of its own.

    ``met`` is called there with the name that a process gives and the channel to it, whose
    messages are of the type ``incoming``. A process that does not know the key is refused.
    """

    def __init__(self, incoming: Any, met: Callable[[str, Channel[Any, Any]], None]) -> None:
        self._incoming, self._met = incoming, met
        self._key = secrets.token_bytes(KEY_BYTES)
        self._listener = connection.Listener(authkey=self._key)
        self._closed = False
        threading.Thread(target=self._run, daemon=True, name="meeting").start()

    def environment(self) -> dict[str, str]:
        """The variables by which another process finds this one."""
        return {ADDRESS: str(self._listener.address), KEY: self._key.hex()}

    def close(self) -> None:
        """Take no more processes; the channels to those that came stay open."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.close()

    def _run(self) -> None:
        while not self._closed:
            with contextlib.suppress(AuthenticationError, EOFError, OSError):
                pipe = self._listener.accept()
                name = pipe.recv_bytes(LONGEST_NAME).decode("utf-8", "replace")
                self._met(name, Channel(pipe, self._incoming))


def meet(name: str, incoming: Any) -> Channel[Any, Any]:
    """A channel to the process that waits, which learns ``name`` (64 bytes at most).

    KeyError where the environment names none; EOFError where it is gone or refuses.
    """
    address, key = os.environ[ADDRESS], bytes.fromhex(os.environ[KEY])
    try:
        pipe = connection.Client(address, authkey=key)
        pipe.send_bytes(name.encode("utf-8"))
    except (AuthenticationError, OSError) as error:
        raise EOFError("the other process is gone") from error
    return Channel(pipe, incoming)
