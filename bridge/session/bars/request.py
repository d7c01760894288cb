"""What to generate for which bar, and what becomes of the answer. Pure.

The band is always generated one bar ahead. For each bar the session asks twice: a beat
before the bar line, so that something is there in any case, and again ``look_ahead`` before
it with everything heard by then. A bar without an answer at its commit time repeats the bar
before it.
"""

from __future__ import annotations

import numpy as np

from bridge.model.contract import CHORDS_PER_BAR
from bridge.model.messages import BarTokens, Request
from bridge.music.chord_features import BARS_BEFORE
from bridge.music.chords import held_chord, transpose_class
from bridge.music.grid import (
    STEPS_PER_BAR,
    TICKS_PER_BAR,
    TICKS_PER_BEAT,
    TICKS_PER_STEP,
    bar_of,
    bar_start,
)
from bridge.music.repetition import RepetitionMemory
from bridge.music.tokens import NOTE_OFF, shift_classes
from bridge.session.bars import chord_chart, form_sections
from bridge.session.bars.answer import following
from bridge.session.bars.code_bars import coded_request
from bridge.session.bars.loop import _call, _tiled, capture_loop, is_answer
from bridge.session.bars.render import place_bar
from bridge.session.latent import walks
from bridge.session.latent.point import place_at
from bridge.session.messages.commands import Mode
from bridge.session.state.bars import GeneratedBar, PendingRequest
from bridge.session.state.code_player import ScoreBar
from bridge.session.state.effects import Ask
from bridge.session.state.session_state import State, Step

REQUESTS_REMEMBERED = 8

# --- asking -----------------------------------------------------------------------------


def ask_times(state: State, bar: int) -> tuple[float, float]:
    """The two moments (seconds) at which a bar is asked for."""
    start = bar_start(bar)
    return (
        state.line.second_at_tick(start - TICKS_PER_BEAT),
        state.line.second_at_tick(start) - state.setup.look_ahead,
    )


def ask_due(state: State, at: float, bar: int) -> Step:
    """Ask for ``bar`` if one of its moments has come and was not used yet."""
    stage = sum(at >= moment for moment in sorted(ask_times(state, bar)))
    if stage == 0 or state.stage >= (bar, stage):
        return state, []
    return ask(state.but(stage=(bar, stage)), at, bar, bar_start(bar))


def ask(state: State, at: float, bar: int, start: int, *, patch: bool = False) -> Step:
    """Ask for ``bar``, to be placed from tick ``start`` on (a ``patch`` changes the bar
    that already plays)."""
    written = replayed(state, bar)
    if written is not None:
        return with_written(state, bar, start, written), []
    state = capture_loop(state, bar)
    state = state.but(key=chord_chart.keyed(state))
    shift = state.key.key.shift
    classes, heard, index, answer = window(state, at, bar)
    if following(state):
        state = state.but(form=remember_melody(state.form, bar, classes))
    state = walks.go_on(state, bar)
    place = walks.place(state)
    offset, style_offset, knobs = place_at(state, start)
    generation = state.generation + 1
    state = state.but(pending_style=form_sections.style_due(state, bar) or state.pending_style)
    style = state.pending_style or state.style
    brought = form_sections.brought(state, bar, style)
    request = Request(
        generation=generation,
        target_bar=bar,
        bars=(index,),
        melody=tuple(shift_classes(classes, shift).tolist()),
        heard=tuple(heard.tolist()),
        style=tuple(map(float, brought.style + style_offset)),
        chords=expected_chords(state, bar, index, shift),
        offset=tuple(map(float, offset + place.offset + brought.offset)),
        listen=place.listen,
        points=place.points,
        onward=place.onward,
        temperature=state.control("temperature"),
        variation=state.control("variation"),
        seed=bar_seed(state, bar),
        before=heard_before(state, bar - index, shift),
        tempo=float(np.clip(state.line.bpm, 20, 400)),
        drummer=state.setup.seed,
        tap=state.next_mode is Mode.TAP,
        knobs=asked_of(state, knobs + brought.knobs),
        guest="" if state.cipher.guest is None else state.cipher.guest.name,
        phase=form_sections.groove_bar(state, bar) - index,
    )
    coded = coded_request(state, bar, request, offset)
    whole = coded is not None and coded.whole
    if coded is not None:
        request, answer, index = coded.request, answer or whole, coded.index
    blind = not (chord_chart.key_known(state) or whole)
    asked = PendingRequest(generation, bar, start, shift, style, answer, index, blind, patch, whole)
    waiting = {g: a for g, a in state.asked.items() if g > generation - REQUESTS_REMEMBERED}
    state = state.but(asked={**waiting, generation: asked}, generation=generation)
    return state, [Ask(request)]


def replayed(state: State, bar: int) -> ScoreBar | None:
    """What is written for a bar, where a score plays."""
    found = state.cipher.at(bar)
    return found[0].score[found[1] % found[0].bars] if found and found[0].score else None


def with_written(state: State, bar: int, start: int, written: ScoreBar) -> State:
    """A bar of a score placed as it is written; nobody need be asked."""
    rest = (0,) * STEPS_PER_BAR
    style = state.pending_style or state.style
    placed = GeneratedBar(BarTokens(rest, rest, rest), 0, (), style, coded=True, written=written)
    if not state.running:
        return state.but(opening=placed)
    return place_bar(state.but(bars={**state.bars, bar: placed}), bar, start)


def asked_of(state: State, knobs: np.ndarray) -> tuple[tuple[str, float], ...]:
    """The steered attributes that are to change, by name, with how much (-1..1)."""
    names = state.facts.directions.steered
    turned = zip(names, np.clip(knobs, -1, 1).tolist(), strict=True)
    return tuple((name, value) for name, value in turned if value)


def remember_melody(form: RepetitionMemory, bar: int, classes: np.ndarray) -> RepetitionMemory:
    """Keep the last whole bar before ``bar`` for the form; the last of a ``classes`` window
    is ``bar`` itself."""
    heard = classes[-2 * STEPS_PER_BAR : -STEPS_PER_BAR]
    return form.with_melody(bar - 1, heard.tolist()) if bar > 0 else form


def heard_before(state: State, first: int, shift: int) -> tuple[int, ...]:
    """The melody of the bars before bar ``first`` (the window's), as far back as it is known
    without a gap, in the common key: for the chord reader."""
    known = state.form.melody if following(state) else {}
    bar = first
    while bar - 1 in known and first - bar < BARS_BEFORE:
        bar -= 1
    lines = [shift_classes(np.asarray(known[b]), shift) for b in range(bar, first)]
    return tuple(np.concatenate(lines).tolist()) if lines else ()


def expected_chords(state: State, bar: int, index: int, shift: int) -> tuple[int, ...]:
    """The window's chords for the request, in the common key, -1 where nothing is known: of
    the bar those that the player's left hand holds; those of the chart; else what memory says
    of the bar. Empty for none."""
    given = chord_chart.fixed(state, bar - index, state.facts.spec.bars)
    mine = slice(CHORDS_PER_BAR * index, CHORDS_PER_BAR * (index + 1))
    held = held_chord(state.phrase.chord_held(state.setup.split))
    if held:
        given[mine] = [held] * CHORDS_PER_BAR
    elif following(state) and not state.chart.classes and (known := state.form.expected(bar)):
        given[mine] = known
    if max(given) < 0:
        return ()
    return tuple(cls if cls < 0 else transpose_class(cls, shift) for cls in given)


def bar_seed(state: State, bar: int) -> int:
    """The seed of a bar: one for the whole session, or, as often as ``variation`` says, its
    own. Bars of one seed differ only as what is heard differs."""
    own = np.random.default_rng([state.setup.seed, bar]).random() < state.control("variation")
    return state.setup.seed + (bar + 1 if own else 0)


def window(state: State, at: float, bar: int) -> tuple[np.ndarray, np.ndarray, int, bool]:
    """What the model is to hear for ``bar``: classes [T], heard flags [T], the index of the
    bar in the window, and whether the answer's melody is to be played."""
    bars = state.facts.spec.bars
    mode = state.next_mode
    if mode is Mode.LOOP and state.loop is not None and bar >= state.loop.start:
        return (*_tiled(state.loop, bar, bars), False)
    if mode is Mode.RESPOND and is_answer(state, bar):
        return (*_tiled(_call(state, bar), bar, bars), True)
    end = bar_start(bar + 1)
    start = end - bars * TICKS_PER_BAR
    classes = state.phrase.classes(start, bars * STEPS_PER_BAR, state.setup.split)
    heard = heard_flags(state, at, start, len(classes))
    if not (classes > NOTE_OFF).any():
        heard[:] = 0  # silence is not a melody
    return np.where(heard > 0, classes, 0), heard, bars - 1, False


def heard_flags(state: State, at: float, start: int, steps: int) -> np.ndarray:
    """1 for each step of the window that has been heard: since the bar of the first note
    (silence before it is not a melody) and until now."""
    first = state.phrase.first_tick
    if first is None:
        return np.zeros(steps, np.int64)
    ticks = start + np.arange(steps) * TICKS_PER_STEP
    since = bar_start(bar_of(first))
    until = state.line.tick_at(at)
    return ((ticks >= since) & (ticks < until)).astype(np.int64)
