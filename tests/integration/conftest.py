"""Real components: a JACK server of our own for each test that asks for one."""

from __future__ import annotations

import importlib.util
import shutil
import uuid
from collections.abc import Iterator

import pytest
from jackserver import PATIENCE, STEADY, JackServer, start_jackd, stop_jackd
from jackwatch import Watcher, pytest_runtest_makereport

from bridge.midi.drivers import DRIVER_ENVIRONMENT, installed

__all__ = ["jack", "pytest_runtest_makereport"]


@pytest.fixture(params=installed() or ["no MIDI driver"])
def each_driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each MIDI driver that is installed, in turn, chosen by the environment."""
    monkeypatch.setenv(DRIVER_ENVIRONMENT, request.param)
    return str(request.param)


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[JackServer]:
    """A JACK server under a name of its own, known to this process's environment, and watched.
    Its parameter, where there is one, is its ``Cycle``."""
    if shutil.which("jackd") is None or shutil.which("jack_wait") is None:
        pytest.skip("no jackd here: apt-get install jackd2")
    if importlib.util.find_spec("jack") is None:
        pytest.skip("needs JACK-Client: pip install 'latent-bridge[integration]'")
    name = f"lb{uuid.uuid4().hex[:8]}"
    environment = {
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
        "LATENT_BRIDGE_MIDI": "jack",
    }
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    cycle = getattr(request, "param", STEADY)
    watcher = Watcher(name)
    try:
        process = start_jackd(name, environment, cycle)
        server = JackServer(name, process, environment, watcher, cycle)
        try:
            watcher.wait_until_ready(PATIENCE)
            yield server
        finally:
            print(f"\njackd: {watcher.tally}")
            stop_jackd(name, server.process)
    finally:
        watcher.tally  # noqa: B018  ends it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on a real JACK server two more tries.

    On a busy machine jackd, and a peer written in Python, miss a cycle now and then, and what
    was sent or should have been heard in it is gone. A fault of ours fails three times; what
    the third try is worth where jackd lost time is ``jackwatch``'s to say.
    """
    for item in items:
        if item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))
