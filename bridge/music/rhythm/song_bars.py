"""The bar lines of a song: by its time signatures, or in a metre that was asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from bridge.errors import MidiFileError
from bridge.music.grid import (
    FOUR_FOUR,
    METRES,
    SIX_EIGHT,
    THREE_FOUR,
    TICKS_PER_BEAT,
    TWELVE_EIGHT,
    Grid,
    Metre,
)
from bridge.music.notes import Note
from bridge.music.smf.song import Song, TimeSignature

Ints = npt.NDArray[np.int64]
Encode = Callable[[Sequence[Note], int, int, Metre], Ints]
"""(Notes, first tick, steps, metre) -> classes [steps]: an encoder of ``music.tokens``."""
_SIGNATURES: Final = {
    (2, 4): FOUR_FOUR,
    (3, 4): THREE_FOUR,
    (6, 4): THREE_FOUR,
    (3, 8): SIX_EIGHT,
    (6, 8): SIX_EIGHT,
    (12, 8): TWELVE_EIGHT,
}
"""Time signatures beside those whose bars are as long as 4/4's; two bars of 2/4 are one of 4/4,
a bar of 6/4 is two of 3/4, two of 3/8 are one of 6/8."""


class SongBars(NamedTuple):
    """The bars of a song: their ``metre``, and the tick ``origin`` of the first full one.

    ``grid`` counts ticks from ``origin``, where its bar 0 begins; a single bar of 2/4 within 4/4
    is a short bar of it.
    """

    metre: Metre
    origin: int
    grid: Grid


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the song in one time signature: ``bar`` is the length of its bars in ticks."""

    signature: TimeSignature
    start: int
    end: int
    bar: int


def metre_of(signature: TimeSignature) -> Metre | None:
    """The metre of a time signature; None for one that the band does not play."""
    if _bar_ticks(signature) == FOUR_FOUR.ticks:
        return FOUR_FOUR
    return _SIGNATURES.get((signature.beats, signature.unit))


def song_bars(song: Song, wanted: Metre | None = None, *, force: bool = False) -> SongBars:
    """The bars of a song in its own metre, or in the one ``wanted``.

    A short first bar is a pickup, a short last one is allowed. In 4/4, bars of 2/4 are followed;
    other changes of metre, and metres that the band does not play, are a MidiFileError, unless
    ``force``, or a metre that is wanted, treats all bars as of one metre.
    """
    stretches = _stretches(song)
    pickup = _is_pickup(stretches)
    origin = stretches[0].end if pickup else 0
    full = stretches[1:] if pickup else stretches
    metre = wanted or metre_of(full[0].signature)
    if metre is None:
        if not force:
            raise _not_played(full[0].signature, 1, FOUR_FOUR)
        metre = FOUR_FOUR
    grid = Grid.of(metre)
    for stretch in full[1:] if wanted is None else full:
        grid = _with_stretch(grid, stretch, origin, song.end, force or wanted is not None)
    return SongBars(metre, origin, grid)


def bar_classes(encode: Encode, notes: Sequence[Note], grid: Grid, first: int, bars: int) -> Ints:
    """The classes of ``bars`` bars from ``first`` on, all in the metre of that bar: [steps].

    ``encode`` is an encoder of ``music.tokens``. Of a short bar the missing steps are 0.
    """
    metre, start = grid.metre_of(first), grid.bar_start(first)
    if grid.bar_start(first + bars) - start == bars * metre.ticks:
        return encode(notes, start, bars * metre.steps, metre)
    rows = []
    for bar in range(first, first + bars):
        start = grid.bar_start(bar)
        row = encode(notes, start, metre.steps, metre)
        row[(grid.bar_start(bar + 1) - start) // metre.ticks_per_step :] = 0
        rows.append(row)
    return np.concatenate(rows)


def _stretches(song: Song) -> list[_Stretch]:
    ends = [s.tick for s in song.signatures[1:]] + [max(song.end, song.signatures[-1].tick)]
    return [
        _Stretch(signature, signature.tick, end, _bar_ticks(signature))
        for signature, end in zip(song.signatures, ends, strict=True)
    ]


def _is_pickup(stretches: Sequence[_Stretch]) -> bool:
    """True if the piece begins with a single bar that is shorter than those after it."""
    if len(stretches) < 2:
        return False
    first, second = stretches[:2]
    metre = metre_of(second.signature)
    whole = second.bar if metre is None else metre.ticks
    return first.end == first.bar < whole


def _with_stretch(grid: Grid, stretch: _Stretch, origin: int, end: int, force: bool) -> Grid:
    """The grid with a stretch of another time signature: of full bars, of bars of half a length
    (which pair up, the odd one is short), or short to the end."""
    metre, start = grid.metre, stretch.start - origin
    if metre_of(stretch.signature) is metre and stretch.bar >= metre.ticks:
        return grid
    half = metre is FOUR_FOUR and 2 * stretch.bar == metre.ticks
    if half:
        grid = _from_here(grid, start)
        odd = (stretch.end - stretch.start) // stretch.bar % 2
        last = stretch.end - origin - stretch.bar
        return grid.cut(stretch.end - origin, grid.bar_of(last) + 1, metre) if odd else grid
    if force or (0 < stretch.bar < metre.ticks and stretch.start + stretch.bar >= end):
        return grid
    raise _not_played(stretch.signature, grid.bar_of(start) + 1, metre)


def _from_here(grid: Grid, start: int) -> Grid:
    """The grid with a bar line at ``start``: time signatures stand on bar lines."""
    bar = grid.bar_of(start)
    if grid.bar_start(bar) == start:
        return grid
    return grid.cut(start, bar + 1, grid.metre)


def _not_played(signature: TimeSignature, bar: int, metre: Metre) -> MidiFileError:
    known = ", ".join(name for name in METRES if name[-1].isdecimal())
    return MidiFileError(
        f"it is in {signature.beats}/{signature.unit} from bar {bar} on, and the band plays "
        f"{known}, one of them to the end: --force has it played as if it were {metre.name}"
    )


def _bar_ticks(signature: TimeSignature) -> int:
    return signature.beats * 4 * TICKS_PER_BEAT // max(1, signature.unit)
