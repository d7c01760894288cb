"""Real-time priority for a thread, on Linux: ``sched(7)``. What other systems have instead is in
``bridge.system.realtime``."""

from __future__ import annotations

import contextlib
import os


def set_fifo(thread: int, priority: int) -> None:
    """SCHED_FIFO at ``priority`` 1..99 for a thread (its id; 0: the calling one), not inherited by
    children. OSError where it is not permitted."""
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(priority))


def set_normal(thread: int = 0) -> None:
    """Normal priority for a thread. Who is not root may not take back that its children are not
    to have what it had, and need not."""
    policy = os.SCHED_OTHER | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(0))


def try_fifo(priority: int) -> None:
    """:func:`set_fifo` for the calling thread where the system has it and permits it."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            set_fifo(0, priority)
