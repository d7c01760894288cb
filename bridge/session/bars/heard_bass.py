"""The bass of a generated bar, moved to the chords that are heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.listening.chord_symbol import ChordSymbol, symbol_of_class
from bridge.listening.ears import Ears
from bridge.listening.follow_chord import follows
from bridge.listening.live_chord import ListenMode
from bridge.model.contract import CHORDS_PER_BAR
from bridge.music.grid import Grid
from bridge.music.notes import Note
from bridge.session.state.bars import GeneratedBar


def made_for(bars: Mapping[int, GeneratedBar], grid: Grid, tick: int) -> int:
    """The chord class 0..24 that the music at a tick was made for; 0 where it is unknown, or the
    bar is not the band's own."""
    generated = bars.get(grid.bar_of(tick))
    if generated is None or generated.from_code or generated.written is not None:
        return 0
    half = grid.half_of(tick) % CHORDS_PER_BAR
    return generated.chords[half] if half < len(generated.chords) else 0


def chord_at(
    ears: Ears, bars: Mapping[int, GeneratedBar], grid: Grid, tick: int
) -> ChordSymbol | None:
    """The chord that the bass plays to at a tick: the one heard, until the plan has another; None
    where nothing is heard."""
    heard = ears.at(tick)
    if heard is None or heard.chord is None:
        return None
    if ears.mode is ListenMode.LEFT or grid.half_of(heard.tick) == grid.half_of(tick):
        return heard.chord
    planned = made_for(bars, grid, tick)
    stays = planned in (made_for(bars, grid, heard.tick), heard.chord.cls)
    return heard.chord if stays else symbol_of_class(planned)


def heard_bass(
    ears: Ears, bars: Mapping[int, GeneratedBar], grid: Grid, notes: Sequence[Note]
) -> list[Note]:
    """Bass notes (in ticks of the session) moved from the chords that they were made for to those
    heard."""
    if not ears.changes:
        return list(notes)
    return [
        follows(
            n, symbol_of_class(made_for(bars, grid, n.tick)), chord_at(ears, bars, grid, n.tick)
        )
        for n in notes
    ]
