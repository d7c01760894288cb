"""The engine's side of the model worker: start it, ask it, replace it when it hangs."""

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
"""Seconds before each restart in a row; the last for all that follow. An answer ends the row."""
PATIENCE: Final = 2.0
"""Seconds that a child has to end before it is killed."""
LOADING: Final = 120.0
"""Seconds that a model has to load: slow disks, large models."""
ANSWERING: Final = 20.0
"""Seconds that an answer may take. The largest models take one, on a machine at its limit."""
LOOK: Final = 1.0
"""Seconds between two looks at whether the child hangs."""
DIED: Final = "model lost"
"""What a loss is called where the process ended by itself."""


# --- the engine's end -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerTimeout:
    """How long a child has left us waiting: since ``since`` (seconds), for at most ``most``.
    None where nothing is asked of it."""

    since: float | None = None
    most: float = ANSWERING

    def asked(self, now: float) -> AnswerTimeout:
        """Something is asked of it; what was asked before counts from then."""
        return self if self.since is not None else AnswerTimeout(now)

    def hangs(self, now: float) -> bool:
        """Whether it is alive, perhaps, but not to be waited for any longer."""
        return self.since is not None and now - self.since > self.most


class Worker:
    """A worker process that is started again whenever it dies, or hangs.

    ``on_message`` gets what it says; ``on_lost`` is called, with a few words on why, each time
    it dies or is killed for its silence; both on a thread of ours. After a fatal
    :class:`WorkerFailed` it is left alone: the message tells.
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
    ) -> None:
        self._arguments = ["--model", model]
        self._arguments += ["--humanizer", humanizer] if humanizer else []
        self._arguments += ["--tapper", tapper] if tapper else []
        if library is not None:
            self._arguments += ["--library", str(library)]
        self._on_message = on_message
        self._on_lost = on_lost
        self._back_off = back_off
        self._deaths = 0
        self._hopeless = False
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: Channel[Any, FromWorker] | None = None
        self._mailbox: Mailbox[Request] | None = None
        self._silence = AnswerTimeout()
        self._why = DIED
        self._start()
        threading.Thread(target=self._look, name="worker watcher", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        child = self._child
        return None if child is None else child.pid

    def ask(self, request: Request) -> None:
        """Send a request in place of any not yet sent. Never blocks; lost if there is no child."""
        mailbox = self._mailbox
        if mailbox is not None:
            self._silence = self._silence.asked(time.monotonic())
            mailbox.post(request)

    def check(self, now: float) -> None:
        """Kill the child if, at ``now`` (monotonic seconds), it hangs: then it is lost, as if it
        had died. Called once a second on a thread of ours."""
        silence, child = self._silence, self._child
        if child is not None and silence.hangs(now):
            self._why = f"the model did not answer for {silence.most:g} s"
            self._silence = AnswerTimeout()
            child.kill()

    def close(self) -> None:
        """End the process, within seconds at worst. No callback comes afterwards."""
        self._closing.set()
        with self._lock:
            child = self._child
        if child is not None:
            child.terminate()
            reap(child, PATIENCE)
        if self._mailbox is not None:
            self._mailbox.close()

    def _start(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._child, self._channel = spawn(
                "bridge.model.worker.child", self._arguments, FromWorker
            )
            self._mailbox = Mailbox(self._channel)
            self._silence, self._why = AnswerTimeout(time.monotonic(), LOADING), DIED
            channel = self._channel
        read_into(channel, self._heard, self._ended)

    def _look(self) -> None:
        while not self._closing.wait(LOOK):
            self.check(time.monotonic())

    def _heard(self, message: FromWorker) -> None:
        self._silence = AnswerTimeout()
        if isinstance(message, Result):
            self._deaths = 0
        elif isinstance(message, WorkerFailed) and message.fatal:
            self._hopeless = True
        if not self._closing.is_set():
            self._on_message(message)

    def _ended(self) -> None:
        """On the reader's thread: the child is gone, or talks nonsense and has to go."""
        child, channel, mailbox = self._child, self._channel, self._mailbox
        assert child is not None
        assert channel is not None
        assert mailbox is not None
        self._child = self._mailbox = None
        mailbox.close()
        child.kill()  # nothing happens to one that has ended
        reap(child, PATIENCE)
        channel.close()
        if self._closing.is_set() or self._hopeless:
            return
        self._on_lost(self._why)
        while not self._closing.wait(self._pause()):
            with contextlib.suppress(OSError):  # no process to be had now: try again later
                self._start()
                return

    def _pause(self) -> float:
        """Seconds to wait before the next start in this row of deaths."""
        self._deaths += 1
        return self._back_off[min(self._deaths, len(self._back_off)) - 1]


class FakeWorker:
    """A worker without a process or a thread, for tests: it answers inside ``ask``.

    It says :class:`WorkerReady` with the first ``ask`` (or :meth:`start`), not while it is
    being built, when its callbacks' owner may not be ready itself.
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
        """Say that the model is ready, once."""
        if not self._started and not self._closed:
            self._started = True
            self._on_message(WorkerReady(self._model.spec.name, 0.0))

    def ask(self, request: Request) -> None:
        """Answer at once, through ``on_message``."""
        self.start()
        if not self._closed:
            self._on_message(reply(self._model, request, self._guests))

    def die(self) -> None:
        """What a test of a dying worker calls: lost, then ready again at the next ``ask``."""
        self._started = False
        self._on_lost(DIED)

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
