"""Every page and dialog of the screen, drawn from the recording: as text, as text with its
colours, and as SVG."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Final

from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input

from bridge.session.messages.settings_messages import Preferences
from bridge.ui.app import BridgeApp
from bridge.ui.engine_link import MemoryLink
from tools.screen.recording import Recording
from tools.screen.svg import polished

SIZES: Final = ((60, 20), (80, 24), (120, 40), (200, 60))
THEMES: Final = ("dark", "light", "no-color")
"""The themes that are drawn; the last is the dark one under NO_COLOR."""
NO_COLOR: Final = THEMES[-1]
_COLOURS: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
_SETTLED: Final = 20
"""Looks at which a dialog must have stopped changing."""


@dataclass(frozen=True)
class Scene:
    """A page or dialog: the ``moment`` of the recording at which ``keys`` are pressed (by Textual's
    names). They are taken back by Escape, except on the main screen."""

    name: str
    moment: str
    keys: tuple[str, ...] = ()


SCENES: Final = (
    Scene("start", "start"),
    Scene("roll", "playing"),
    Scene("map", "playing", ("f11",)),
    Scene("styles", "playing", ("f2",)),
    Scene("tunes", "playing", ("f3",)),
    Scene("chords", "playing", ("f6",)),
    Scene("wrong-chords", "playing", ("f6", *"Am", "space", *"Cfoo", "enter")),
    Scene("key", "playing", ("f7",)),
    Scene("walk", "playing", ("f9",)),
    Scene("models", "playing", ("colon", *"models", "enter")),
    Scene("ideas", "playing", ("9",)),
    Scene("takes", "playing", ("ctrl+t",)),
    Scene("places", "playing", ("ctrl+o",)),
    Scene("settings", "playing", ("ctrl+s",)),
    Scene("help", "playing", ("f1",)),
    Scene("palette", "playing", ("colon", *"tempo")),
    Scene("pending", "pending"),
    Scene("form", "form"),
    Scene("sections", "form", ("f10",)),
    Scene("learn", "learning", ("ctrl+k",)),
)


@dataclass(frozen=True)
class Drawn:
    """A picture of the screen: its ``text``, a line a row without trailing blanks; ``styled``: the
    same with the escape sequences of its colours; and its ``svg``, if it was asked for."""

    text: str
    styled: str
    svg: str = ""


def draw(
    recording: Recording, size: tuple[int, int], theme: str, names: Iterable[str] = (), *,
    svg: bool = False,
) -> dict[str, Drawn]:  # fmt: skip
    """The scenes of these ``names`` (none: all) on a screen of ``size`` (columns, rows)."""
    wanted = set(names) or {scene.name for scene in SCENES}
    with environment(theme):
        return asyncio.run(_draw(recording, size, theme, wanted, svg))


async def _draw(
    recording: Recording, size: tuple[int, int], theme: str, wanted: set[str], svg: bool
) -> dict[str, Drawn]:
    link = MemoryLink()
    for listing in recording.lists:
        link.listings.put(listing)
    shown = "dark" if theme == NO_COLOR else theme
    link.listings.put(Preferences(theme=shown, fps=1))  # it is drawn when told to
    now = recording.shots[0].at
    app = BridgeApp(link, clock=lambda: now)
    found: dict[str, Drawn] = {}
    at = 0
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for scene in SCENES:
            while at <= recording.moments[scene.moment]:
                link.snapshot, now = recording.shots[at], recording.shots[at].at
                app.draw()
                at += 1
            if scene.name not in wanted:
                continue
            await pilot.press(*scene.keys)
            found[scene.name] = await _settled(app, pilot, svg)
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
                await pilot.pause()
            await pilot.press("escape")
    return found


async def _settled(app: BridgeApp, pilot: Pilot[None], svg: bool) -> Drawn:
    """The picture, as soon as it stays as it is."""
    before = None
    for _ in range(_SETTLED):
        for field in app.screen.query(Input):
            field.cursor_blink = False
        app.draw()
        await pilot.pause()
        styled = rendered(app, styles=True)
        if styled == before:
            break
        before = styled
    text = "\n".join(line.rstrip() for line in rendered(app, styles=False).splitlines())
    picture = polished(app.export_screenshot()) if svg else ""
    return Drawn(f"{text}\n", styled, picture)


def rendered(app: BridgeApp, *, styles: bool) -> str:
    """The cells of the screen, as :meth:`textual.app.App.export_screenshot` gets them."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=StringIO(), force_terminal=True,
        color_system="truecolor", record=True, legacy_windows=False, safe_box=False,
    )  # fmt: skip
    stack = app._background_screens
    console.print(app.screen._compositor.render_update(full=True, screen_stack=stack))
    return console.export_text(styles=styles)


@contextmanager
def environment(theme: str) -> Iterator[None]:
    """A terminal of true colours, or one whose owner wants none, whatever this one is."""
    before = dict(os.environ)
    os.environ.update(_COLOURS)
    os.environ.pop("NO_COLOR", None)
    if theme == NO_COLOR:
        os.environ["NO_COLOR"] = "1"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
