"""Child processes that exchange small typed messages: msgpack over a duplex pipe.

The framing is the standard library's ``multiprocessing.connection`` used for bytes only
(``send_bytes``/``recv_bytes``); the messages are msgspec structs, checked on arrival. The
child finds its end of the pipe through the environment variable :data:`CHANNEL`, so its
standard streams stay free (the screen needs the terminal).
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

CHANNEL = "LATENT_BRIDGE_CHANNEL"
PRESTARTED = "bridge.system.prestarted"
Out = TypeVar("Out")
In = TypeVar("In")


class Channel(Generic[Out, In]):
    """One end of a pipe: sends ``Out``, receives ``In`` (a struct type or a tagged union).

    ``receive`` and ``send`` raise EOFError when the other process is gone.
    """

    def __init__(self, pipe: connection.Connection, incoming: Any) -> None:
        self._pipe = pipe
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[In] = msgspec.msgpack.Decoder(incoming)

    def send(self, message: Out) -> None:
        """Write one message; blocks while the pipe is full. Characters that are no Unicode (of a
        file's name, say) are written as ``\\udcXX``."""
        try:
            data = self._encoder.encode(message)
        except UnicodeEncodeError:
            plain = msgspec.to_builtins(message, builtin_types=(bytes,))
            data = self._encoder.encode(_escaped(plain))
        try:
            self._pipe.send_bytes(data)
        except (BrokenPipeError, OSError) as exc:
            raise EOFError("the other process is gone") from exc

    def receive(self) -> In:
        """Wait for one message. msgspec.ValidationError if it is not of the agreed type."""
        try:
            data = self._pipe.recv_bytes()
        except OSError as exc:
            raise EOFError("the other process is gone") from exc
        return self._decoder.decode(data)

    def poll(self, seconds: float = 0.0) -> bool:
        """True if a message, or the end of the pipe, can be received within ``seconds``."""
        try:
            return self._pipe.poll(seconds)
        except OSError:
            return True

    def close(self) -> None:
        """Close this end."""
        self._pipe.close()


class Mailbox(Generic[Out]):
    """Sends from a thread of its own; a newer message replaces one of its type not yet sent.

    ``post`` never waits for the reader: a slow or hung one costs the poster nothing.
    """

    def __init__(self, channel: Channel[Out, Any]) -> None:
        self._channel = channel
        self._waiting: dict[type, Out] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="mailbox")
        self._thread.start()

    def post(self, message: Out) -> None:
        """Send the message next, in place of one of its type that still waits."""
        with self._lock:
            self._waiting[type(message)] = message
        self._wake.set()

    def close(self) -> None:
        """Stop the thread; unsent messages are dropped."""
        self._closed = True
        self._wake.set()

    def _take(self) -> list[Out]:
        """All that waits, a message of each type, in the order of arrival."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
        return list(taken.values())

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closed:
                return
            try:
                while messages := self._take():
                    for message in messages:
                        self._channel.send(message)
            except EOFError:
                return


def read_into(
    channel: Channel[Any, In], put: Callable[[In], None], ended: Callable[[], None]
) -> threading.Thread:
    """Start a thread that hands every message to ``put`` and calls ``ended`` at the end."""

    def run() -> None:
        try:
            while True:
                put(channel.receive())
        except (EOFError, msgspec.DecodeError):
            ended()

    thread = threading.Thread(target=run, daemon=True, name="channel-reader")
    thread.start()
    return thread


def _escaped(value: Any) -> Any:
    """Plain data with every text in it encodable."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_escaped(key): _escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(each) for each in value]
    return value


def spawn(
    module: str,
    arguments: Sequence[str],
    incoming: Any,
    env: Mapping[str, str] | None = None,
    *,
    log: Path | None = None,
) -> tuple[subprocess.Popen[bytes], Channel[Any, Any]]:
    """Run ``python -m module arguments`` with a channel to it: (the process, our end).

    The child inherits our standard streams; with a ``log``, the lines that it and its libraries
    write to stdout and stderr are added to that file (or dropped, where it cannot be written).
    When our end closes, or this process ends, its ``receive`` raises EOFError. A process of this
    module that :func:`prestart` has started is taken, once.
    """
    waiting = None if env else _prestarted.pop(module, None)
    child, ours = waiting or _launch(["-m", module, *arguments], env, log)
    if waiting is not None and child.stdin is not None:
        with contextlib.suppress(OSError):  # it has ended: the channel says so
            child.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
            child.stdin.close()
    return child, Channel(ours, incoming)


_prestarted: dict[str, tuple[subprocess.Popen[bytes], connection.Connection]] = {}
"""Module -> the process of it that was started ahead, and our end of its channel."""


def prestart(
    module: str,
    arguments: Sequence[str] | None,
    imports: Sequence[str] = (),
    *,
    log: Path | None = None,
) -> None:
    """Start a process of ``module`` ahead of :func:`spawn`, which then takes it.

    Where ``arguments`` is None the process imports ``module`` and ``imports`` and waits for the
    arguments that ``spawn`` gives it, for its ``main(arguments)``.
    """
    waits = arguments is None
    command = [PRESTARTED, module, *imports] if arguments is None else [module, *arguments]
    _prestarted[module] = _launch(["-m", *command], None, log, waits=waits)


def drop_prestarted() -> list[str]:
    """End the processes that were started ahead and not taken; their modules."""
    dropped = list(_prestarted)
    while _prestarted:
        _, (child, pipe) = _prestarted.popitem()
        pipe.close()
        if child.stdin is not None:
            child.stdin.close()
        child.kill()
        child.wait()
    return dropped


def _launch(
    arguments: Sequence[str],
    env: Mapping[str, str] | None,
    log: Path | None,
    *,
    waits: bool = False,
) -> tuple[subprocess.Popen[bytes], connection.Connection]:
    """Run this Python with a channel to it; ``waits``: with a pipe to its standard input."""
    ours, theirs = multiprocessing.Pipe(duplex=True)
    handle = theirs.fileno()
    environment = {**os.environ, **(env or {}), CHANNEL: str(handle)}
    command = [sys.executable, *arguments]
    lines = None if log is None else _log_file(log)
    streams: dict[str, Any] = {"stdout": lines, "stderr": lines}
    if waits:
        streams["stdin"] = subprocess.PIPE
    try:
        if sys.platform == "win32":  # pragma: no cover - needs Windows
            os.set_handle_inheritable(handle, True)
            startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
            child = subprocess.Popen(command, env=environment, startupinfo=startup, **streams)
        else:
            child = subprocess.Popen(command, env=environment, pass_fds=[handle], **streams)
    finally:
        theirs.close()
        if lines is not None:
            os.close(lines)
    return child, ours


def _log_file(path: Path) -> int:
    """A descriptor that adds to a file; of the null device where it cannot be written."""
    flags = os.O_WRONLY | os.O_APPEND
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags | os.O_CREAT, 0o600)
    except OSError:
        return os.open(os.devnull, flags)


def reap(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a child to end; kill it after ``seconds``."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def parent_channel(incoming: Any) -> Channel[Any, Any]:
    """In a child process: the channel to its parent. KeyError in any other process."""
    handle = int(os.environ.pop(CHANNEL))
    if sys.platform == "win32":  # pragma: no cover - needs Windows
        return Channel(connection.PipeConnection(handle), incoming)
    return Channel(connection.Connection(handle), incoming)
