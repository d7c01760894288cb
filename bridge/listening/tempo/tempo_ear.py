"""Listening for a tempo: the notes played freely, and the tempo found in them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bridge.listening.tempo.tempo_finder import FoundTempo, PlayedNote, find_tempo
from bridge.music.grid import Metre

NOTES_KEPT: Final = 160
SETTLE_SECONDS: Final = 0.06
"""Time after a key at which the tempo is looked for: the rest of its chord has come."""
LEAST_BARS: Final = 2.0
"""Bars that are heard before the band enters."""
AGREE: Final = 0.03
"""Difference of two tempi, found one after another, that still agree."""
AGREEMENTS: Final = 4
"""Agreeing results before the band enters."""
MOST_BARS: Final = 4.0
"""Bars after which the band enters with what was found."""
TRUSTED: Final = 0.6
"""Share of the notes near the grid from which a tempo is believed."""


@dataclass(frozen=True)
class TempoEar:
    """The notes since listening began. ``found`` is the newest tempo, ``agreed`` the number of
    results in a row that agree with it. ``due``: the time at which it is looked for again.

    ``follows`` lets a tempo in use follow the player's slow drift; ``base`` is the tempo in BPM
    that it began from (0: none).
    """

    active: bool = False
    notes: tuple[PlayedNote, ...] = ()
    found: FoundTempo | None = None
    agreed: int = 0
    due: float | None = None
    follows: bool = False
    base: float = 0.0

    def listening(self) -> TempoEar:
        """The ear when listening begins."""
        return TempoEar(active=True, follows=self.follows)

    def ended(self) -> TempoEar:
        """The ear when listening has ended: the band plays."""
        return replace(self, active=False, due=None)

    def key_down(self, at: float, pitch: int, velocity: int) -> TempoEar:
        """The ear after a key went down at ``at`` (seconds)."""
        notes = (*self.notes, PlayedNote(at, pitch, 0.1, velocity))[-NOTES_KEPT:]
        return replace(self, notes=notes, due=at + SETTLE_SECONDS)

    def key_up(self, at: float, pitch: int) -> TempoEar:
        """The ear after a key went up."""
        notes = list(self.notes)
        for index in range(len(notes) - 1, -1, -1):
            if notes[index].pitch == pitch:
                notes[index] = replace(notes[index], length=max(0.02, at - notes[index].at))
                break
        return replace(self, notes=tuple(notes))

    def looked(self, metre: Metre | None = None) -> TempoEar:
        """The ear after it has looked for the tempo in what was played. ``metre`` is the one that
        the player has named; None: it is looked for, too."""
        found = find_tempo(self.notes, metre)
        if found is None or found.trust < TRUSTED:
            return replace(self, due=None, agreed=0)
        before = self.found
        same = before is not None and abs(found.bpm / before.bpm - 1) <= AGREE
        return replace(self, found=found, agreed=self.agreed + 1 if same else 0, due=None)

    @property
    def is_sure(self) -> bool:
        """True if enough was heard for the band to enter."""
        if self.found is None or not self.notes:
            return False
        bar = self.found.metre.beats * 60.0 / self.found.bpm
        bars = (self.notes[-1].at - self.notes[0].at) / bar
        agreed = self.agreed >= AGREEMENTS and bars >= LEAST_BARS
        return agreed or bars >= MOST_BARS
