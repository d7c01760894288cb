"""Keeps the last session: in a thread of its own that looks at the engine's state."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bridge.controllers.catalog import control_range
from bridge.errors import BridgeError
from bridge.files.last_session import Chosen, LastSession, write_last_session
from bridge.session.bars.feel import SWING
from bridge.session.latent.point import GLIDE
from bridge.session.state.session_state import State

LOOK_SECONDS: Final = 1.0
"""Time between two looks, and so the most that a killed program forgets."""
CLOSING_SECONDS: Final = 2.0
_LOG: Final = logging.getLogger(__name__)


class LastSessionKeeper:
    """Writes how a session stands, whenever it has changed, and at the end.

    ``look`` gives the engine's state; ``now`` and ``before`` are the settings of the session and
    of the settings file. ``path``: another file.
    """

    def __init__(
        self, look: Callable[[], State], now: Chosen, before: Chosen, path: Path | None = None
    ) -> None:
        self._look, self._now, self._before, self._path = look, now, before, path
        self._written: LastSession | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="last session", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Write how the session stands now, and end."""
        self._closing.set()
        self._thread.join(CLOSING_SECONDS)

    def keep(self) -> None:
        """Write how the session stands, if that has changed."""
        here = session_of(self._look(), self._now, self._before)
        if here == self._written:
            return
        self._written = here
        try:
            write_last_session(here, self._path)
        except BridgeError as error:
            _LOG.warning("the last session is not kept: %s", error)

    def _run(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            self.keep()
        self.keep()


def session_of(state: State, now: Chosen, before: Chosen) -> LastSession:
    """How a session stands; ``now`` are the settings that it began with."""
    band = state.band
    chosen = msgspec.structs.replace(
        now,
        bpm=now.bpm if state.setup.clock else round(state.clock.line.bpm, 2),
        style=band.next_style,
        metre=state.clock.metre.name,
        mode=band.next_mode.value,
    )
    return LastSession(
        model=state.facts.spec.name,
        now=chosen,
        before=before,
        muted=tuple(sorted(part.value for part in band.muted)),
        controls=moved_controls(state),
        morph=state.point.morph,
    )


def moved_controls(state: State) -> dict[str, float]:
    """The controls that stand elsewhere than at the beginning, the latent point's too."""
    usual = {GLIDE: state.setup.glide}
    found = {
        name: value
        for name, value in state.band.controls.items()
        if value != usual.get(name, control_range(name).default)
    }
    if not state.band.swing_pinned:
        found.pop(SWING, None)  # it is the style's, or the player's
    return found
