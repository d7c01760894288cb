"""Real-time priority from rtkit, for desktop programs without the permission for it (Linux).

rtkit runs on most desktops, because PipeWire needs it. It is called over the system D-Bus by a
system command, so that no library is needed. It grants SCHED_RR up to 20 to threads of processes
with a limit (RLIMIT_RTTIME) of 200 ms of work without a pause. Source: the README of rtkit,
https://github.com/heftig/rtkit.
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
    """Request real-time priority for a thread of this process (its native id); True if granted.

    Calls :func:`limit_realtime_work` first, which rtkit requires. Takes about 40 ms; never raises.
    """
    priority = min(priority, PRIORITY_MAX)
    numbers = (str(os.getpid()), str(thread), str(priority))
    run = run or _run
    with contextlib.suppress(OSError, ValueError, ImportError, subprocess.SubprocessError):
        limit_realtime_work()
        return any(run(command) for command in rtkit_commands(*numbers))
    return False


def rtkit_commands(process: str, thread: str, priority: str) -> tuple[tuple[str, ...], ...]:
    """The commands that send the request: systemd's ``busctl``, else ``dbus-send``."""
    call = ("busctl", "--system", "call", _NAME, _PATH, _NAME, _CALL, "ttu")
    typed = (f"uint64:{process}", f"uint64:{thread}", f"uint32:{priority}")
    send = ("dbus-send", "--system", "--print-reply", f"--dest={_NAME}", _PATH, f"{_NAME}.{_CALL}")
    return (*call, process, thread, priority), (*send, *typed)


def limit_realtime_work() -> None:
    """Limit real-time work of this process: the kernel stops it when a real-time thread works for
    200 ms without a pause. After 150 ms it sends SIGXCPU, whose handler gives the priority
    back."""
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
