"""Pages that come and go, while the engine knows one screen."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bridge.session.messages import commands as m
from bridge.session.messages.settings_messages import Preferences
from bridge.session.messages.snapshot import FromEngine, Goodbye, Snapshot
from bridge.system.ipc import Channel
from bridge.ui.sample_session import snapshot_at
from bridge.ui.web.pages import Pages

PATIENCE = 20.0
"""Seconds, reached only where a test fails."""


class Engine:
    """The commands that the pages told, and the pages that have gone."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.gone: dict[str, threading.Event] = {}
        self.pages = Pages(self.told.append)

    @contextmanager
    def page(self, name: str) -> Iterator[Channel[m.Command, FromEngine]]:
        """The screen's end of a page that has come."""
        self.gone[name] = threading.Event()
        self.pages.expect(name, self.gone[name].set)
        ours, theirs = multiprocessing.Pipe(duplex=True)
        self.pages.come(name, Channel(ours, m.Command))
        channel: Channel[m.Command, FromEngine] = Channel(theirs, FromEngine)
        yield channel
        channel.close()
        assert self.gone[name].wait(PATIENCE)


def received(channel: Channel[m.Command, FromEngine]) -> FromEngine:
    assert channel.poll(PATIENCE)
    return channel.receive()


def test_every_page_gets_what_the_engine_shows_and_a_later_one_what_there_is() -> None:
    engine = Engine()
    shot, wanted = snapshot_at(4.0), Preferences(theme="light")
    with engine.page("one") as one:
        engine.pages.show(wanted)
        assert received(one) == wanted
        engine.pages.show(shot)
        assert isinstance(received(one), Snapshot)
        with engine.page("two") as two:
            assert {type(received(two)), type(received(two))} == {Preferences, Snapshot}


def test_a_page_that_is_loaded_again_commands_the_same_engine() -> None:
    engine = Engine()
    with engine.page("before") as page:
        page.send(m.Start())
    engine.pages.drop("before")
    with engine.page("after") as page:
        page.send(m.Fill())
    assert engine.told == [m.Start(), m.Fill()]


def test_keys_that_a_page_holds_come_up_when_it_is_closed() -> None:
    engine = Engine()
    with engine.page("one") as page:
        page.send(m.KeyDown(1.0, 60))
        page.send(m.KeyDown(1.0, 64))
        page.send(m.KeyUp(2.0, 60))
    ups = [each for each in engine.told[3:] if isinstance(each, m.KeyUp)]
    assert [up.pitch for up in ups] == [64]
    assert len(engine.told) == 4


def test_a_closed_page_is_told_to_end_and_one_that_comes_too_late_is_sent_away() -> None:
    engine = Engine()
    with engine.page("one") as page:
        assert len(engine.pages) == 1
        assert engine.pages.has("one")
        engine.pages.drop("one")
        assert isinstance(received(page), Goodbye)
        assert len(engine.pages) == 0
    ours, theirs = multiprocessing.Pipe(duplex=True)
    engine.pages.come("one", Channel(ours, m.Command))
    late: Channel[m.Command, FromEngine] = Channel(theirs, FromEngine)
    assert late.poll(PATIENCE)
    try:
        late.receive()
    except EOFError:
        return
    raise AssertionError("a screen without a page was let in")
