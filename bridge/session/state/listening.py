"""The notes received: the player's, and those of a built-in tune."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bridge.music.key import KeyTracker
from bridge.music.phrase import Phrase
from bridge.music.repetition import RepetitionMemory
from bridge.session.state.bars import Loop
from bridge.session.state.value import Value
from bridge.timing.schedule import Schedule


class Listening(Value, frozen=True):
    """The player's music as far as it was heard.

    ``phrase`` holds the notes of the last bars, ``memory`` the bars that repeat and their chords,
    ``loop`` the phrase that loops. ``passed_notes`` (pitch to velocity) were passed on to the
    melody output and still sound there.
    """

    phrase: Phrase = msgspec.field(default_factory=Phrase)
    key: KeyTracker = msgspec.field(default_factory=KeyTracker)
    memory: RepetitionMemory = msgspec.field(default_factory=RepetitionMemory)
    loop: Loop | None = None
    passed_notes: Mapping[int, int] = msgspec.field(default_factory=dict)

    def fresh(self) -> Listening:
        """Nothing heard yet, for a new take; the key stays."""
        return self.but(phrase=Phrase(), memory=RepetitionMemory(), loop=None)

    def cleared(self) -> Listening:
        """Nothing heard yet but the keys that are down; a pinned key stays."""
        return self.but(
            phrase=self.phrase.cleared(),
            memory=RepetitionMemory(),
            loop=None,
            key=KeyTracker(pinned=self.key.pinned),
        )

    def with_key(self, tick: int, pitch: int, velocity: int) -> Listening:
        """The music with a key pressed at ``tick``, or (velocity 0) released."""
        return self.but(phrase=self.phrase.note_on(tick, pitch, velocity))

    def until(self, tick: int) -> Listening:
        """The music before ``tick`` only, after a jump to it."""
        return self.but(phrase=self.phrase.until(tick))

    def released(self) -> Listening:
        """The music without passed-on notes that sound."""
        return self.but(passed_notes={}) if self.passed_notes else self


class Tune(Value, frozen=True):
    """The built-in tune that plays in place of a player: its ``name`` (empty: none) and the
    notes that are still to come in as key presses."""

    name: str = ""
    schedule: Schedule = msgspec.field(default_factory=Schedule)
