"""The notes of the roll that have passed: kept here as far back as the window is wide, so that the
engine need not send them again with each snapshot."""

from __future__ import annotations

from typing import Final

from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.notes import Part
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import NoteState, RollNote
from bridge.ui.views.piano_roll import LOUD_FROM, View

SPARE: Final = 400
SHORTEST: Final = TICKS_PER_BEAT // 8
"""Ticks for which even the shortest note lights up."""
"""Notes kept beyond those that are shown before the oldest are forgotten."""


class RollMemory:
    """The notes played so far that the window can show. ``changed`` is True after a snapshot with
    other notes."""

    def __init__(self) -> None:
        self.changed = False
        self._played: dict[tuple[Part, int, int], RollNote] = {}
        self._roll: tuple[RollNote, ...] = ()
        self._beat = 0.0
        self._notes: list[RollNote] = []
        self._looks: frozenset[object] = frozenset()

    def take(self, shot: Snapshot, view: View) -> list[RollNote]:
        """All notes to draw: those remembered, and those of a snapshot."""
        if shot.beat < self._beat - 1:  # another take
            self._played.clear()
            self._notes = []
        self._beat = shot.beat
        if shot.roll is self._roll or (shot.roll == self._roll and self._notes):
            return self._notes
        self._roll = shot.roll
        coming = []
        for note in shot.roll:
            if note.state is NoteState.PLAYED:
                self._played[note.part, note.tick, note.pitch] = note
            else:
                coming.append(note)
        self._forget(view.first_tick)
        self._notes = [*self._played.values(), *coming]
        looks = frozenset(map(_look, self._notes))
        self.changed, self._looks = self.changed or looks != self._looks, looks
        return self._notes

    def _forget(self, first_tick: int) -> None:
        """Forget what lies before the window, in one go when there is much of it."""
        gone = [
            key
            for key, note in self._played.items()
            if note.tick + note.length < first_tick - 4 * TICKS_PER_BEAT
        ]
        if len(gone) > SPARE:
            for key in gone:
                del self._played[key]

    def sounding(self, tick: int) -> frozenset[object]:
        """The notes that sound at a tick, which are lit."""
        return frozenset(
            (note.part, note.tick, note.pitch)
            for note in self._notes
            if note.tick <= tick < note.tick + max(note.length, SHORTEST)
        )


def _look(note: RollNote) -> object:
    """The values that the picture of a note depends on, besides the time: whether it has sounded
    follows from the time."""
    return (
        note.part, note.tick, note.length, note.pitch, note.velocity >= LOUD_FROM,
        note.state is NoteState.PLANNED,
    )  # fmt: skip
