"""Request a bar again after something it depends on has changed. Pure."""

from __future__ import annotations

from bridge.music.grid import bar_of, bar_start
from bridge.session.bars import request
from bridge.session.latent import point
from bridge.session.messages.status import WorkerState
from bridge.session.state.session_state import State, Step


def ask_again(state: State, at: float) -> Step:
    """Ask anew for the coming bar if it was asked for already; else it will be anyway."""
    bar = max(state.bar + 1, 0)
    if state.stage[0] != bar:
        return _patch(state, at)
    return request.ask(state, at, bar, bar_start(bar))


def _patch(state: State, at: float) -> Step:
    """Change the bar that plays, from its next beat on."""
    start_tick = point.next_beat_tick(state, at)
    if state.bar < 0 or bar_of(start_tick) != state.bar or state.pending_style:
        return state, []
    return request.ask(state, at, state.bar, start_tick, patch=True)


def prepare(state: State, at: float) -> Step:
    """While stopped: have the first bar ready, so that a start sounds at once."""
    if state.worker is not WorkerState.READY:
        return state, []
    return request.ask(state, at, 0, 0)
