"""The worker's result: placed as the notes of its bar, or counted as stale or late. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.model.contract import CHORDS_PER_BAR
from bridge.model.messages import Result
from bridge.music.chords import transpose_class
from bridge.music.repetition import RepetitionMemory
from bridge.session.bars.render import place_bar
from bridge.session.latent import walks
from bridge.session.latent.point import with_decoded
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import GeneratedBar, PendingRequest
from bridge.session.state.session_state import State

HINDSIGHT = 12
"""Past bars whose chords are read again with each answer. Fewer lose later context; the oldest
that the chord reader hears have too little before them."""


def take_answer(state: State, at: float, result: Result) -> State:
    """Place a result, or count it as stale (its request is not pending any more) or late (its bar
    is committed already). A late one is kept as the groove to fall back on."""
    pending = state.plan.pending.get(result.generation)
    state = state.but(
        plan=state.plan.answered(result.generation),
        worker=state.worker.but(model_ms=result.milliseconds),
    )
    if pending is None:
        return state.count(results_stale=1)
    generated = to_generated_bar(pending, result)
    state = state if pending.preview else _remembered(state, pending, result)
    if not state.clock.running:
        return state.but(plan=state.plan.with_first(generated))
    commit = state.clock.line.tick_at(at + state.setup.commit_ahead)
    if commit > pending.start and pending.preview:
        return state
    if commit > pending.start and not pending.patch:
        return state.but(plan=state.plan.with_first(generated)).count(results_late=1)
    state = state.but(plan=state.plan.with_bar(pending.bar, generated))
    return place_bar(state.count(bars_generated=not pending.preview), pending.bar, pending.start)


def _remembered(state: State, pending: PendingRequest, result: Result) -> State:
    """The state with the codes and chords of a result, also if it is late."""
    state = with_decoded(walks.learn(state, pending, result), result.code)
    follows = state.band.next_mode is Mode.FOLLOW
    if not follows or pending.drums_only or pending.from_code:
        return state
    memory = remember_chords(state.heard.memory, pending, result)
    return state.but(heard=state.heard.but(memory=memory))


def remember_chords(
    memory: RepetitionMemory, pending: PendingRequest, result: Result
) -> RepetitionMemory:
    """The memory with the chords that were read for the bars before the requested one: those were
    heard. They replace earlier readings: later music tells as much about a bar's chords as
    earlier music."""
    chords = (*result.chords_before, *result.chords[: CHORDS_PER_BAR * pending.index])
    played = [transpose_class(c, -pending.shift) for c in chords]
    first = pending.bar - len(played) // CHORDS_PER_BAR
    named = {
        bar: tuple(played[half : half + CHORDS_PER_BAR])
        for bar, half in enumerate(range(0, len(played), CHORDS_PER_BAR), start=first)
        if pending.bar - HINDSIGHT <= bar >= 0
    }
    return memory.with_chords(named)


def to_generated_bar(pending: PendingRequest, result: Result) -> GeneratedBar:
    """The bar of a result, with its chords transposed back to the played key."""
    shift = pending.shift if result.shift is None else result.shift
    first = CHORDS_PER_BAR * pending.index
    chords = result.chords[first : first + CHORDS_PER_BAR]
    played = tuple(transpose_class(c, -shift) for c in chords)
    known = not pending.drums_only and (not pending.from_code or result.shift is not None)
    return GeneratedBar(
        tokens=result.bars[0],
        shift=shift,
        own_key=result.shift is not None,
        chords=played if known else (),
        style=pending.style,
        answer=pending.answer,
        drums_only=pending.drums_only,
        from_code=pending.from_code,
        metre=pending.metre,
    )


def repeat_bar(state: State, bar: int) -> State:
    """No result has come in time for ``bar``: repeat the bar before (in a loop, the same bar of
    the last round)."""
    plan, loop = state.plan, state.heard.loop
    period = 1 if loop is None else loop.bars
    before = plan.bars.get(bar - period) or plan.bars.get(bar - 1) or plan.first_bar_ready
    if before is None:
        return state
    state = state.but(plan=plan.with_bar(bar, replace(before, answer=False)))
    return place_bar(state.count(bars_repeated=1), bar, state.clock.grid.bar_start(bar))
