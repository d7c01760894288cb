"""The baselines that the ears have to beat: a plain chord template, the commonest root."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from bridge.listening.chord_symbol import ChordSymbol, Quality
from bridge.music.notes import Note

BONUS: Final = 0.25
"""Points of a template whose root is the lowest note."""
_KINDS: Final = ((Quality.MAJOR, (0, 4, 7)), (Quality.MINOR, (0, 3, 7)))


def template_chord(
    notes: Sequence[Note], start: int, end: int, bonus: float = BONUS
) -> ChordSymbol | None:
    """The major or minor triad most like the pitch classes that sound in [start, end) ticks by
    their cosine, with a bonus for the lowest note as its root; None where nothing sounds."""
    heard, low = np.zeros(12), 128
    for note in notes:
        inside = min(note.end, end) - max(note.tick, start)
        if inside > 0:
            heard[note.pitch % 12] += inside
            if inside >= (end - start) / 8:
                low = min(low, note.pitch)
    length = float(np.linalg.norm(heard))
    if not length:
        return None
    best, most = ChordSymbol(0), -1.0
    for root in range(12):
        for quality, tones in _KINDS:
            points = heard[[(root + t) % 12 for t in tones]].sum() / length / 3**0.5
            points += bonus * (low < 128 and low % 12 == root)
            if points > most:
                best, most = ChordSymbol(root, quality), float(points)
    return best


def commonest_root(chords: Sequence[ChordSymbol | None]) -> int:
    """The root that a piece has most often, known in hindsight."""
    counts = Counter(chord.root for chord in chords if chord is not None)
    return counts.most_common(1)[0][0] if counts else 0
