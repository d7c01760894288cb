"""Real-time priority: the requests to each system, and harmless refusals."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import pytest

from bridge.system import realtime
from bridge.system.realtime import leave_realtime, request_realtime


class Function:
    """A foreign function that records its calls and returns an answer."""

    def __init__(self, name: str, log: list[tuple[Any, ...]], answer: Any) -> None:
        self.name, self.log, self.answer = name, log, answer

    def __call__(self, *given: Any) -> Any:
        self.log.append((self.name, *(getattr(each, "value", each) for each in given)))
        return self.answer(*given) if callable(self.answer) else self.answer


class Libraries:
    """All of a system's libraries; functions not named in ``answers`` do not exist."""

    def __init__(self, **answers: Any) -> None:
        self.log: list[tuple[Any, ...]] = []
        self._functions = {n: Function(n, self.log, answer) for n, answer in answers.items()}

    def __call__(self, name: str) -> Libraries:
        return self

    def __getattr__(self, name: str) -> Function:
        try:
            return self._functions[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def calls(self, name: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.log if call[0] == name]


def macos(refuses: bool = False, seen: list[Any] | None = None) -> Libraries:
    """An Apple silicon Mac: its timer ticks 24 million times a second."""

    def timebase(pointer: Any) -> int:
        pointer._obj.numer, pointer._obj.denom = 125, 3
        return 0

    def policy_set(thread: Any, flavour: Any, policy: Any, count: Any) -> int:
        if seen is not None:
            seen.append(policy and tuple(getattr(policy._obj, n) for n, _ in policy._obj._fields_))
        return 5 if refuses else 0

    return Libraries(
        mach_timebase_info=timebase,
        pthread_self=0x1_0000_0001,
        pthread_mach_thread_np=771,
        thread_policy_set=policy_set,
    )


def windows(handle: int = 7, timer: int = 0, high: int = 1) -> Libraries:
    return Libraries(
        timeBeginPeriod=timer,
        timeEndPeriod=0,
        AvSetMmThreadCharacteristicsW=handle,
        AvSetMmThreadPriority=1,
        AvRevertMmThreadCharacteristics=1,
        GetCurrentProcess=-1,
        SetPriorityClass=high,
    )


def test_macos_is_asked_for_a_time_constraint_in_its_own_ticks() -> None:
    """5 ms are 120,000 ticks of 24 MHz."""
    seen: list[Any] = []
    libraries = macos(seen=seen)
    assert request_realtime("darwin", libraries) == "real-time priority (time constraint)"
    assert seen == [(120_000, 24_000, 72_000, 1)]
    thread, flavour, _, count = libraries.calls("thread_policy_set")[0]
    assert (thread, flavour, count) == (771, 2, 4)


def test_macos_gets_its_thread_back() -> None:
    libraries = macos()
    leave_realtime("darwin", libraries)
    assert libraries.calls("thread_policy_set") == [(771, 1, None, 0)]


def test_windows_is_asked_for_a_fine_timer_and_the_multimedia_class() -> None:
    libraries = windows()
    granted = request_realtime("win32", libraries)
    assert granted == "real-time priority (multimedia class Pro Audio, 1 ms timer)"
    assert libraries.calls("timeBeginPeriod") == [(1,)]
    assert libraries.calls("AvSetMmThreadCharacteristicsW")[0][0] == "Pro Audio"
    assert libraries.calls("AvSetMmThreadPriority") == [(7, 1)]
    assert libraries.calls("SetPriorityClass") == []
    leave_realtime("win32", libraries)
    assert libraries.calls("AvRevertMmThreadCharacteristics") == [(7,)]
    assert libraries.calls("timeEndPeriod") == [(1,)]


def test_windows_without_the_multimedia_class_gets_high_priority() -> None:
    libraries = windows(handle=0)
    assert request_realtime("win32", libraries).startswith("high priority (1 ms timer")
    assert libraries.calls("SetPriorityClass")[0][1] == 0x80


@pytest.mark.parametrize(
    ("platform", "libraries"),
    [
        ("darwin", macos(refuses=True)),
        ("darwin", Libraries()),
        ("win32", windows(handle=0, high=0)),
        ("win32", Libraries()),
    ],
)
def test_a_refusal_is_said_and_harms_nobody(platform: str, libraries: Libraries) -> None:
    granted = request_realtime(platform, libraries)
    assert granted.startswith("normal priority")
    assert "latent-bridge doctor" in granted
    leave_realtime(platform, libraries)


def test_linux_says_what_it_was_not_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    def refuse_too(thread: int, priority: int) -> bool:
        return False

    monkeypatch.setattr(realtime, "set_fifo", refuse)
    monkeypatch.setattr(realtime, "ask_rtkit", refuse_too)
    libc = Libraries(prctl=0)
    granted = request_realtime("linux", libc)
    assert granted.startswith("normal priority, fine timer (real-time not permitted")
    assert libc.calls("prctl") == [(29, 1, 0, 0, 0)]  # PR_SET_TIMERSLACK, 1 ns
    for unwilling in (Libraries(prctl=-1), Libraries()):
        assert request_realtime("linux", unwilling) == realtime.REFUSED


def test_linux_is_asked_for_fifo_below_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(realtime, "set_fifo", lambda *given: asked.append(given))
    assert request_realtime("linux") == "real-time priority (SCHED_FIFO 20)"
    assert asked == [(0, 20)]


def test_elsewhere_nothing_is_asked() -> None:
    assert request_realtime("freebsd14") == "normal priority"
    leave_realtime("freebsd14")


def test_the_structures_have_the_sizes_of_the_headers() -> None:
    assert ctypes.sizeof(realtime.TimeConstraint) == 16
    assert ctypes.sizeof(realtime.TimebaseInfo) == 8


def test_on_this_machine_it_asks_and_gives_back() -> None:
    """A request on this machine gets an answer, and the thread is normal again."""
    said: list[str] = []

    def run() -> None:
        said.append(request_realtime())
        leave_realtime()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "priority" in said[0]
