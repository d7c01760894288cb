"""Request a bar again after something that it depends on has changed. Pure."""

from __future__ import annotations

from bridge.session.bars import request
from bridge.session.bars.render import replace_future
from bridge.session.latent import point
from bridge.session.state.session_state import State, Step


def ask_again(state: State, at: float) -> Step:
    """Request the coming bar again if it was requested already; if not, change the bar that plays,
    as the coming one will be requested at its time."""
    bar = state.clock.coming_bar
    if state.plan.last_asked[0] != bar:
        return _patch(state, at)
    return request.ask(state, at, bar, state.clock.grid.bar_start(bar))


def _patch(state: State, at: float) -> Step:
    """Request the bar that plays again, to be changed from its next beat on."""
    bar, start = state.clock.bar, point.next_beat_tick(state, at)
    if bar < 0 or state.clock.grid.bar_of(start) != bar or state.band.pending_style:
        return state, []
    return request.ask(state, at, bar, start, patch=True)


def request_first_bar(state: State, at: float) -> Step:
    """While stopped, request the first bar, so that the music starts without delay."""
    return request.ask(state, at, 0, 0) if state.worker.is_ready else (state, [])


def mark_outdated(state: State, at: float) -> Step:
    """Something that a bar depends on has changed: the coming bar is requested again as soon as
    no request is pending; while stopped, the first bar at once."""
    if not state.clock.running:
        return request_first_bar(state, at)
    return state.but(plan=state.plan.outdated()), []


def coming_changed(state: State, at: float) -> Step:
    """What the bars from the next bar line on depend on has changed, and the bar that plays goes
    on as it is: the coming bar is arranged again, and requested again if it was requested."""
    if not state.clock.running:
        return request_first_bar(state, at)
    state = replace_future(state, at)
    asked = state.plan.last_asked[0] == state.clock.coming_bar
    return state.but(plan=state.plan.outdated() if asked else state.plan.without_preview()), []
