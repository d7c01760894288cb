"""The session that pictures of the screen are made of: played by the engine's core with the
shipped model, and kept in a file, since another processor may round the model's answers
otherwise.

Nothing in it is made up but the names of the ports: the lists are those that the engine's process
answers with, of a library, a take, a history and settings that are really there while it is made.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec

from bridge.controllers.memories import Variation
from bridge.files.forms import find_form, read_form
from bridge.files.history import History
from bridge.files.settings import Settings
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.live.devices.take_writer import TakeWriter
from bridge.live.devices.user_file_reader import UserFileReader
from bridge.live.devices.user_files import history_entry
from bridge.live.recorded_session import recorded
from bridge.model import library
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import SetVariation, StoreMemory
from bridge.session.messages.listings import ListHistory, Listing, ListModels
from bridge.session.messages.settings_messages import ListSettings
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.takes import ListTakes
from bridge.session.state.effects import KeepCode
from bridge.session.state.events import FormRead
from bridge.session.state.song.form_position import live_form

FILE: Final = Path(__file__).parent / "session.msgpack.gz"
SECONDS: Final = 62.0
FPS: Final = 30
EVERY: Final = 45
"""Of so many snapshots one is kept, for the bars before a moment."""
MOMENTS: Final = {
    "start": 0.8, "playing": 22.0, "pending": 24.2, "form": 58.0, "learning": 60.0,
}  # fmt: skip
"""The moments that are drawn, in seconds."""
EVENING: Final = datetime(2026, 11, 28, 20, 15)
MODEL: Final = "trio-4bar"
COMMANDS: Final[tuple[tuple[float, m.Command], ...]] = (
    (0.5, m.SetStyle("bossa")),
    (6.0, StoreMemory(1, "home")),
    (8.0, m.SaveAnchor("quiet")),
    (9.0, m.ACTIONS["draw code"]),
    (23.4, m.SetStyle("samba")),
    (23.5, m.Fill()),
    (23.6, SetVariation(Variation.D)),
    (28.0, m.Stop()),
    (29.0, StoreMemory(2, "busy")),
    (31.0, m.ACTIONS["start form"]),
    (32.0, m.PlayTune(True, "ode")),
    (33.0, m.SetWalk("brownian", 16.0)),
    (59.0, m.Learn("volume drums")),
    (60.5, m.CancelLearn()),
    (61.0, m.Stop()),
)
"""The player's commands, and their times in seconds."""
FORM: Final = "song"
FORM_READ: Final = 30.0
LISTS: Final = (ListModels(), ListHistory(), ListTakes(), ListSettings())


class Recording(msgspec.Struct, frozen=True):
    """Snapshots in their order, the ``moments`` among them by name, and what the engine's process
    listed."""

    shots: tuple[Snapshot, ...]
    moments: dict[str, int]
    lists: tuple[Listing, ...]

    def up_to(self, moment: str) -> tuple[Snapshot, ...]:
        """The snapshots up to and with a moment."""
        return self.shots[: self.moments[moment] + 1]


def played() -> tuple[Snapshot, ...]:
    """All snapshots of the session, :data:`FPS` a second."""
    return _session()


def make() -> Recording:
    """Play the session, and ask for the lists that it leaves."""
    shots = played()
    wanted = {round(at * FPS): name for name, at in MOMENTS.items()}
    kept = [n for n in range(max(wanted) + 1) if n in wanted or n % EVERY == 0]
    moments = {wanted[n]: index for index, n in enumerate(kept) if n in wanted}
    return Recording(tuple(shots[n] for n in kept), moments, lists())


def lists() -> tuple[Listing, ...]:
    """The answers to the screen's requests for files, in a home of their own."""
    with _home() as home:
        spec = library.read_spec(library.find(MODEL))
        drawn: list[KeepCode] = []
        _session(history=drawn.append)
        History().add([history_entry(effect, spec) for effect in drawn])
        takes = home / "takes"
        minutes = count()
        writer = TakeWriter(takes, print, now=lambda: EVENING + timedelta(minutes=next(minutes)))
        writer.start()
        _session(record=writer.record)
        writer.close()
        found: list[Listing] = []
        reader = UserFileReader(
            found.append, lambda command: None, MODEL, takes=takes, desk=SettingsDesk(Settings())
        )
        for request in LISTS:
            reader.answer(request)
        reader.close()
        return tuple(found)


def write(recording: Recording) -> None:
    """Keep the recording in :data:`FILE`."""
    FILE.write_bytes(gzip.compress(msgspec.msgpack.encode(recording), mtime=0))


def read() -> Recording:
    """The recording that is kept. msgspec.ValidationError if the messages have changed since."""
    return msgspec.msgpack.decode(gzip.decompress(FILE.read_bytes()), type=Recording)


def _session(**keeping: Any) -> tuple[Snapshot, ...]:
    form = live_form(read_form(find_form(FORM)), seed=1)
    return recorded(
        SECONDS, model=MODEL, fps=FPS, commands=COMMANDS, events=[FormRead(FORM_READ, form)],
        **keeping,
    )  # fmt: skip


@contextmanager
def _home() -> Iterator[Path]:
    """An empty home, for as long as it lasts."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
        os.environ.update({"HOME": folder, **{name: f"{folder}/{name}" for name in names}})
        for name in [name for name in os.environ if name.startswith("LATENT_BRIDGE_")]:
            del os.environ[name]
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(before)
