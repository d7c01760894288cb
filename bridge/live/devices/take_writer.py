"""Writes takes to the disk while they are played: in a thread of its own, crash-safe, at most a
second behind.

The engine hands over records and goes on. What came in :data:`BATCH_SECONDS` is added to the
take's file and brought to the disk (fsync). While the disk refuses (it is full, or gone) the
records wait in memory, as many as :data:`MOST_WAITING`, and are written when there is room again.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

import msgspec

from bridge.errors import BridgeError
from bridge.files.takes.journal import framed
from bridge.files.takes.take_file import TakeFile
from bridge.files.takes.take_names import begun_name, clock_text, ended_name
from bridge.music.notes import Part
from bridge.music.smf.song import Song
from bridge.offline.takes import KeptTake, Takes, take_in, take_of
from bridge.session.recording.take import Take
from bridge.session.recording.take_records import (
    RecordsLost,
    TakeEnd,
    TakeHead,
    TakeRecord,
    packed_record,
)
from bridge.session.recording.take_song import take_song
from bridge.system.atomic_write import FULL, cannot_write

BATCH_SECONDS: Final = 0.4
"""Time in which records gather before they are written together."""
RETRY_SECONDS: Final = 2.0
"""Time between two tries to write where the disk refuses."""
MOST_WAITING: Final = 200_000
"""Records that wait while the disk refuses, about an hour of playing; then the oldest go."""
AT_ONCE: Final = 2000
"""Records that are written with one call at most."""
CLOSING_SECONDS: Final = 5.0
"""Longest wait for the disk at the end, and for what is asked for."""
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A take that this session has kept: its file, and its length in seconds."""

    path: Path
    seconds: float


class TakeWriter:
    """Keeps the takes of a session in ``folder``. ``say`` gets a line for the player when the disk
    refuses, when it takes again, and for takes of an earlier session that were recovered."""

    def __init__(
        self,
        folder: Path,
        say: Callable[[str], None],
        *,
        now: Callable[[], datetime] = datetime.now,
        batch: float = BATCH_SECONDS,
        retry: float = RETRY_SECONDS,
    ) -> None:
        self.folder = folder
        self.kept: list[Kept] = []
        self.trouble = ""
        self._say, self._now, self._batch, self._retry = say, now, batch, retry
        self._arrived: SimpleQueue[TakeRecord | threading.Event | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._waiting: deque[TakeRecord] = deque()
        self._asking: list[threading.Event] = []
        self._lost, self._lossy = 0, False
        self._file: TakeFile | None = None
        self._last: Path | None = None
        self._lock = threading.Lock()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="takes", daemon=True)

    # --- from any thread ----------------------------------------------------------------

    def start(self) -> None:
        """Start the thread; it recovers takes of a program that was killed first."""
        self._thread.start()

    def record(self, record: TakeRecord) -> None:
        """Have a record written soon; never blocks."""
        self._arrived.put(record)

    def take(self) -> Take | None:
        """The take that is recorded, else the last one, whole; None if there is none. Waits for
        the disk."""
        self._flush()
        with self._lock:
            waiting = list(self._waiting)
            data = b"" if self._last is None else self._last.read_bytes()
        begins = [at for at, record in enumerate(waiting) if isinstance(record, TakeHead)]
        if begins:  # a take that has no file yet
            return take_of(waiting[begins[-1] :])[1]
        take = take_in(data + b"".join(map(_frame, waiting)))[1]
        return None if take.empty else take

    def song(self, channels: Mapping[Part, int]) -> Song | None:
        """The song of :meth:`take`."""
        take = self.take()
        return None if take is None else take_song(take, channels)

    def close(self) -> None:
        """Write what waits, and end."""
        self._arrived.put(None)
        self._hurry.set()
        if self._thread.is_alive():
            self._thread.join(CLOSING_SECONDS)

    def farewell(self) -> str:
        """A line about what was kept, and where."""
        if self.trouble and self._waiting:
            return f"Not all that was played is kept: {self.trouble}"
        if not self.kept:
            return "Nothing was played, so no take is kept."
        last = self.kept[-1]
        if len(self.kept) == 1:
            return f"{clock_text(last.seconds)} kept as {last.path}"
        whole = clock_text(sum(kept.seconds for kept in self.kept))
        return f"{len(self.kept)} takes, {whole} in all, kept in {self.folder}"

    # --- the thread ---------------------------------------------------------------------

    def _run(self) -> None:
        self._recover()
        while not self._ends or self._asking:
            self.turn()
        with self._lock:
            if self._file is not None:
                self._file.close()

    def turn(self) -> None:
        """Wait for records, gather what follows them, and write them."""
        refused = bool(self._waiting)
        try:
            first = self._arrived.get(timeout=self._retry if refused else None)
        except Empty:
            self._write()
            return
        self._sort(first)
        if not self._ends:
            self._hurry.wait(self._batch)
        self._hurry.clear()
        while True:
            try:
                self._sort(self._arrived.get_nowait())
            except Empty:
                break
        self._write()
        for asked in self._asking:
            asked.set()
        self._asking.clear()

    def _sort(self, what: TakeRecord | threading.Event | None) -> None:
        if what is None:
            self._ends = True
        elif isinstance(what, threading.Event):
            self._asking.append(what)
        else:
            with self._lock:
                self._waiting.append(what)

    def _write(self) -> None:
        """Write all that waits, as far as the disk takes it."""
        try:
            while self._waiting:
                self._write_some()
            if self._file is not None:
                self._file.sync()
        except OSError as exc:
            self._refused(exc)
            return
        if self.trouble:
            self.trouble = ""
            lost = "" if self._lossy else ", and nothing was lost"
            self._say(f"recording goes on: there is room again{lost}")
            self._lossy = False

    def _write_some(self) -> None:
        """Write the records up to the next beginning or end of a take."""
        first = self._waiting[0]
        if isinstance(first, TakeHead):
            self._begin(first)
        elif isinstance(first, TakeEnd):
            self._end(first)
        else:
            plain: list[TakeRecord] = []
            for record in islice(self._waiting, AT_ONCE):
                if isinstance(record, TakeHead | TakeEnd):
                    break
                plain.append(record)
            self._add(plain)
            self._drop(len(plain))

    def _begin(self, head: TakeHead) -> None:
        now = self._now()
        when = now.astimezone().isoformat(timespec="seconds")
        if self._file is not None:  # its end was lost
            self._file.close()
            self._file = None
        first = _frame(msgspec.structs.replace(head, when=when))
        file = TakeFile.begin(self.folder, begun_name(now, "" if head.free else head.style), first)
        with self._lock:
            self._waiting.popleft()
            self._file, self._last = file, file.path

    def _end(self, end: TakeEnd) -> None:
        self._add([end])
        if self._file is not None:
            name = ended_name(self._file.path.stem, end.seconds)
            with self._lock:
                self._last = self._file.end(name)
                self._file = None
            self.kept.append(Kept(self._last, end.seconds))
        self._drop(1)

    def _add(self, records: list[TakeRecord]) -> None:
        lost = [RecordsLost(self._lost)] if self._lost else []
        if self._file is not None:
            self._file.add(b"".join(map(_frame, chain(lost, records))))
            self._lost = 0

    def _drop(self, count: int) -> None:
        with self._lock:
            for _ in range(count):
                self._waiting.popleft()

    def _refused(self, exc: OSError) -> None:
        """The disk refuses: say so once, and keep what waits, up to a limit."""
        error = str(cannot_write(self._file.path if self._file else self.folder, exc))
        if error != self.trouble:
            self.trouble = error
            full = exc.errno in FULL
            what = "the disk is full" if full else error
            self._say(f"not recording: {what}. The band plays on; "
                      f"{'make room and ' if full else ''}recording goes on by itself")  # fmt: skip
            _LOG.warning(error)
        with self._lock:
            while len(self._waiting) > MOST_WAITING:
                self._lose_one()

    def _lose_one(self) -> None:
        """Let the oldest record go that waits; a take that goes on keeps its head."""
        oldest = self._waiting.popleft()
        if isinstance(oldest, TakeHead) and not isinstance(self._waiting[0], TakeHead | TakeEnd):
            self._waiting.popleft()
            self._waiting.appendleft(oldest)
        self._lost, self._lossy = self._lost + 1, True

    def _recover(self) -> None:
        try:
            found = Takes(self.folder).recover()
        except (OSError, BridgeError):
            return
        if found:
            self._say(recovered_line(found))

    def _flush(self) -> None:
        """Wait until what was recorded so far is written, or refused."""
        written = threading.Event()
        self._arrived.put(written)
        self._hurry.set()
        if self._thread.is_alive():
            written.wait(CLOSING_SECONDS)


def recovered_line(found: list[KeptTake]) -> str:
    """A line about takes that were recovered."""
    last = found[-1]
    if len(found) == 1:
        return f"recovered a take of {clock_text(last.seconds)}: {last.name}"
    return f"recovered {len(found)} takes, the last of {clock_text(last.seconds)}: {last.name}"


def _frame(record: TakeRecord) -> bytes:
    return framed(packed_record(record))
