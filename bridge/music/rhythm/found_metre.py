"""The metre that notes have by themselves, against the time signature of their file. Pure.

Music repeats and accents by bars: the strengths of its onsets correlate with themselves a bar
later (Brown 1993, "Determination of the meter of musical scores by autocorrelation").
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bridge.music.grid import (
    FOUR_FOUR,
    FOUR_FOUR_TRIPLETS,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    Metre,
)
from bridge.music.notes import Note
from bridge.music.rhythm.feel import feel_of
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf.song import Song

STEP: Final = TICKS_PER_BEAT // 4
"""Ticks of a step on which onsets are counted: a 16th."""
LONGEST: Final = 8
"""Steps from which on a longer note is no stronger."""
FOUR_LAGS: Final = (8, 16, 32)
THREE_LAGS: Final = (12, 24, 36)
"""Steps after which bars of four and of three quarter notes come again."""
LEAST_NOTES: Final = 32
LEAST_STEPS: Final = 8 * 16
"""Fewer notes, or a shorter piece, say nothing."""
BAR_MARGIN: Final = 0.18
"""Difference of mean correlations from which bars of another length are believed. Of 1,638 folk
tunes, hymns and songs in 4/4, 3/4 and 6/8 none is then taken out of its own metre."""
BEAT_MARGIN: Final = 0.4
"""Difference of correlations from which 6/8 is believed to be 3/4, or the other way round."""


def believed_bars(
    song: Song,
    wanted: Metre | None = None,
    *,
    known: Collection[str] = tuple(METRES),
    force: bool = False,
) -> tuple[SongBars, str]:
    """The bars of a song in the metre ``wanted``, else by its time signature, unless its notes
    say otherwise by a wide margin; and a line that says so (mostly empty).

    ``known`` are the names of the metres that can be played: notes in another are left as the
    file says. Errors as of :func:`song_bars`.
    """
    placed = song_bars(song, wanted, force=force)
    if wanted is not None or len(placed.grid.spans) > 1:
        return placed, ""
    notes = [note for track in song.tracks for note in track.notes]
    found = contradicted(notes, placed.metre, placed.origin)
    if found is None and placed.metre is FOUR_FOUR and FOUR_FOUR_TRIPLETS.name in known:
        if not feel_of((note.tick for note in notes), placed.origin).in_three:
            return placed, ""
        return song_bars(song, FOUR_FOUR_TRIPLETS), "its beats are in three: taken as 4/4t"
    if found is None:
        return placed, ""
    if found.name not in known:
        return placed, f"its notes are in {found.name}, but taken in {placed.metre.name} as it says"
    return song_bars(song, found), (
        f"it says {placed.metre.name}, but its notes are in {found.name}: taken as {found.name} "
        f"(--metre {placed.metre.name} takes it as it says)"
    )


def contradicted(notes: Sequence[Note], metre: Metre, origin: int = 0) -> Metre | None:
    """The metre of notes where they contradict ``metre`` by a wide margin; else None.

    Bars of four and of three quarter notes are told apart, and 3/4 from 6/8.
    """
    strength = strengths(notes, origin)
    if len(notes) < LEAST_NOTES or len(strength) < LEAST_STEPS:
        return None
    by_four = np.mean([correlation(strength, lag) for lag in FOUR_LAGS])
    by_three = np.mean([correlation(strength, lag) for lag in THREE_LAGS])
    quarter, dotted = (correlation(strength, lag) for lag in (4, 6))
    three = SIX_EIGHT if dotted > quarter else THREE_FOUR
    if metre.quarters == FOUR_FOUR.quarters:
        return three if by_three - by_four > BAR_MARGIN else None
    if by_four - by_three > BAR_MARGIN and metre in (THREE_FOUR, SIX_EIGHT):
        return FOUR_FOUR
    other = metre in (THREE_FOUR, SIX_EIGHT) and three is not metre
    return three if other and abs(dotted - quarter) > BEAT_MARGIN else None


def strengths(notes: Sequence[Note], origin: int = 0) -> npt.NDArray[np.float64]:
    """The strength of the onsets on each 16th from tick ``origin`` on: the length in 16ths of the
    longest note that begins there, at most :data:`LONGEST`; 0 where none does."""
    steps = [(note.tick - origin + STEP // 2) // STEP for note in notes]
    found = np.zeros(max(steps, default=-1) + 1)
    for step, note in zip(steps, notes, strict=True):
        if step >= 0:
            found[step] = max(found[step], min(LONGEST, max(1, round(note.length / STEP))))
    return found


def correlation(strength: npt.NDArray[np.float64], lag: int) -> float:
    """The correlation (-1..1) of strengths with those ``lag`` steps later."""
    level = strength - strength.mean()
    before, after = level[:-lag], level[lag:]
    size = float(np.sqrt((before**2).sum() * (after**2).sum()))
    return float((before * after).sum()) / size if size else 0.0
