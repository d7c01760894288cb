"""Answers the screen's requests about takes, beside :mod:`bridge.live.devices.user_file_reader`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bridge.errors import BridgeError, OutputError
from bridge.files.score_file import write_song
from bridge.files.takes.take_file import free_path
from bridge.offline.takes import KeptTake, Takes, from_first_bar, song_of
from bridge.session.messages.commands import Command
from bridge.session.messages.score import as_score
from bridge.session.messages.takes import (
    DeleteTake,
    ExportTake,
    ListTakes,
    PlayTake,
    RenameTake,
    TakeList,
    TakeRequest,
    TakeRow,
    UndeleteTake,
)

ROWS: Final = 200
"""The most takes that are listed: the latest."""
WAV_SECONDS: Final = 600.0
"""Longest time that rendering a take may take."""


class TakeReader:
    """Lists, plays, exports, renames and deletes the takes in ``folder``; ``tell`` gets the command
    that plays one."""

    def __init__(self, folder: Path, tell: Callable[[Command], None]) -> None:
        self._takes, self._tell = Takes(folder), tell
        self._carried: dict[type, Callable[[Any], str]] = {
            ListTakes: lambda _: "",
            PlayTake: self._play,
            ExportTake: self._export,
            RenameTake: self._rename,
            DeleteTake: self._delete,
            UndeleteTake: self._undelete,
        }

    def answer(self, request: TakeRequest) -> TakeList | None:
        """Carry a request out; the list with what came of it. None where nothing is new."""
        try:
            if isinstance(request, ListTakes) and request.stamp == self._takes.files.stamp():
                return None
            message = self._carried[type(request)](request)
        except BridgeError as error:
            message = str(error)
        return self._listed(message)

    def _listed(self, message: str) -> TakeList:
        try:
            stamp, takes = self._takes.files.stamp(), self._takes.listed()[-ROWS:]
            deleted = len(self._takes.files.deleted())
        except BridgeError as error:
            return TakeList(message=str(error))
        return TakeList(tuple(map(take_row, reversed(takes))), message, stamp, deleted)

    def _play(self, request: PlayTake) -> str:
        take = self._takes.find(request.name)
        self._tell(as_score(from_first_bar(song_of(take.path)), f"take {take.name}"))
        return f"plays from the next bar on: {take.name}"

    def _export(self, request: ExportTake) -> str:
        take = self._takes.find(request.name)
        target = free_path(self._takes.files.folder, take.name, f".{request.kind}")
        if request.kind == "mid":
            write_song(target, song_of(take.path), take.name)
        else:
            render_apart(take, target)
        return f"written: {target}"

    def _rename(self, request: RenameTake) -> str:
        take = self._takes.find(request.name)
        return f"it is called {self._takes.rename(take, request.to).stem}"

    def _delete(self, request: DeleteTake) -> str:
        take = self._takes.find(request.name)
        self._takes.delete(take)
        return f"deleted: {take.name}; ^Z brings it back"

    def _undelete(self, request: UndeleteTake) -> str:
        return f"back again: {self._takes.files.undelete().stem}"


def render_apart(take: KeptTake, target: Path) -> None:
    """Render a take to a WAV file in a process of its own: rendering in this one would delay notes.
    OutputError where it fails."""
    command = [sys.executable, "-m", "bridge", "takes", "export", take.name]
    command += ["--folder", str(take.path.parent), "-o", str(target)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=WAV_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise OutputError(f"{target}: cannot be rendered ({exc}): export MIDI") from exc
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it cannot be rendered"]
        raise OutputError(lines[-1].removeprefix("latent-bridge: "))


def take_row(take: KeptTake) -> TakeRow:
    """A take as a row of the list."""
    head = take.head
    return TakeRow(take.name, head.when, head.style, take.seconds, take.notes, take.state)
