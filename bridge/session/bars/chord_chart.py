"""Chords that the player has fixed: a chart that goes round under what is played. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from bridge.errors import ChordError
from bridge.model.contract import CHORDS_PER_BAR
from bridge.music.chords import NO_CHORD, Chart, class_name
from bridge.music.key import KeyTracker
from bridge.session.state.session_state import State

SHARE: Final = 0.5
"""How much the chart counts for the key, besides what is played."""


def read_chart(text: str) -> Chart:
    """A chart as it is written. ChordError, in one line, for what is none."""
    try:
        return Chart.parse(text)
    except ValueError as exc:
        raise ChordError(f"chords: {exc}") from exc


def with_chart(state: State, text: str, bar: int) -> State:
    """The session with other chords from ``bar`` on; empty for none."""
    chart = read_chart(text)
    said = f"chords: {chart.text}" if chart.classes else "the chords are yours again"
    return state.but(chart=chart, chart_bar=bar, message=said)


def from_bar_0(state: State) -> State:
    """A new take begins: so does the chart."""
    return state.but(chart_bar=0) if state.chart_bar else state


def fixed(state: State, first: int, bars: int) -> list[int]:
    """The classes of a window of bars from ``first`` on, two a bar; -1 where none is fixed."""
    found = [-1] * (CHORDS_PER_BAR * bars)
    for place in range(bars if state.chart.classes else 0):
        bar = state.chart.bar(first + place - state.chart_bar)
        for half, cls in enumerate(bar):
            found[CHORDS_PER_BAR * place + half] = -1 if cls == NO_CHORD else cls
    return found


def keyed(state: State) -> KeyTracker:
    """The key, by what was played of late and by the chart."""
    weights = np.asarray(state.phrase.weights(), np.float64)
    if state.chart.classes:
        played = weights.sum()
        heard = weights / played if played else weights
        weights = heard + SHARE * np.asarray(state.chart.weights())
    return state.key.update(weights)


def key_known(state: State) -> bool:
    """Whether there is a key to play the bass in."""
    return state.key.pinned is not None or state.key.current is not None


def chord_at(state: State, half: int) -> str:
    """The chord of a half bar counted from bar 0; empty where none is known."""
    placed = state.bars.get(half // 2)
    if placed is None or half % 2 >= len(placed.chords):
        return ""
    return class_name(placed.chords[half % 2])
