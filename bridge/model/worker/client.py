"""The engine's client of the model worker: start it, send requests, restart it when it hangs."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bridge.model.contract import Trio
from bridge.model.messages import FromWorker, Request, Result, WorkerFailed, WorkerReady
from bridge.model.worker.child import FAKE, guests_of, load_model, reply
from bridge.system.ipc import Channel, Mailbox, read_into, reap, spawn

BACK_OFF: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each restart in a row; the last applies to all further ones. A result resets the
row."""
EXIT_SECONDS: Final = 2.0
"""Seconds for the process to end before it is killed."""
LOAD_SECONDS: Final = 120.0
"""Seconds allowed for loading a model: slow disks, large models."""
ANSWER_SECONDS: Final = 20.0
"""Seconds allowed for an answer. The largest models take one second on a slow machine."""
CHECK_SECONDS: Final = 1.0
"""Seconds between checks for a hung process."""
DIED: Final = "model lost"
"""Reason for a loss when the process ended by itself."""


# --- the engine's end -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerTimeout:
    """Deadline for the worker's next message: ``most`` seconds after ``since`` (monotonic
    seconds). ``since`` is None while no message is expected."""

    since: float | None = None
    most: float = ANSWER_SECONDS

    def requested(self, now: float) -> AnswerTimeout:
        """The deadline after a request at ``now``; an earlier one stays."""
        return self if self.since is not None else AnswerTimeout(now)

    def expired(self, now: float) -> bool:
        """True if the deadline has passed at ``now``."""
        return self.since is not None and now - self.since > self.most


class Worker:
    """A worker process that is restarted whenever it ends or hangs.

    ``on_message`` gets its messages; ``on_lost`` gets a short reason each time it ends or is
    killed after a timeout; both on a thread of this class. After a fatal :class:`WorkerFailed` it
    is not restarted. Lines that the process writes to its streams go into ``log``, if there is one.
    """

    def __init__(
        self,
        model: str,
        library: Path | None = None,
        *,
        on_message: Callable[[FromWorker], None],
        on_lost: Callable[[str], None],
        back_off: Sequence[float] = BACK_OFF,
        humanizer: str = "",
        tapper: str = "",
        log: Path | None = None,
    ) -> None:
        self._arguments = ["--model", model]
        self._arguments += ["--humanizer", humanizer] if humanizer else []
        self._arguments += ["--tapper", tapper] if tapper else []
        if library is not None:
            self._arguments += ["--library", str(library)]
        self._log = log
        self._on_message = on_message
        self._on_lost = on_lost
        self._back_off = back_off
        self._losses = 0
        self._fatal = False
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: Channel[Any, FromWorker] | None = None
        self._mailbox: Mailbox[Request] | None = None
        self._timeout = AnswerTimeout()
        self._reason = DIED
        self._start()
        threading.Thread(target=self._watch, name="worker watcher", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process id; None while there is no process."""
        child = self._child
        return None if child is None else child.pid

    def ask(self, request: Request) -> None:
        """Send a request, replacing one not yet sent. Never blocks; dropped without a process."""
        mailbox = self._mailbox
        if mailbox is not None:
            self._timeout = self._timeout.requested(time.monotonic())
            mailbox.post(request)

    def check(self, now: float) -> None:
        """Kill the process if its deadline has passed at ``now`` (monotonic seconds), which leads
        to a restart. Called once a second on a thread of this class."""
        timeout, child = self._timeout, self._child
        if child is not None and timeout.expired(now):
            self._reason = f"the model did not answer for {timeout.most:g} s"
            self._timeout = AnswerTimeout()
            child.kill()

    def close(self) -> None:
        """End the process within seconds. No callbacks follow."""
        self._closing.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.terminate()
            reap(child, EXIT_SECONDS)
        if self._mailbox is not None:
            self._mailbox.close()

    def _start(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._child, self._channel = spawn(
                "bridge.model.worker.child", self._arguments, FromWorker, log=self._log
            )
            self._mailbox = Mailbox(self._channel)
            self._timeout, self._reason = AnswerTimeout(time.monotonic(), LOAD_SECONDS), DIED
            channel = self._channel
        read_into(channel, self._on_child_message, self._ended)

    def _watch(self) -> None:
        while not self._closing.wait(CHECK_SECONDS):
            self.check(time.monotonic())

    def _on_child_message(self, message: FromWorker) -> None:
        self._timeout = AnswerTimeout()
        if isinstance(message, Result):
            self._losses = 0
        elif isinstance(message, WorkerFailed) and message.fatal:
            self._fatal = True
        if not self._closing.is_set():
            self._on_message(message)

    def _ended(self) -> None:
        """Handle the end of the process, or an invalid message, on the reader's thread."""
        child, channel, mailbox = self._child, self._channel, self._mailbox
        assert child is not None
        assert channel is not None
        assert mailbox is not None
        self._child = self._mailbox = None
        mailbox.close()
        child.kill()  # no effect on a process that has ended
        reap(child, EXIT_SECONDS)
        channel.close()
        if self._closing.is_set() or self._fatal:
            return
        self._on_lost(self._reason)
        while not self._closing.wait(self._pause()):
            with contextlib.suppress(OSError):  # the system refused a process: try again later
                self._start()
                return

    def _pause(self) -> float:
        """Seconds to wait before the next restart in this row."""
        self._losses += 1
        return self._back_off[min(self._losses, len(self._back_off)) - 1]


class FakeWorker:
    """A worker without a process or a thread, for tests: it answers inside ``ask``.

    It sends :class:`WorkerReady` at the first ``ask`` (or :meth:`start`) and not in its
    constructor, where the owner of the callbacks may not be ready yet.
    """

    def __init__(
        self,
        model: str | Trio = FAKE,
        library: Path | None = None,
        *,
        on_message: Callable[[FromWorker], None],
        on_lost: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._model = load_model(model, library) if isinstance(model, str) else model
        self._on_message = on_message
        self._on_lost = on_lost
        self._guests = guests_of(library)
        self._started = False
        self._closed = False

    @property
    def pid(self) -> int | None:
        """None: there is no process."""
        return None

    def start(self) -> None:
        """Send WorkerReady, once."""
        if not self._started and not self._closed:
            self._started = True
            self._on_message(WorkerReady(self._model.spec.name, 0.0))

    def ask(self, request: Request) -> None:
        """Answer at once, through ``on_message``."""
        self.start()
        if not self._closed:
            self._on_message(reply(self._model, request, self._guests))

    def die(self) -> None:
        """Simulate the end of the process: lost now, ready again at the next ``ask``."""
        self._started = False
        self._on_lost(DIED)

    def close(self) -> None:
        """Stop answering."""
        self._closed = True
