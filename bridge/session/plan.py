"""What to generate for which bar, and what becomes of the answer. Pure.

The band is always generated one bar ahead. For each bar the session asks twice: a beat
before the bar line, so that something is there in any case, and again ``look_ahead`` before
it with everything heard by then. A bar without an answer at its commit time repeats the bar
before it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bridge.latent.cipher import Written
from bridge.model.contract import CHORDS_PER_BAR, BarTokens, Request, Result
from bridge.music.arrange import Feel, arrange_bar, closing_bar, crash_in, fill_bar
from bridge.music.chords import held_chord, transpose_class
from bridge.music.form import Form
from bridge.music.grid import (
    STEPS_PER_BAR,
    TICKS_PER_BAR,
    TICKS_PER_BEAT,
    TICKS_PER_STEP,
    bar_of,
    bar_start,
)
from bridge.music.harmony import BARS_BEFORE
from bridge.music.notes import Note, Part
from bridge.music.tokens import NOTE_OFF, encode_line, shift_classes
from bridge.session import autopilot, chart, phrasing, sections
from bridge.session.coded import coded_request
from bridge.session.messages import Mode
from bridge.session.point import arrived, place_at
from bridge.session.state import Ask, Asked, Loop, Placed, State, Step

KEEP_BARS = 64
REQUESTS_REMEMBERED = 8
HINDSIGHT = 12
"""So many bars are named anew with each answer. Fewer forgo what came after them; the oldest that
the chord reader hears have too little before them."""

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
    state = state.but(key=chart.keyed(state))
    shift = state.key.key.shift
    classes, heard, index, answer = window(state, at, bar)
    if following(state):
        state = state.but(form=remember_melody(state.form, bar, classes))
    state = autopilot.go_on(state, bar)
    place = autopilot.place(state)
    offset, style_offset, knobs = place_at(state, start)
    generation = state.generation + 1
    state = state.but(pending_style=sections.style_due(state, bar) or state.pending_style)
    style = state.pending_style or state.style
    brought = sections.brought(state, bar, style)
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
        phase=sections.groove_bar(state, bar) - index,
    )
    coded = coded_request(state, bar, request, offset)
    whole = coded is not None and coded.whole
    if coded is not None:
        request, answer, index = coded.request, answer or whole, coded.index
    blind = not (chart.key_known(state) or whole)
    asked = Asked(generation, bar, start, shift, style, answer, index, blind, patch, whole)
    waiting = {g: a for g, a in state.asked.items() if g > generation - REQUESTS_REMEMBERED}
    state = state.but(asked={**waiting, generation: asked}, generation=generation)
    return state, [Ask(request)]


def replayed(state: State, bar: int) -> Written | None:
    """What is written for a bar, where a score plays."""
    found = state.cipher.at(bar)
    return found[0].score[found[1] % found[0].bars] if found and found[0].score else None


def with_written(state: State, bar: int, start: int, written: Written) -> State:
    """A bar of a score placed as it is written; nobody need be asked."""
    rest = (0,) * STEPS_PER_BAR
    style = state.pending_style or state.style
    placed = Placed(BarTokens(rest, rest, rest), 0, (), style, coded=True, written=written)
    if not state.running:
        return state.but(opening=placed)
    return place_bar(state.but(bars={**state.bars, bar: placed}), bar, start)


def asked_of(state: State, knobs: np.ndarray) -> tuple[tuple[str, float], ...]:
    """The steered attributes that are to change, by name, with how much (-1..1)."""
    names = state.facts.directions.steered
    turned = zip(names, np.clip(knobs, -1, 1).tolist(), strict=True)
    return tuple((name, value) for name, value in turned if value)


def following(state: State) -> bool:
    """Whether the coming bars follow what is played now (rather than loop or answer it)."""
    return state.next_mode is Mode.FOLLOW


def remember_melody(form: Form, bar: int, classes: np.ndarray) -> Form:
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
    given = chart.fixed(state, bar - index, state.facts.spec.bars)
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


def _tiled(loop: Loop, bar: int, bars: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The window of a repeating phrase that ``bar`` lies in, all heard, and its index."""
    place = (bar - loop.start) % loop.bars
    first, index = divmod(place, bars)
    length = loop.bars * TICKS_PER_BAR
    origin = bar_start(loop.start)
    copies = [
        replace(n, tick=n.tick - origin + again * length)
        for again in range(-(-(first + 1) * bars // loop.bars))
        for n in loop.notes
    ]
    steps = bars * STEPS_PER_BAR
    classes = encode_line(copies, first * bars * TICKS_PER_BAR, steps)
    return classes, np.ones(steps, np.int64), index


# --- loop and respond -------------------------------------------------------------------


def capture_loop(state: State, bar: int) -> State:
    """In loop mode: close the loop once the phrase is as long as a loop.

    The bar after it is asked for before its last notes are played, so the loop is taken
    again until that bar begins.
    """
    length = state.setup.loop_bars
    first = state.phrase.first_tick
    if state.next_mode is not Mode.LOOP or first is None:
        return state
    if state.loop is not None and bar != state.loop.start + length:
        return state
    if bar < bar_of(first + TICKS_PER_STEP // 2) + length:
        return state
    loop = Loop(bar - length, length, phrase_notes(state, bar - length, bar))
    return state.but(loop=loop, message=f"looping {length} bars")


def phrase_notes(state: State, first: int, after: int) -> tuple[Note, ...]:
    """The player's notes that start in bars [first, after), cut at the last bar line."""
    start, end = bar_start(first), bar_start(after)
    return tuple(
        replace(n, tick=max(n.tick, start), length=max(1, min(n.end, end) - max(n.tick, start)))
        for n in state.phrase.notes(end)
        if start - TICKS_PER_STEP // 2 <= n.tick < end
    )


def is_answer(state: State, bar: int) -> bool:
    """In respond mode bars go by turns: ``respond_bars`` of call, as many of answer."""
    return bar >= 0 and (bar // state.setup.respond_bars) % 2 == 1


def _call(state: State, bar: int) -> Loop:
    length = state.setup.respond_bars
    start = (bar // length - 1) * length
    return Loop(start, length, phrase_notes(state, start, start + length))


# --- answers ----------------------------------------------------------------------------


def take_answer(state: State, at: float, result: Result) -> State:
    """Place a result, or count why not: stale (a newer one came first, or nobody asked) or
    late (its bar is already committed). A late one is kept as the groove to fall back on."""
    asked = state.asked.get(result.generation)
    newer = {g: a for g, a in state.asked.items() if g > result.generation}
    state = state.but(asked=newer, model_ms=result.milliseconds)
    if asked is None:
        return state.count(results_stale=1)
    state = autopilot.learn(state, asked, result)
    state = arrived(state, result.code)
    placed = placed_from(state, asked, result)
    if following(state) and not asked.blind and not asked.coded:
        state = state.but(form=remember_chords(state.form, asked, result))
    if not state.running:
        return state.but(opening=placed)
    commit = state.line.tick_at(at + state.setup.commit_ahead)
    if commit > asked.start and not asked.patch:
        return state.but(opening=placed).count(results_late=1)
    state = state.but(bars={**state.bars, asked.bar: placed})
    return place_bar(state.count(bars_generated=1), asked.bar, asked.start)


def remember_chords(form: Form, asked: Asked, result: Result) -> Form:
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


def placed_from(state: State, asked: Asked, result: Result) -> Placed:
    """The answer's bar with its chords moved back to the played key."""
    shift = asked.shift if result.shift is None else result.shift
    chords = result.chords[2 * asked.index : 2 * asked.index + 2]
    played = tuple(transpose_class(c, -shift) for c in chords)
    known = not asked.blind and (not asked.coded or result.shift is not None)
    return Placed(
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


def place_bar(state: State, bar: int, start: int) -> State:
    """Arrange a generated bar and let it be what the lanes play from tick ``start`` on."""
    placed = state.bars.get(bar)
    if placed is None:
        return state
    parts = render_bar(state, bar, placed)
    end = bar_start(bar + 1)
    lanes = {part: lane.place(start, end, parts[part]) for part, lane in state.lanes.items()}
    return state.but(lanes=lanes)


def render_bar(state: State, bar: int, placed: Placed) -> dict[Part, list[Note]]:
    """The notes of a bar as the controls want them now."""
    feel = Feel(
        swing=state.control("swing"),
        humanize=state.control("humanize"),
        volumes={part: state.control(f"volume {part.value}") for part in Part},
        drum_map=state.setup.drum_map,
        seed=state.setup.seed,
    )
    if placed.written is not None:
        at, muted = bar_start(bar), state.muted
        return {
            part: [] if part in muted else [replace(n, tick=n.tick + at) for n in notes]
            for part, notes in placed.written.items()
        }
    parts = arrange_bar(placed.tokens, bar, feel, transpose=-placed.shift)
    if placed.own_key and placed.shift:
        parts[Part.MELODY] = arrange_bar(placed.tokens, bar, feel)[Part.MELODY]
    if placed.blind:
        parts[Part.BASS] = []
    section = sections.section_at(state, bar)
    last = sections.last_bar(state, bar)
    phrased = bar == state.fill_bar or not placed.coded
    if phrased and (steps := phrasing.filled_steps(state, bar)):
        parts[Part.DRUMS] = fill_bar(parts[Part.DRUMS], bar, feel, steps)
    elif not placed.coded and phrasing.filled_steps(state, bar - 1):
        parts[Part.DRUMS] = crash_in(parts[Part.DRUMS], bar, feel)
    if section is not None and section.close and last:
        parts = closing_bar(parts, bar, feel)
    if not placed.answer:
        parts[Part.MELODY] = loop_notes(state, bar)
    if not placed.coded and phrasing.resting(state, bar):
        parts[Part.BASS] = parts[Part.DRUMS] = []
    quiet = Part if sections.ended(state, bar) else {*state.muted, *sections.silent(state, bar)}
    return {part: [] if part in quiet else notes for part, notes in parts.items()}


def loop_notes(state: State, bar: int) -> list[Note]:
    """What the loop's melody plays in ``bar``."""
    loop = state.loop
    if loop is None or bar < loop.start + loop.bars:
        return []
    source = loop.start + (bar - loop.start) % loop.bars
    by = bar_start(bar - source)
    return [replace(n, tick=n.tick + by) for n in loop.notes if bar_of(n.tick) == source]


def replace_future(state: State, at: float) -> State:
    """Arrange again what is not yet committed: a control that needs no model has moved."""
    for bar in sorted(b for b in state.bars if b >= state.bar):
        state = place_bar(state, bar, state.line.tick_at(at + state.setup.commit_ahead))
    return state


def forget(state: State) -> State:
    """Drop bars long gone."""
    keep = {bar: placed for bar, placed in state.bars.items() if bar >= state.bar - KEEP_BARS}
    return state if len(keep) == len(state.bars) else state.but(bars=keep)
