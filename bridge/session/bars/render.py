"""A generated bar as timed notes in the lanes. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.music.arrange import Feel, arrange_bar, closing_bar, crash_in, fill_bar
from bridge.music.grid import bar_start
from bridge.music.notes import Note, Part
from bridge.session.bars import form_sections, phrase_ends
from bridge.session.bars.loop import loop_notes
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.session_state import State

KEEP_BARS = 64


def place_bar(state: State, bar: int, start: int) -> State:
    """Arrange a generated bar and let it be what the lanes play from tick ``start`` on."""
    placed = state.bars.get(bar)
    if placed is None:
        return state
    parts = render_bar(state, bar, placed)
    end = bar_start(bar + 1)
    lanes = {part: lane.place(start, end, parts[part]) for part, lane in state.lanes.items()}
    return state.but(lanes=lanes)


def render_bar(state: State, bar: int, placed: GeneratedBar) -> dict[Part, list[Note]]:
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
    section = form_sections.section_at(state, bar)
    last = form_sections.last_bar(state, bar)
    phrased = bar == state.fill_bar or not placed.coded
    if phrased and (steps := phrase_ends.filled_steps(state, bar)):
        parts[Part.DRUMS] = fill_bar(parts[Part.DRUMS], bar, feel, steps)
    elif not placed.coded and phrase_ends.filled_steps(state, bar - 1):
        parts[Part.DRUMS] = crash_in(parts[Part.DRUMS], bar, feel)
    if section is not None and section.close and last:
        parts = closing_bar(parts, bar, feel)
    if not placed.answer:
        parts[Part.MELODY] = loop_notes(state, bar)
    if not placed.coded and phrase_ends.resting(state, bar):
        parts[Part.BASS] = parts[Part.DRUMS] = []
    quiet = (
        Part
        if form_sections.ended(state, bar)
        else {*state.muted, *form_sections.silent(state, bar)}
    )
    return {part: [] if part in quiet else notes for part, notes in parts.items()}


def replace_future(state: State, at: float) -> State:
    """Arrange again what is not yet committed: a control that needs no model has moved."""
    for bar in sorted(b for b in state.bars if b >= state.bar):
        state = place_bar(state, bar, state.line.tick_at(at + state.setup.commit_ahead))
    return state


def forget(state: State) -> State:
    """Drop bars long gone."""
    keep = {bar: placed for bar, placed in state.bars.items() if bar >= state.bar - KEEP_BARS}
    return state if len(keep) == len(state.bars) else state.but(bars=keep)
