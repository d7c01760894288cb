"""What a failure is worth on a server that loses time, and that the watcher sees it."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest
from jackserver import PATIENCE, JackServer, start_jackd, stop_jackd
from jackwatch import MOST_SLIP, RATE, Echo, Tally, Watcher

pytest_plugins = ["pytester"]
CONFTEST = """
import pytest
from jackwatch import Tally, pytest_runtest_makereport
from types import SimpleNamespace as Of

HELD_UP, ON_TIME = Tally(0, 0.2, 1, 2), Tally(3, 0.0002, 1)
TRIES = {
    "test_held_up_at_last": [ON_TIME, ON_TIME, HELD_UP],
    "test_on_time_at_last": [HELD_UP, HELD_UP, ON_TIME],
    "test_on_time": [ON_TIME, ON_TIME, ON_TIME],
}

@pytest.fixture
def jack(request):
    tally = TRIES[request.node.name].pop(0)
    return Of(watcher=Of(tally=tally), held_up=tally.held_up)
"""
FAILING = """
import pytest

pytestmark = pytest.mark.flaky(reruns=2)

def test_held_up_at_last(jack):
    assert 1 == 2

def test_on_time_at_last(jack):
    assert 1 == 2

def test_on_time(jack):
    assert 1 == 2

def test_not_on_jack():
    assert 1 == 2
"""


def test_only_what_fails_at_last_on_a_server_that_loses_time_is_left(
    pytester: pytest.Pytester,
) -> None:
    """A fault of ours on a server that keeps its time is a failure."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_four=FAILING)
    ran = pytester.runpytest_inprocess("-rfs", "-p", "no:cacheprovider")
    assert ran.parseoutcomes() == {"rerun": 8, "failed": 3, "skipped": 1}
    ran.stdout.fnmatch_lines(["*jackd disturbed its own echo (2 numbers*200.0 ms*1 == 2*"])
    failed = {line.split("::")[1].split()[0] for line in ran.outlines if line.startswith("FAILED")}
    assert failed == {"test_on_time_at_last", "test_on_time", "test_not_on_jack"}


def test_a_lost_cycle_excuses_nothing_where_the_echo_was_whole() -> None:
    assert not Tally(xruns=5, slip=MOST_SLIP, servers=1, pause=MOST_SLIP).held_up
    assert Tally(lost=1).held_up
    assert Tally(pause=2 * MOST_SLIP).held_up
    assert Tally(slip=2 * MOST_SLIP).held_up


def test_the_echo_counts_what_does_not_come_back_in_its_turn() -> None:
    echo = Echo()
    frame, heard = 0, 0
    for number in range(20):
        if number == 10:
            heard = 0  # a cycle whose samples are gone
        heard = echo.cycle(frame, 128, heard)
        frame += 128
    assert (echo.lost, echo.pause) == (1, 0.0)
    echo.cycle(frame + 256, 128, heard)
    assert (echo.lost, echo.pause) == (1, 256 / RATE)


def test_before_its_loop_is_closed_the_echo_counts_nothing() -> None:
    echo = Echo()
    for cycle in range(5):
        echo.cycle(cycle * 300, 128, 0)
    assert (echo.lost, echo.pause) == (0, 0.0)


@pytest.mark.integration
def test_the_watcher_sees_a_server_that_stands_still(jack: JackServer) -> None:
    time.sleep(0.2)
    os.kill(jack.process.pid, signal.SIGSTOP)
    time.sleep(0.3)
    os.kill(jack.process.pid, signal.SIGCONT)
    time.sleep(0.3)
    assert jack.watcher.tally.held_up
    assert not jack.held_up, "a server that waits has lost nothing yet"
    assert jack.watcher.tally.servers == 1


@pytest.mark.integration
def test_the_watcher_outlives_a_server_and_watches_the_next(jack: JackServer) -> None:
    """The time between the two is nobody's loss."""
    stop_jackd(jack.name, jack.process)
    time.sleep(0.3)
    jack.process = start_jackd(jack.name, jack.environment, jack.cycle)
    assert jack.watcher.wait_until_ready(PATIENCE)
    assert jack.watcher.tally.servers == 2
    assert jack.watcher.tally.slip < 0.25


@pytest.mark.skipif(shutil.which("jackd") is None, reason="no jackd here")
def test_a_watcher_that_finds_no_server_has_seen_nothing() -> None:
    watcher = Watcher("lb-is-not-there")
    assert not watcher.wait_until_ready(0.2)
    assert watcher.tally == Tally()
