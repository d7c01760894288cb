"""rtkit: the request, the limit that it requires, and harmless refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from bridge.system import realtime, rtkit
from bridge.system.realtime import request_realtime

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="rtkit is Linux's")


@pytest.fixture(autouse=True)
def promised(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Limits are counted and not set, because they cannot be raised again."""
    given: list[bool] = []
    monkeypatch.setattr(rtkit, "limit_realtime_work", lambda: given.append(True))
    return given


def test_it_is_asked_for_a_thread_of_this_process_after_a_promise(promised: list[bool]) -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> bool:
        assert promised
        asked.append(command)
        return True

    assert rtkit.ask_rtkit(4711, 50, run)
    (command,) = asked
    assert command[:3] == ("busctl", "--system", "call")
    assert command[-5:] == ("MakeThreadRealtimeWithPID", "ttu", str(os.getpid()), "4711", "20")


def test_without_systemd_dbus_itself_is_asked() -> None:
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> bool:
        asked.append(command)
        return command[0] == "dbus-send"

    assert rtkit.ask_rtkit(4711, 10, run)
    assert asked[-1][-3:] == (f"uint64:{os.getpid()}", "uint64:4711", "uint32:10")


@pytest.mark.parametrize(
    "error", [OSError("no bus"), subprocess.TimeoutExpired("busctl", 2.0), None]
)
def test_a_refusal_is_an_answer(error: Exception | None) -> None:
    def run(command: Sequence[str]) -> bool:
        if error is not None:
            raise error
        return False

    assert rtkit.ask_rtkit(4711, 10, run) is False


def test_a_command_that_is_not_there_is_a_refusal() -> None:
    assert rtkit._run(["latent-bridge-no-such-command"]) is False
    assert rtkit._run([sys.executable, "-c", "raise SystemExit(1)"]) is False
    assert rtkit._run([sys.executable, "-c", ""]) is True


def test_it_is_asked_where_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(realtime, "set_fifo", refuse)
    monkeypatch.setattr(realtime, "ask_rtkit", lambda thread, priority: True)
    assert request_realtime("linux") == "real-time priority (rtkit, SCHED_RR 20)"


def test_the_promise_is_kept_by_giving_the_priority_back() -> None:
    """In its own process, because a limit cannot be raised again. SIGXCPU comes first."""
    script = """
import resource, signal, os
from bridge.system import rtkit
rtkit.limit_realtime_work()
rtkit.limit_realtime_work()
assert resource.getrlimit(resource.RLIMIT_RTTIME) == (150_000, 200_000)
os.kill(os.getpid(), signal.SIGXCPU)
assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER
try:
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
except PermissionError:
    raise SystemExit(0)
import time
end = time.monotonic() + 0.4
while time.monotonic() < end:
    pass
assert os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
