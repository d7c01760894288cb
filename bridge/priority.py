"""Real-time priority for a thread, on Linux: ``sched(7)``. What other systems have instead is in
``bridge.session.realtime``."""

from __future__ import annotations

import contextlib
import os


def set_fifo(thread: int, priority: int) -> None:
    """SCHED_FIFO at ``priority`` 1..99 for a thread (its id; 0: the calling one), not inherited by
    children. OSError where it is not permitted."""
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(priority))


def hurry(priority: int) -> None:
    """:func:`set_fifo` for the calling thread where the system has it and permits it."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            set_fifo(0, priority)
