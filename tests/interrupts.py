"""Child processes that Ctrl+C stops, however the tests themselves were started."""

from __future__ import annotations

import signal


def answer_to_ctrl_c() -> None:
    """Give SIGINT its default action back: the ``preexec_fn`` of a child that is sent one.

    A shell starts its background jobs with SIGINT ignored; the tests inherit that, and so
    would their children.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
