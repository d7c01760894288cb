"""Real components: a JACK server of our own for each test that asks for one."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import pytest
from jackserver import PERIOD, JackServer, start_jackd, stop_jackd


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[JackServer]:
    """A JACK server under a name of its own, known to this process's environment. Its
    parameter, where there is one, is the frames of a period."""
    if shutil.which("jackd") is None or shutil.which("jack_wait") is None:
        pytest.skip("no jackd here: apt-get install jackd2")
    name = f"lb{uuid.uuid4().hex[:8]}"
    environment = {
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
        "LATENT_BRIDGE_MIDI": "jack",
    }
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    server = JackServer(
        name, start_jackd(name, environment, getattr(request, "param", PERIOD)), environment
    )
    yield server
    stop_jackd(name, server.process)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on a real JACK server two more tries.

    On a busy machine a peer written in Python misses a cycle of JACK's now and then (seen
    with peers of other makers too), and what it sent or should have heard in it is gone. A
    fault of ours fails three times.
    """
    for item in items:
        if item.get_closest_marker("integration"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))
