"""Request each bar from the worker, one bar ahead. Pure.

Each bar is requested twice: a beat before its bar line, so that there is a result in any case,
and again ``look_ahead`` seconds before it, with all that was heard by then. A bar without a
result at its commit time repeats the bar before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bridge.latent.space import Floats
from bridge.model.messages import BarTokens, Request
from bridge.music.tokens import shift_classes
from bridge.session.bars import chord_chart, form_sections
from bridge.session.bars.code_bars import code_request
from bridge.session.bars.energy_steering import energy_point
from bridge.session.bars.loop import capture_loop
from bridge.session.bars.render import place_bar
from bridge.session.bars.window import (
    Window,
    expected_chords,
    heard_before,
    remember_melody,
    window_of,
)
from bridge.session.latent import walks
from bridge.session.latent.point import place_at
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import GeneratedBar, PendingRequest
from bridge.session.state.clock import Clock
from bridge.session.state.code_player import ScoreBar
from bridge.session.state.effects import Ask
from bridge.session.state.session_state import State, Step


def ask_times(clock: Clock, look_ahead: float, bar: int) -> tuple[float, float]:
    """The two times (seconds) at which a bar is requested."""
    start = clock.grid.bar_start(bar)
    beat = clock.grid.metre_of(bar - 1).ticks_per_beat
    return (
        clock.line.second_at_tick(start - beat),
        clock.line.second_at_tick(start) - look_ahead,
    )


def ask_due(state: State, at: float, bar: int) -> Step:
    """Request ``bar`` if one of its two times has come and was not used yet."""
    moments = ask_times(state.clock, state.setup.look_ahead, bar)
    which = sum(at >= moment for moment in moments)
    if which == 0 or state.plan.last_asked >= (bar, which):
        return state, []
    return ask(
        state.but(plan=state.plan.asked_for(bar, which)), at, bar, state.clock.grid.bar_start(bar)
    )


def ask(state: State, at: float, bar: int, start: int, *, patch: bool = False) -> Step:
    """Request ``bar``, to be placed from tick ``start`` on; a ``patch`` changes the bar that
    already plays. A bar of a score needs no request and is placed at once."""
    written = state.codes.score_bar(bar)
    if written is not None:
        return with_score_bar(state, bar, start, written), []
    state = capture_loop(state, bar)
    heard = state.heard
    state = state.but(heard=heard.but(key=chord_chart.key_now(heard, state.chords, state.ears)))
    window = window_of(state, at, bar)
    if state.band.next_mode is Mode.FOLLOW:
        memory = remember_melody(state.heard.memory, bar, window.classes, state.clock.grid)
        state = state.but(heard=state.heard.but(memory=memory))
    state = walks.walk_to(state, bar)
    if due := form_sections.style_due(state, bar):
        state = state.but(band=state.band.but(pending_style=due))
    request, knobs_offset = request_for(state, bar, start, window)
    answer, index = window.answer, window.index
    from_code = code_request(state, bar, request, knobs_offset)
    whole = from_code is not None and from_code.whole
    if from_code is not None:
        request, answer, index = from_code.request, answer or whole, from_code.index
    pending = PendingRequest(
        generation=request.generation,
        bar=bar,
        start=start,
        shift=state.heard.key.key.shift,
        style=state.band.next_style,
        answer=answer,
        index=index,
        drums_only=not (chord_chart.key_known(state.heard.key) or whole),
        patch=patch,
        from_code=whole,
        metre=state.clock.grid.metre_of(bar),
    )
    return state.but(plan=state.plan.with_request(pending)), [Ask(request)]


def request_for(state: State, bar: int, start: int, window: Window) -> tuple[Request, Floats]:
    """The request for a bar that follows what was heard, and the part [Z] of its code's offset that
    comes from the knobs."""
    band, shift, index = state.band, state.heard.key.key.shift, window.index
    place = walks.decode_place(state)
    offset, style_offset, knobs = place_at(state, start)
    lifted, asked = energy_point(state)
    offset, knobs = offset + lifted, knobs + asked
    influence = form_sections.influence(state, bar, band.next_style)
    directions = state.facts.directions
    request = Request(
        generation=state.plan.generation + 1,
        target_bar=bar,
        bars=(index,),
        melody=tuple(shift_classes(window.classes, shift).tolist()),
        heard=tuple(window.heard.tolist()),
        style=tuple(map(float, influence.style + style_offset)),
        chords=expected_chords(state, bar, index, shift),
        offset=tuple(map(float, offset + place.offset + influence.offset)),
        listen=place.listen,
        points=place.points,
        onward=place.onward,
        temperature=band.control("temperature"),
        variation=band.control("variation"),
        seed=bar_seed(state.setup.seed, bar, band.control("variation")),
        before=heard_before(state, bar - index, shift),
        tempo=float(np.clip(state.clock.line.bpm, 20, 400)),
        drummer=state.setup.seed,
        tap=band.next_mode is Mode.TAP,
        knobs=asked_of(directions.steered, knobs + influence.knobs),
        guest="" if state.codes.guest is None else state.codes.guest.name,
        phase=form_sections.groove_bar(state, bar) - index,
        metre=state.clock.grid.metre_of(bar).name,
    )
    return request, offset


def with_score_bar(state: State, bar: int, start: int, written: ScoreBar) -> State:
    """The state with a bar of a score, placed as written from tick ``start`` on."""
    metre = state.clock.grid.metre_of(bar)
    rest = (0,) * metre.steps
    generated = GeneratedBar(
        BarTokens(rest, rest, rest), 0, (), state.band.next_style,
        from_code=True, written=written, metre=metre,
    )  # fmt: skip
    if not state.clock.running:
        return state.but(plan=state.plan.with_first(generated))
    return place_bar(state.but(plan=state.plan.with_bar(bar, generated)), bar, start)


def asked_of(names: Sequence[str], knobs: np.ndarray) -> tuple[tuple[str, float], ...]:
    """The steered attributes whose ``knobs`` [K] are not 0, by name, with the value (-1..1)."""
    turned = zip(names, np.clip(knobs, -1, 1).tolist(), strict=True)
    return tuple((name, value) for name, value in turned if value)


def bar_seed(seed: int, bar: int, variation: float) -> int:
    """The seed of a bar: the session's ``seed``, or, with the probability ``variation`` (0..1), one
    of its own. Bars of one seed differ only as far as the music heard differs."""
    own = np.random.default_rng([seed, bar]).random() < variation
    return seed + (bar + 1 if own else 0)
