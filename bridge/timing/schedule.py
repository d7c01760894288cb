"""The future events of one output, ordered by (tick, priority, sequence), with a commit line.

Rules, each tested:

* Entries before the commit line never change; ``place`` replaces only later ones.
* A note's off is scheduled with its on and carries its tag: an old off never cuts a newer note.
* After a stall late note-ons are dropped and counted, so that no burst is sent; note-offs are
  always sent.
* At one tick, offs go before ons.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from bridge.music.notes import Note

LONG_AGO = -(1 << 62)


class EntryKind(IntEnum):
    """The kind of an entry; the value is its priority at one tick."""

    OFF = 0
    ON = 1


class ScheduleEntry(NamedTuple):
    """One thing to send at ``tick``. ``tag`` joins a note's on and its off.

    A tuple, because the loop sorts hundreds of them: tuples compare in C.
    """

    tick: int
    kind: EntryKind
    sequence: int
    tag: int
    pitch: int
    velocity: int


class Due(msgspec.Struct, frozen=True):
    """The entries to send now, in order, the number of note-ons dropped as too late, and the
    schedule ``after`` them."""

    entries: tuple[ScheduleEntry, ...]
    dropped: int
    after: Schedule


class Schedule(msgspec.Struct, frozen=True):
    """The future of one output. ``pending`` is sorted; ``sounding`` maps pitch -> tag."""

    pending: tuple[ScheduleEntry, ...] = ()
    sounding: Mapping[int, int] = msgspec.field(default_factory=dict)
    commit: int = LONG_AGO
    sequence: int = 0

    @property
    def next_tick(self) -> int | None:
        """The tick of the earliest pending entry, None when there is none."""
        return self.pending[0].tick if self.pending else None

    def place(self, start: int, end: int, notes: Iterable[Note]) -> Schedule:
        """Replace all uncommitted notes that start in [start, end) by ``notes``."""
        start = max(start, self.commit)
        gone = {e.tag for e in self.pending if e.kind is EntryKind.ON and start <= e.tick < end}
        kept = [e for e in self.pending if e.tag not in gone]
        sequence = self.sequence
        for note in notes:
            if start <= note.tick < end:
                kept.append(
                    ScheduleEntry(
                        note.tick, EntryKind.ON, sequence, sequence, note.pitch, note.velocity
                    )
                )
                kept.append(
                    ScheduleEntry(note.end, EntryKind.OFF, sequence + 1, sequence, note.pitch, 0)
                )
                sequence += 2
        return replace(self, pending=tuple(sorted(kept)), sequence=sequence)

    def retuned(self, pitch: Callable[[int, int], int]) -> Schedule:
        """Change the pitch of all notes to come, also of committed ones: the session itself wants
        another pitch now, no late result. ``pitch`` is called with a note's tick and pitch."""
        ons = (e for e in self.pending if e.kind is EntryKind.ON)
        pitches = {e.tag: min(127, max(0, pitch(e.tick, e.pitch))) for e in ons}
        entries = tuple(sorted(e._replace(pitch=pitches.get(e.tag, e.pitch)) for e in self.pending))
        return self if entries == self.pending else replace(self, pending=entries)

    def moved_on(self, tick: int, pitch: Callable[[int], int], velocity: int = 90) -> Schedule:
        """Let the notes that sound at ``tick`` go on with another pitch from then on: each ends
        there, and a new note lasts until its end. ``pitch`` is called with each pitch."""
        entries: list[ScheduleEntry] = []
        sequence = self.sequence
        for entry in self.pending:
            sounds = entry.kind is EntryKind.OFF and self.sounding.get(entry.pitch) == entry.tag
            wanted = min(127, max(0, pitch(entry.pitch))) if sounds else entry.pitch
            if not sounds or wanted == entry.pitch or entry.tick <= tick:
                entries.append(entry)
                continue
            entries.append(entry._replace(tick=tick))
            on = ScheduleEntry(tick, EntryKind.ON, sequence, sequence, wanted, velocity)
            off = entry._replace(sequence=sequence + 1, tag=sequence, pitch=wanted)
            entries += [on, off]
            sequence += 2
        return replace(self, pending=tuple(sorted(entries)), sequence=sequence)

    def commit_to(self, tick: int) -> Schedule:
        """Move the commit line on to ``tick``; it never moves back."""
        return self if tick <= self.commit else replace(self, commit=tick)

    def due(self, tick: int, oldest: int) -> Due:
        """Take the entries due at ``tick``; note-ons from before ``oldest`` are dropped."""
        count = bisect_right(self.pending, tick, key=lambda e: e.tick)
        if not count:
            return Due((), 0, self)
        sounding = dict(self.sounding)
        entries: list[ScheduleEntry] = []
        dropped = 0
        for entry in self.pending[:count]:
            if entry.kind is EntryKind.OFF:
                if sounding.get(entry.pitch) == entry.tag:
                    del sounding[entry.pitch]
                    entries.append(entry)
            elif entry.tick < oldest:
                dropped += 1
            else:
                if entry.pitch in sounding:
                    entries.append(entry._replace(kind=EntryKind.OFF, velocity=0))
                sounding[entry.pitch] = entry.tag
                entries.append(entry)
        after = Schedule(self.pending[count:], sounding, max(self.commit, tick + 1), self.sequence)
        return Due(tuple(entries), dropped, after)

    def released(self) -> tuple[tuple[int, ...], Schedule]:
        """The sounding pitches, which need note-offs now, and an empty schedule.

        The commit line is reset too. Used at stop, panic and position jumps.
        """
        return tuple(sorted(self.sounding)), Schedule(sequence=self.sequence)

    def planned(self) -> tuple[tuple[Note, bool], ...]:
        """Pending notes as (note, committed), for the screen."""
        ends = {e.tag: e.tick for e in self.pending if e.kind is EntryKind.OFF}
        return tuple(
            (Note(e.tick, e.pitch, ends[e.tag] - e.tick, e.velocity), e.tick < self.commit)
            for e in self.pending
            if e.kind is EntryKind.ON
        )
