"""A take: what was played from a start to the next, added up from its records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bridge.music.grid import FOUR_FOUR, METRES, TICKS_PER_BEAT, Metre
from bridge.music.notes import Note, Part, PlayerKey
from bridge.session.recording.take_records import (
    PARTS,
    BandMove,
    ChordMove,
    MetreMove,
    PlayerMove,
    SectionMove,
    StyleMove,
    TakeHead,
    TakeJump,
    TakeRecord,
    TempoMove,
)


@dataclass
class Pass:
    """A stretch of a take without a jump, from tick ``begin`` to tick ``end`` (None: it goes on).
    ``counts`` are the notes of each part that had ended before it, ``marks`` the numbers of
    tempi, metres, sections and chords."""

    begin: int
    counts: dict[Part, int]
    end: int | None = None
    marks: tuple[int, int, int, int] = (0, 0, 0, 0)


class Take:
    """One recording, at first at ``bpm`` in ``metre``. With a ``window`` (a number) it keeps the
    last so many notes of each part and as many of all else; without one, everything.

    ``tempi`` are its changes of tempo (tick, BPM), ``metres`` those of metre; ``notes`` those of
    each part that have ended; ``open`` those that sound, by part, pitch and True for the player's:
    start tick, velocity and the player's key. ``sections`` are those of the form that began (tick,
    name), ``chords`` and ``styles`` those that were played, ``passes`` the stretches between
    jumps, ``ended`` the number of notes of each part that have ended, ``last`` the last tick heard
    since the last jump, ``seconds`` the time from the first note on.
    """

    def __init__(self, bpm: float, metre: Metre = FOUR_FOUR, window: int | None = None) -> None:
        self.bpm, self.metre = bpm, metre
        self.notes: dict[Part, deque[Note]] = {part: deque(maxlen=window) for part in Part}
        self.open: dict[tuple[Part, int, bool], tuple[int, int, PlayerKey | None]] = {}
        self.tempi: deque[tuple[int, float]] = deque(maxlen=window)
        self.metres: deque[tuple[int, Metre]] = deque(maxlen=window)
        self.sections: deque[tuple[int, str]] = deque(maxlen=window)
        self.chords: deque[tuple[int, str]] = deque(maxlen=window)
        self.styles: deque[tuple[int, str]] = deque(maxlen=window)
        self.ended = dict.fromkeys(Part, 0)
        self.passes: deque[Pass] = deque([Pass(0, dict(self.ended))], maxlen=window)
        self.last = 0
        self.seconds = 0.0
        self._pace = 60.0 / bpm / TICKS_PER_BEAT
        self._upto: int | None = None
        self._dropped = False

    @classmethod
    def of(cls, head: TakeHead) -> Take:
        """The take that begins with ``head``, to be heard whole."""
        return cls(head.bpm, METRES[head.metre])

    def hear(self, record: TakeRecord) -> None:
        """Add a record; the head, the end and what only files know are passed over."""
        heard = _HEARD.get(type(record))
        if heard is not None:
            heard(self, record)

    def event(
        self, part: Part, tick: int, pitch: int, velocity: int, player: PlayerKey | None = None
    ) -> None:
        """A note of ``part`` began, or (velocity 0) ended. ``player``: the player's key (None: the
        band's). A key ends a note of its pitch that another key began only by beginning one."""
        self.last = max(self.last, tick)
        self._advance(tick)
        key = (part, pitch, player is not None)
        begun = self.open.get(key)
        if begun is not None and (velocity or begun[2] == player):
            start, loud, _ = self.open.pop(key)
            self.notes[part].append(Note(start, pitch, max(1, tick - start), loud))
            self.ended[part] += 1
        if velocity:
            self.open[key] = (tick, velocity, player)

    def sounding(self, tick: int) -> Iterator[tuple[Part, Note]]:
        """Notes not yet ended, as if they ended at ``tick``."""
        for (part, pitch, _), (start, velocity, _) in list(self.open.items()):
            yield part, Note(start, pitch, max(1, tick - start), velocity)

    def tempo(self, tick: int, bpm: float) -> None:
        """The tempo changed at ``tick``."""
        if self._upto is not None:
            self._advance(tick)
        self.tempi.append((tick, bpm))
        self._pace = 60.0 / bpm / TICKS_PER_BEAT

    def jumped(self, left: int, to: int) -> None:
        """The music jumped from tick ``left`` to tick ``to``."""
        if self._upto is not None:
            self._advance(left)
            self._upto = to
        self.passes[-1].end = max(left, self.last)
        marks = (len(self.tempi), len(self.metres), len(self.sections), len(self.chords))
        self._dropped = self._dropped or len(self.passes) == self.passes.maxlen
        self.passes.append(Pass(to, dict(self.ended), marks=marks))
        self.last = to

    def played(self, first: int, end: int, now: int) -> dict[Part, tuple[Note, ...]]:
        """The notes that begin in ticks [``first``, ``end``), each place as it was played last;
        ``now`` is the tick that plays, where those that sound end."""
        found: dict[Part, list[Note]] = {part: [] for part in Part}
        for part, note in self.sounding(now):
            if first <= note.tick < end:
                found[part].append(note)
        upto, missing = dict(self.ended), [(first, end)]
        for stretch in reversed(self.passes):
            begin = min(stretch.begin, first) if stretch is self.passes[0] else stretch.begin
            reach = now if stretch.end is None else stretch.end
            inside = [(max(a, begin), min(b, reach)) for a, b in missing]
            for part, notes in self.notes.items():
                dropped = self.ended[part] - len(notes)
                span = islice(
                    notes, max(0, stretch.counts[part] - dropped), max(0, upto[part] - dropped)
                )
                found[part] += (n for n in span if any(a <= n.tick < b for a, b in inside))
            missing = [
                piece
                for a, b in missing
                for piece in ((a, min(b, begin)), (max(a, reach), b))
                if piece[0] < piece[1]
            ]
            upto = stretch.counts
            if not missing:
                break
        return {part: tuple(notes) for part, notes in found.items()}

    def covers(self, first: int) -> bool:
        """True if nothing that was played since tick ``first`` has left the window."""
        if self._dropped:
            return False
        return all(
            self.ended[part] == len(notes) or (len(self.passes) == 1 and notes[0].tick < first)
            for part, notes in self.notes.items()
        )

    @property
    def count(self) -> int:
        """The number of notes that have begun."""
        return sum(self.ended.values()) + len(self.open)

    @property
    def empty(self) -> bool:
        """True if there is no note in it."""
        return not self.count

    def _advance(self, tick: int) -> None:
        """Count the time up to ``tick``."""
        if self._upto is None:
            self._upto = tick
        elif tick > self._upto:
            self.seconds += (tick - self._upto) * self._pace
            self._upto = tick


def _band(take: Take, record: BandMove) -> None:
    take.event(PARTS[record.part], record.tick, record.pitch, record.velocity)


def _player(take: Take, record: PlayerMove) -> None:
    key = PlayerKey(record.pitch, record.channel, record.port)
    take.event(Part.MELODY, record.tick, record.pitch, record.velocity, key)


_HEARD: dict[type, Callable[[Take, Any], None]] = {
    BandMove: _band,
    PlayerMove: _player,
    TempoMove: lambda take, record: take.tempo(record.tick, record.bpm),
    MetreMove: lambda take, record: take.metres.append((record.tick, METRES[record.metre])),
    TakeJump: lambda take, record: take.jumped(record.left, record.to),
    SectionMove: lambda take, record: take.sections.append((record.tick, record.name)),
    ChordMove: lambda take, record: take.chords.append((record.tick, record.name)),
    StyleMove: lambda take, record: take.styles.append((record.tick, record.name)),
}
