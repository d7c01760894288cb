"""Real-time priority of a thread on Linux, ``sched(7)``. For other systems see
``bridge.system.realtime``."""

from __future__ import annotations

import contextlib
import os


def set_fifo(thread: int, priority: int) -> None:
    """Set SCHED_FIFO at ``priority`` 1..99 for a thread (its id; 0: the calling one), not
    inherited by children. OSError where it is not permitted."""
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(priority))


def set_normal(thread: int = 0) -> None:
    """Set normal priority for a thread. SCHED_RESET_ON_FORK is kept, because only root may clear
    it."""
    policy = os.SCHED_OTHER | os.SCHED_RESET_ON_FORK
    os.sched_setscheduler(thread, policy, os.sched_param(0))


def try_fifo(priority: int) -> None:
    """:func:`set_fifo` for the calling thread, ignored where it is missing or not permitted."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            set_fifo(0, priority)
