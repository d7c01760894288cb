"""Real-time priority and precise timers for the calling thread, and their release.

======= ================================================== ===============================
system  request                                            if it is refused
======= ================================================== ===============================
Linux   SCHED_FIFO, not inherited by children; else rtkit  normal priority, a fine timer
macOS   the time-constraint policy (thread_policy_set)     normal priority
Windows a 1 ms timer; the multimedia class "Pro Audio"     high priority of the process
======= ================================================== ===============================

Sources: sched(7); Apple's Technical Note TN2169, "High Precision Timers in iOS / OS X";
Microsoft's "Multimedia Class Scheduler Service" and timeBeginPeriod. Foreign functions are
loaded by ``load``, which tests replace.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from bridge.system.rtkit import ask_rtkit
from bridge.system.thread_priority import set_fifo, set_normal

PRIORITY: Final = 20
HELPER_PRIORITY: Final = 10

PERIOD_NS, COMPUTATION_NS, CONSTRAINT_NS = 5_000_000, 1_000_000, 3_000_000
"""macOS, in nanoseconds: every 5 ms the thread needs 1 ms of computation, complete within 3 ms."""
_STANDARD_POLICY, _TIME_CONSTRAINT_POLICY = 1, 2

_TIMER_MS = 1
_PR_SET_TIMERSLACK = 29
_HIGH_PRIORITY_CLASS, _NORMAL_PRIORITY_CLASS = 0x80, 0x20
_MULTIMEDIA_HIGH = 1
_TASK = "Pro Audio"

NORMAL = "normal priority"
_WHY = "(real-time not permitted: see `latent-bridge doctor`)"
REFUSED = f"{NORMAL} {_WHY}"
_REFUSED_BUT_FINE = f"{NORMAL}, fine timer {_WHY}"

Load = Callable[[str], Any]


class TimebaseInfo(ctypes.Structure):
    """macOS: nanoseconds = ticks of the processor's timer * numer / denom."""

    _fields_ = (("numer", ctypes.c_uint32), ("denom", ctypes.c_uint32))


class TimeConstraint(ctypes.Structure):
    """macOS: ``thread_time_constraint_policy``, in ticks of the processor's timer."""

    _fields_ = (
        ("period", ctypes.c_uint32),
        ("computation", ctypes.c_uint32),
        ("constraint", ctypes.c_uint32),
        ("preemptible", ctypes.c_uint32),
    )


_mine = threading.local()


def request_realtime(platform: str = sys.platform, load: Load | None = None) -> str:
    """Request real-time priority for the calling thread; a short text says what was granted.

    The text begins with ``real-time`` on success. Never raises.
    """
    ask = {"linux": _ask_linux, "darwin": _ask_macos, "win32": _ask_windows}.get(platform)
    if ask is None:
        return NORMAL
    try:
        return ask(load or _load)
    except (OSError, AttributeError):  # not permitted, or a missing library or function
        return REFUSED


def leave_realtime(platform: str = sys.platform, load: Load | None = None) -> None:
    """Restore normal priority of the calling thread. No effect where it has that already."""
    leave = {"linux": _leave_linux, "darwin": _leave_macos, "win32": _leave_windows}.get(platform)
    if leave is not None:
        with contextlib.suppress(OSError, AttributeError):
            leave(load or _load)


def raise_helpers() -> None:
    """Give this process's other threads real-time priority below the engine's (Linux).

    A helper thread that is preempted while it holds the interpreter lock would delay the engine
    (priority inversion). No effect where it is not permitted.
    """
    if sys.platform != "linux":
        return
    mine = threading.get_native_id()
    for name in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):  # the thread has ended
            if int(name) != mine and os.sched_getscheduler(int(name)) == os.SCHED_OTHER:
                _raise_helper(int(name))


def _raise_helper(thread: int) -> None:
    try:
        set_fifo(thread, HELPER_PRIORITY)
    except PermissionError:
        ask_rtkit(thread, HELPER_PRIORITY)


def fine_timer(load: Load | None = None) -> bool:
    """Set the timer slack of the calling thread to 1 ns instead of 50 us (Linux: prctl(2),
    PR_SET_TIMERSLACK), for threads without real-time priority. True on success; never raises."""
    try:
        return bool((load or _load)("libc").prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _load(name: str) -> Any:
    """A system library: ``libc``, or a Windows library by name."""
    if name == "libc":
        return ctypes.CDLL(None)
    return getattr(ctypes, "WinDLL")(name)  # noqa: B009 - exists on Windows only


# --- Linux --------------------------------------------------------------------------------


def _ask_linux(load: Load) -> str:
    try:
        set_fifo(0, PRIORITY)
    except OSError:
        if ask_rtkit(threading.get_native_id(), PRIORITY):
            return f"real-time priority (rtkit, SCHED_RR {PRIORITY})"
        return _REFUSED_BUT_FINE if fine_timer(load) else REFUSED
    return f"real-time priority (SCHED_FIFO {PRIORITY})"


def _leave_linux(load: Load) -> None:
    set_normal()


# --- macOS --------------------------------------------------------------------------------


def _ask_macos(load: Load) -> str:
    libc = load("libc")
    base = TimebaseInfo()
    libc.mach_timebase_info(ctypes.byref(base))
    ticks = (ns * base.denom // max(1, base.numer) for ns in _NEEDS_NS)
    policy = TimeConstraint(*ticks, 1)
    count = ctypes.sizeof(policy) // ctypes.sizeof(ctypes.c_int)
    if _set_policy(libc, _TIME_CONSTRAINT_POLICY, ctypes.byref(policy), count):
        return REFUSED
    return "real-time priority (time constraint)"


_NEEDS_NS: Final = (PERIOD_NS, COMPUTATION_NS, CONSTRAINT_NS)


def _leave_macos(load: Load) -> None:
    _set_policy(load("libc"), _STANDARD_POLICY, None, 0)


def _set_policy(libc: Any, flavour: int, policy: Any, count: int) -> int:
    """Zero when the kernel agrees."""
    libc.pthread_self.restype = ctypes.c_void_p
    libc.pthread_mach_thread_np.argtypes = [ctypes.c_void_p]
    libc.pthread_mach_thread_np.restype = ctypes.c_uint32
    thread = libc.pthread_mach_thread_np(libc.pthread_self())
    return int(
        libc.thread_policy_set(
            ctypes.c_uint32(thread), ctypes.c_uint32(flavour), policy, ctypes.c_uint32(count)
        )
    )


# --- Windows ------------------------------------------------------------------------------


def _ask_windows(load: Load) -> str:
    timer = "1 ms timer" if load("winmm").timeBeginPeriod(_TIMER_MS) == 0 else "coarse timer"
    with contextlib.suppress(OSError, AttributeError):
        avrt = load("avrt")
        avrt.AvSetMmThreadCharacteristicsW.restype = ctypes.c_void_p
        task = ctypes.c_uint32(0)
        handle = avrt.AvSetMmThreadCharacteristicsW(ctypes.c_wchar_p(_TASK), ctypes.byref(task))
        if handle:
            _mine.handle = handle
            avrt.AvSetMmThreadPriority(ctypes.c_void_p(handle), ctypes.c_int(_MULTIMEDIA_HIGH))
            return f"real-time priority (multimedia class {_TASK}, {timer})"
    if _set_class(load("kernel32"), _HIGH_PRIORITY_CLASS):
        return f"high priority ({timer}; the multimedia class was refused)"
    return f"{NORMAL} ({timer}; real-time not permitted: see `latent-bridge doctor`)"


def _leave_windows(load: Load) -> None:
    handle, _mine.handle = getattr(_mine, "handle", None), None
    if handle:
        load("avrt").AvRevertMmThreadCharacteristics(ctypes.c_void_p(handle))
    _set_class(load("kernel32"), _NORMAL_PRIORITY_CLASS)
    load("winmm").timeEndPeriod(_TIMER_MS)


def _set_class(kernel32: Any, priority: int) -> bool:
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel32.GetCurrentProcess())
    return bool(kernel32.SetPriorityClass(process, ctypes.c_uint32(priority)))
