"""Place the worker's result, or count why it is not used. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.model.contract import CHORDS_PER_BAR
from bridge.model.messages import Result
from bridge.music.chords import transpose_class
from bridge.music.grid import bar_start
from bridge.music.repetition import RepetitionMemory
from bridge.session.bars.render import place_bar
from bridge.session.latent import walks
from bridge.session.latent.point import arrived
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import GeneratedBar, PendingRequest
from bridge.session.state.session_state import State

HINDSIGHT = 12
"""So many bars are named anew with each answer. Fewer forgo what came after them; the oldest that
the chord reader hears have too little before them."""


def following(state: State) -> bool:
    """Whether the coming bars follow what is played now (rather than loop or answer it)."""
    return state.next_mode is Mode.FOLLOW


# --- answers ----------------------------------------------------------------------------


def take_answer(state: State, at: float, result: Result) -> State:
    """Place a result, or count why not: stale (a newer one came first, or nobody asked) or
    late (its bar is already committed). A late one is kept as the groove to fall back on."""
    asked = state.asked.get(result.generation)
    newer = {g: a for g, a in state.asked.items() if g > result.generation}
    state = state.but(asked=newer, model_ms=result.milliseconds)
    if asked is None:
        return state.count(results_stale=1)
    state = walks.learn(state, asked, result)
    state = arrived(state, result.code)
    placed = to_generated_bar(state, asked, result)
    if following(state) and not asked.blind and not asked.coded:
        state = state.but(form=remember_chords(state.form, asked, result))
    if not state.running:
        return state.but(opening=placed)
    commit = state.line.tick_at(at + state.setup.commit_ahead)
    if commit > asked.start and not asked.patch:
        return state.but(opening=placed).count(results_late=1)
    state = state.but(bars={**state.bars, asked.bar: placed})
    return place_bar(state.count(bars_generated=1), asked.bar, asked.start)


def remember_chords(
    form: RepetitionMemory, asked: PendingRequest, result: Result
) -> RepetitionMemory:
    """Keep the chords made out for the bars before the one asked for: those were heard. What
    came after a bar tells as much of its chords as what came before it."""
    chords = (*result.chords_before, *result.chords[: CHORDS_PER_BAR * asked.index])
    played = [transpose_class(c, -asked.shift) for c in chords]
    first = asked.bar - len(played) // CHORDS_PER_BAR
    named = {
        bar: tuple(played[half : half + CHORDS_PER_BAR])
        for bar, half in enumerate(range(0, len(played), CHORDS_PER_BAR), start=first)
        if asked.bar - HINDSIGHT <= bar >= 0
    }
    return form.with_chords(named)


def to_generated_bar(state: State, asked: PendingRequest, result: Result) -> GeneratedBar:
    """The answer's bar with its chords moved back to the played key."""
    shift = asked.shift if result.shift is None else result.shift
    chords = result.chords[2 * asked.index : 2 * asked.index + 2]
    played = tuple(transpose_class(c, -shift) for c in chords)
    known = not asked.blind and (not asked.coded or result.shift is not None)
    return GeneratedBar(
        tokens=result.bars[0],
        shift=shift,
        own_key=result.shift is not None,
        chords=played if known else (),
        style=asked.style,
        answer=asked.answer,
        blind=asked.blind,
        coded=asked.coded,
    )


def keep_going(state: State, bar: int) -> State:
    """No answer in time for ``bar``: the band plays the bar before it once more (in a loop,
    the same bar of the last round)."""
    period = state.loop.bars if state.loop is not None else 1
    before = state.bars.get(bar - period) or state.bars.get(bar - 1) or state.opening
    if before is None:
        return state
    state = state.but(bars={**state.bars, bar: replace(before, answer=False)})
    return place_bar(state.count(bars_repeated=1), bar, bar_start(bar))
