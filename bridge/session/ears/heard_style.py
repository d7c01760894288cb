"""The style of what other tracks play: a drummer's, or a loop's. Pure.

The last whole bars of their drums (and of a bass among them) go with each request, and the model
plays in the style that they are, until another style is chosen.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.music.rhythm.song_bars import bar_classes
from bridge.music.tokens import encode_drums, encode_line, shift_classes
from bridge.music.trio_windows import lowest
from bridge.session.bars import form_sections
from bridge.session.bars.ask_again import mark_outdated
from bridge.session.messages.ear_commands import TakeStyle
from bridge.session.state.band import HeardStyle
from bridge.session.state.session_state import State, Step

FEWEST: Final = 4
"""Hits that a groove has at least."""
NOTHING: Final = "no drums are heard: name their port with --listen, and let them play some bars"
BASS_BELOW: Final = 55
"""Pitches below this count as a bass."""

Ints = npt.NDArray[np.int64]


def take(state: State, at: float, _: TakeStyle) -> Step:
    """Play in the style of the last bars that other tracks have played."""
    if not state.clock.running or not state.facts.spec.style:
        return state.say(NOTHING), []
    bars, grid = state.facts.spec.bars, state.clock.grid
    last = grid.bar_of(state.clock.line.tick_at(at))
    first = last - bars
    if first < 0 or len({grid.metre_of(bar) for bar in range(first, last)}) > 1:
        return state.say(f"a style is {bars} bars: let them play that long in one metre"), []
    span = (grid.bar_start(first), grid.bar_start(last))
    hits = [Note(t, p, 1) for t, p in state.ears.others.hits if span[0] <= t < span[1]]
    if len(hits) < FEWEST:
        return state.say(NOTHING), []
    low = [n for n in state.ears.others.notes(span[1], span[0]) if n.pitch < BASS_BELOW]
    turn = form_sections.groove_bar(state, first) % bars
    drums = bar_classes(encode_drums, hits, grid, first, bars)
    bass = bar_classes(encode_line, lowest(tuple(low)), grid, first, bars)
    heard = HeardStyle(
        style=state.band.next_style,
        metre=grid.metre_of(first).name,
        bass=_turned(shift_classes(bass, state.heard.key.key.shift), turn, bars),
        drums=_turned(drums, turn, bars),
    )
    state = state.but(band=state.band.but(heard=heard))
    return mark_outdated(state.say("the style is theirs: choose another one to leave it"), at)


def _turned(line: Ints, turn: int, bars: int) -> tuple[int, ...]:
    """Bars that begin at bar ``turn`` of their groove, turned to begin with it."""
    steps = len(line) // bars
    return tuple(np.roll(line, turn * steps).tolist())
