"""Processes that find one another: by address, key and name."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from bridge.session.messages import commands as m
from bridge.system.ipc import Channel
from bridge.system.meeting import ADDRESS, KEY, Meeting, meet

PATIENCE = 20.0
"""Seconds, reached only where a test fails."""
Met = queue.SimpleQueue[tuple[str, Channel[m.Command, m.Command]]]


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> Iterator[Met]:
    came: Met = queue.SimpleQueue()
    meeting = Meeting(m.Command, lambda name, channel: came.put((name, channel)))
    for name, value in meeting.environment().items():
        monkeypatch.setenv(name, value)
    yield came
    meeting.close()


def test_who_comes_gives_a_name_and_messages_go_both_ways(met: Met) -> None:
    for name in ("one", "two"):
        mine = meet(name, m.Command)
        told, theirs = met.get(timeout=PATIENCE)
        assert told == name
        mine.send(m.Start())
        assert theirs.receive() == m.Start()
        theirs.send(m.Stop())
        assert mine.receive() == m.Stop()


def test_who_does_not_know_the_key_is_refused_and_the_next_one_is_let_in(
    met: Met, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    key = os.environ[KEY]
    monkeypatch.setenv(KEY, "00" * 32)
    with pytest.raises(EOFError):
        meet("thief", m.Command)
    monkeypatch.setenv(KEY, key)
    meet("one", m.Command)
    assert met.get(timeout=PATIENCE)[0] == "one"


def test_without_an_address_there_is_nobody_to_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    with pytest.raises(KeyError):
        meet("one", m.Command)
