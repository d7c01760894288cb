"""Request a bar again after something it depends on has changed. Pure."""

from __future__ import annotations

from bridge.music.grid import bar_of, bar_start
from bridge.session.bars import request
from bridge.session.latent import point
from bridge.session.state.session_state import State, Step


def ask_again(state: State, at: float) -> Step:
    """Request the coming bar again if it was requested already; else it will be anyway."""
    bar = state.clock.coming_bar
    if state.plan.last_asked[0] != bar:
        return _patch(state, at)
    return request.ask(state, at, bar, bar_start(bar))


def _patch(state: State, at: float) -> Step:
    """Change the bar that plays, from its next beat on."""
    bar, start = state.clock.bar, point.next_beat_tick(state, at)
    if bar < 0 or bar_of(start) != bar or state.band.pending_style:
        return state, []
    return request.ask(state, at, bar, start, patch=True)


def prepare(state: State, at: float) -> Step:
    """While stopped: have the first bar ready, so that a start sounds at once."""
    return request.ask(state, at, 0, 0) if state.worker.is_ready else (state, [])


def remake(state: State, at: float) -> Step:
    """Something that a bar depends on has changed: the coming bar is requested again as soon as
    no request is under way; while stopped, the first bar at once."""
    if not state.clock.running:
        return prepare(state, at)
    return state.but(plan=state.plan.outdated()), []
