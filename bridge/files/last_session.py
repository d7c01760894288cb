"""The last session: how it stood, kept in the user's state folder, for the next to begin there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from bridge.files.settings import Settings
from bridge.system.atomic_write import write_whole

FILE: Final = "last-session.json"
KEYS: Final = ("bpm", "style", "metre", "mode", "clock", "clock_out")
"""Settings that come back, besides the ports."""


class Chosen(msgspec.Struct, frozen=True):
    """Values of settings: see :class:`bridge.files.settings.Settings`."""

    bpm: float
    style: str
    metre: str
    mode: str
    clock: str = ""
    clock_out: tuple[str, ...] = ()
    ports: dict[str, str] = {}

    @classmethod
    def of(cls, settings: Settings) -> Chosen:
        """The values of a session's settings."""
        values = {key: getattr(settings, key) for key in KEYS}
        return cls(ports=dict(settings.ports), **values)


class LastSession(msgspec.Struct, frozen=True):
    """How a session stood: the settings as they were ``now``; ``before``, those of the settings
    file (a value that differs there since is a newer choice); the ``muted`` parts; the
    ``controls`` that were moved; and ``morph``, the two anchors that are mixed. ``model``: the
    band's."""

    model: str
    now: Chosen
    before: Chosen
    muted: tuple[str, ...] = ()
    controls: dict[str, float] = {}
    morph: tuple[str, str] | None = None


def last_session_path() -> Path:
    """The path of the user's last session; the file need not exist."""
    return platformdirs.user_state_path("latent-bridge", appauthor=False) / FILE


def read_last_session(path: Path | None = None) -> LastSession | None:
    """The last session in a file (None: the user's); None where there is none, or it is of no use:
    what the program wrote for itself is no reason not to start."""
    try:
        return msgspec.json.decode((path or last_session_path()).read_bytes(), type=LastSession)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write_last_session(session: LastSession, path: Path | None = None) -> None:
    """Write the last session, whole or not at all. OutputError where it cannot be written."""
    write_whole(path or last_session_path(), msgspec.json.format(msgspec.json.encode(session)))
