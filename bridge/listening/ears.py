"""All that the band hears besides the melody, as one value. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bridge.listening.chord_symbol import ChordSymbol
from bridge.listening.energy import Energy
from bridge.listening.live_chord import TOGETHER_SECONDS, TRIAD, ListenMode, LiveChord
from bridge.listening.other_tracks import OtherTracks
from bridge.listening.tempo.tempo_ear import TempoEar

CHANGES_KEPT: Final = 128
"""Chord changes that are remembered."""


class BassMove(StrEnum):
    """The time at which the bass note that sounds moves to another chord."""

    AT_ONCE = "at-once"
    NEXT_EIGHTH = "next-8th"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class HeardChord:
    """From ``tick`` on this chord is heard; None: no chord any more."""

    tick: int
    chord: ChordSymbol | None


@dataclass(frozen=True)
class Ears:
    """The chords heard in a session, and the keys that are going down now.

    ``changes`` are the chords heard, in order. ``group`` are the pitch classes of the keys that
    went down together since ``struck`` (monotonic seconds, None: no group is open); the chord is
    read at ``due``, and after it the bass to come is ``unplaced`` until the next step. ``energy``
    is that of the player. ``hold``: the last chord goes on when the left hand lifts. ``tempo``
    listens for a tempo; ``others`` are other tracks, for which parts of the band ``lay_out``.
    """

    mode: ListenMode = ListenMode.AUTO
    hold: bool = True
    bass: BassMove = BassMove.AT_ONCE
    live: LiveChord = field(default_factory=LiveChord)
    changes: tuple[HeardChord, ...] = ()
    struck: float | None = None
    group: frozenset[int] = frozenset()
    due: float | None = None
    unplaced: bool = False
    energy: Energy = field(default_factory=Energy)
    tempo: TempoEar = field(default_factory=TempoEar)
    others: OtherTracks = field(default_factory=OtherTracks)
    lay_out: bool = True

    def key_down(self, at: float, pitch: int, *, hands: bool = True) -> Ears:
        """The ears after a key went down at ``at`` (seconds): it joins the group, or opens one. A
        group that is a triad is read at once, another when its time is over."""
        live = self.live
        if hands:  # of the player, not of another track
            live = replace(live, split=live.split.with_note(pitch))
        is_open = self.struck is not None and at - self.struck <= TOGETHER_SECONDS
        struck = self.struck if is_open and self.struck is not None else at
        group = (self.group if is_open else frozenset()) | {pitch % 12}
        due = at if len(group) >= TRIAD else struck + TOGETHER_SECONDS
        return replace(self, live=live, struck=struck, group=group, due=due)

    def read_at(self, at: float) -> Ears:
        """The ears when the chord is to be read at ``at`` (seconds)."""
        return replace(self, due=at if self.due is None else min(at, self.due))

    def with_chord(self, tick: int, chord: ChordSymbol | None) -> Ears:
        """The ears after a chord was heard from ``tick`` on."""
        before = tuple(c for c in self.changes if c.tick < tick)
        return replace(self, changes=(*before, HeardChord(tick, chord))[-CHANGES_KEPT:])

    def at(self, tick: int) -> HeardChord | None:
        """The last chord heard at ``tick`` or before; None where there is none."""
        return next((c for c in reversed(self.changes) if c.tick <= tick), None)

    @property
    def chord(self) -> ChordSymbol | None:
        """The chord heard last."""
        return self.changes[-1].chord if self.changes else None

    def fresh(self) -> Ears:
        """Nothing heard yet; the settings and the place between the hands stay."""
        return replace(
            self,
            live=LiveChord(split=self.live.split),
            changes=(),
            struck=None,
            group=frozenset(),
            due=None,
            unplaced=False,
            energy=self.energy.fresh(),
            others=OtherTracks(),
        )
