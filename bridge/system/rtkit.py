"""rtkit, which lends real-time priority to desktop programs that may not take it (Linux).

It runs on most desktops, for PipeWire needs it. It is asked over the system's D-Bus by a command
of the system, so that no library is needed; it lends SCHED_RR up to 20 to threads of processes
that let themselves be stopped after 200 ms of work without a pause (RLIMIT_RTTIME). Source: the
README of rtkit, https://github.com/heftig/rtkit.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

from bridge.system.thread_priority import set_normal

PRIORITY_MAX: Final = 20
WORK_LIMIT_US: Final = 200_000
WARNING_US: Final = 150_000
TIMEOUT_SECONDS: Final = 2.0
_NAME: Final = "org.freedesktop.RealtimeKit1"
_PATH: Final = "/org/freedesktop/RealtimeKit1"
_CALL: Final = "MakeThreadRealtimeWithPID"

Run = Callable[[Sequence[str]], bool]


def ask_rtkit(thread: int, priority: int, run: Run | None = None) -> bool:
    """Ask for real-time priority for a thread of this process (its native id); whether it was
    granted. Takes some 40 ms; never raises. Before, the process gives its word (``limit_realtime_work``)."""
    priority = min(priority, PRIORITY_MAX)
    numbers = (str(os.getpid()), str(thread), str(priority))
    run = run or _run
    with contextlib.suppress(OSError, ValueError, ImportError, subprocess.SubprocessError):
        limit_realtime_work()
        return any(run(command) for command in rtkit_commands(*numbers))
    return False


def rtkit_commands(process: str, thread: str, priority: str) -> tuple[tuple[str, ...], ...]:
    """What asks it: systemd's command, else D-Bus's own."""
    call = ("busctl", "--system", "call", _NAME, _PATH, _NAME, _CALL, "ttu")
    typed = (f"uint64:{process}", f"uint64:{thread}", f"uint32:{priority}")
    send = ("dbus-send", "--system", "--print-reply", f"--dest={_NAME}", _PATH, f"{_NAME}.{_CALL}")
    return (*call, process, thread, priority), (*send, *typed)


def limit_realtime_work() -> None:
    """Let the kernel stop this process when a thread of real-time priority works for 200 ms without
    a pause. It warns before, and then the main thread gives its priority back."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_RTTIME)[1]
    if 0 <= hard <= WORK_LIMIT_US:
        return
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGXCPU, _give_back_priority)
    resource.setrlimit(resource.RLIMIT_RTTIME, (WARNING_US, WORK_LIMIT_US))


def _give_back_priority(number: int, frame: FrameType | None) -> None:
    for name in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):
            set_normal(int(name))


def _run(command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0
