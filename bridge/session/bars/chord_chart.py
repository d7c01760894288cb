"""The chart: fixed chords that repeat, whatever is played. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from bridge.errors import ChordError
from bridge.listening.ears import Ears
from bridge.listening.key_finder import key_likelihoods
from bridge.model.contract import CHORDS_PER_BAR
from bridge.music.chords import NO_CHORD, Chart, class_name
from bridge.music.key import KeyTracker
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.listening import Listening
from bridge.session.state.song.chart import FixedChords

CHANGES_FOR_KEY: Final = 24
"""Chords heard last that the key is estimated from."""
NATS_A_CORRELATION: Final = 20.0
"""Log likelihood of keys that counts as much as a correlation of 1."""
CHART_WEIGHT: Final = 0.5
"""Weight of the chart in finding the key; what is played has a weight of 1."""


def read_chart(text: str) -> Chart:
    """The chart that a text means. ChordError if it is not a chart."""
    try:
        return Chart.parse(text)
    except ValueError as exc:
        raise ChordError(f"chords: {exc}") from exc


def fixed_classes(chords: FixedChords, first: int, bars: int) -> list[int]:
    """The chord classes of ``bars`` bars from ``first`` on, two a bar; -1 for no fixed chord."""
    found = [-1] * (CHORDS_PER_BAR * bars)
    for place in range(bars if chords else 0):
        bar = chords.chart.bar(first + place - chords.from_bar)
        for half, cls in enumerate(bar):
            found[CHORDS_PER_BAR * place + half] = -1 if cls == NO_CHORD else cls
    return found


def key_now(heard: Listening, chords: FixedChords, ears: Ears) -> KeyTracker:
    """The key, estimated from the last notes played, and from the chart or the chords heard."""
    weights = np.asarray(heard.phrase.weights(), np.float64)
    changes = [change.chord for change in ears.changes[-CHANGES_FOR_KEY:]]
    if changes and not chords:
        opening = len(ears.changes) <= CHANGES_FOR_KEY
        found = key_likelihoods(changes, weights, opening=opening)
        return heard.key.update_by(found / NATS_A_CORRELATION)
    if chords:
        played = weights.sum()
        weights = weights / played if played else weights
        weights = weights + CHART_WEIGHT * np.asarray(chords.chart.weights())
    return heard.key.update(weights)


def key_known(key: KeyTracker) -> bool:
    """True if a key is known, so that the bass can play."""
    return key.pinned is not None or key.current is not None


def chord_at(bars: Mapping[int, GeneratedBar], half: int) -> str:
    """The name of the chord in half bar number ``half`` (from bar 0); empty if none is known."""
    generated = bars.get(half // 2)
    if generated is None or half % 2 >= len(generated.chords):
        return ""
    return class_name(generated.chords[half % 2])
