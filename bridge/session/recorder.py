"""The recorder: keeps all that is played and generated, so that it can be saved afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note, Part, PlayerKey
from bridge.music.smf.gm_programs import PROGRAMS
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track, signature_of
from bridge.session.state.effects import (
    Effect,
    MetreSet,
    NewTake,
    PlayerNote,
    Relocated,
    SectionBegan,
    Send,
    TempoSet,
)

NOTES_KEPT = 100_000
"""Notes of a part that a take holds; older ones are dropped."""
TAKES_KEPT = 8
TITLES = {Part.MELODY: "Melody", Part.DRUMS: "Drums", Part.BASS: "Bass"}


@dataclass
class Pass:
    """A stretch of a take without a jump, from tick ``begin`` to tick ``end`` (None: it goes on).
    ``counts`` are the notes of each part that had ended before it."""

    begin: int
    counts: dict[Part, int]
    end: int | None = None


@dataclass
class Take:
    """One recording from start to stop, at first at ``bpm`` in ``metre``.

    ``tempi`` are its changes of tempo (tick, BPM), ``metres`` those of metre;
    ``notes`` those of each part that have ended;
    ``open`` those that sound, by part, pitch and True for the player's: start tick, velocity and
    the player's key. ``sections`` are those of the form that began (tick, name), ``passes`` the
    stretches between jumps, ``ended`` the number of notes of each part that have ended, ``last``
    the last tick heard since the last jump.
    """

    bpm: float
    metre: Metre = FOUR_FOUR
    metres: list[tuple[int, Metre]] = field(default_factory=list)
    tempi: list[tuple[int, float]] = field(default_factory=list)
    notes: dict[Part, deque[Note]] = field(
        default_factory=lambda: {part: deque(maxlen=NOTES_KEPT) for part in Part}
    )
    open: dict[tuple[Part, int, bool], tuple[int, int, PlayerKey | None]] = field(
        default_factory=dict
    )
    sections: list[tuple[int, str]] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=lambda: [Pass(0, dict.fromkeys(Part, 0))])
    ended: dict[Part, int] = field(default_factory=lambda: dict.fromkeys(Part, 0))
    last: int = 0

    def event(
        self, part: Part, tick: int, pitch: int, velocity: int, player: PlayerKey | None = None
    ) -> None:
        """A note of ``part`` began, or (velocity 0) ended. ``player``: the player's key (None: the
        band's). A key ends a note of its pitch that another key began only by beginning one."""
        self.last = max(self.last, tick)
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

    def jumped(self, left: int, to: int) -> None:
        """The music jumped from tick ``left`` to tick ``to``."""
        self.passes[-1].end = max(left, self.last)
        self.passes.append(Pass(to, dict(self.ended)))
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

    @property
    def empty(self) -> bool:
        """True if there is no note in it."""
        return not self.open and not any(self.notes.values())


class Recorder:
    """Listens to the effects of the session and keeps the last takes."""

    def __init__(self, bpm: float, metre: Metre = FOUR_FOUR) -> None:
        self.takes: deque[Take] = deque([Take(bpm, metre)], maxlen=TAKES_KEPT)
        self._higher: dict[PlayerKey, int] = {}

    @property
    def take(self) -> Take:
        """The take under way."""
        return self.takes[-1]

    def hear(self, effect: Effect) -> None:
        """Record a note, a new take, a jump, a section or a change of tempo or metre; other effects
        are ignored."""
        if isinstance(effect, Send):
            if not effect.thru and len(effect.message) == 3:
                status, pitch, velocity = effect.message
                loud = velocity if status & 0xF0 == 0x90 else 0
                self.take.event(effect.part, effect.tick, pitch, loud)
        elif isinstance(effect, PlayerNote):
            self._hear_player(effect)
        elif isinstance(effect, NewTake):
            self._begin(effect.bpm, effect.metre)
        elif isinstance(effect, TempoSet):
            self.take.tempi.append((effect.tick, effect.bpm))
        elif isinstance(effect, MetreSet):
            self.take.metres.append((effect.tick, effect.metre))
        elif isinstance(effect, Relocated):
            self.take.jumped(effect.left, effect.to)
        elif isinstance(effect, SectionBegan):
            self.take.sections.append((effect.tick, effect.name))

    def _hear_player(self, effect: PlayerNote) -> None:
        """Record a key as it sounds: transposed as it was when it went down."""
        key = effect.key
        higher = self._higher.pop(key, 0)
        if effect.velocity:
            higher = effect.higher
            if higher:
                self._higher[key] = higher
        pitch = min(127, max(0, key.pitch + higher))
        self.take.event(Part.MELODY, effect.tick, pitch, effect.velocity, key)

    def _begin(self, bpm: float, metre: Metre) -> None:
        if self.take.empty:
            self.takes.pop()
        self.takes.append(Take(bpm, metre))

    def recent(self, since: int, now: int) -> Iterator[tuple[Part, Note]]:
        """The take's notes that end after tick ``since``, newest first; then those that sound, as
        if they ended at tick ``now``."""
        for part, notes in self.take.notes.items():
            for note in reversed(notes):
                if note.end < since:
                    break
                yield part, note
        yield from self.take.sounding(now)

    def song(self, channels: Mapping[Part, int]) -> Song | None:
        """The last take that holds notes, as a Standard MIDI File's content; None if none.

        A count-in is moved into the file by whole bars, so that bar lines stay bar lines.
        """
        take = next((t for t in reversed(self.takes) if not t.empty), None)
        return None if take is None else take_song(take, channels)


def take_song(take: Take, channels: Mapping[Part, int]) -> Song:
    """A take as a song: tracks Melody, Drums and Bass, ticks counted from a bar line >= 0."""
    ended = {part: list(notes) for part, notes in take.notes.items()}
    last = max((n.end for notes in ended.values() for n in notes), default=0)
    for part, note in take.sounding(last):
        ended[part].append(note)
    first = min((n.tick for notes in ended.values() for n in notes), default=0)
    shift = -(min(first, 0) // take.metre.ticks) * take.metre.ticks
    tracks = tuple(
        Track(
            name=TITLES[part],
            channel=channels[part],
            program=PROGRAMS[part],
            notes=tuple(
                sorted(Note(n.tick + shift, n.pitch, n.length, n.velocity) for n in ended[part])
            ),
        )
        for part in TITLES
    )
    changes = [TempoChange(0, take.bpm)]
    changes += [TempoChange(tick + shift, bpm) for tick, bpm in take.tempi if tick + shift > 0]
    sections = tuple((tick + shift, name) for tick, name in take.sections)
    return Song(
        tempi=tuple(changes),
        tracks=tracks,
        signatures=_signatures(take, shift),
        markers=sections,
    )


def _signatures(take: Take, shift: int) -> tuple[TimeSignature, ...]:
    """The time signatures of a take whose ticks are moved by ``shift``."""
    found: dict[int, Metre] = {0: take.metre}
    for tick, metre in take.metres:
        found = {at: m for at, m in found.items() if at < tick + shift or not at}
        found[max(0, tick + shift)] = metre
    return tuple(signature_of(metre, tick) for tick, metre in found.items())


def new_path(folder: Path, now: datetime) -> Path:
    """The path of a new file in ``folder``, such as ``latent-bridge 2026-11-21 05.30.12.mid``."""
    return folder / f"latent-bridge {now:%Y-%m-%d %H.%M.%S}.mid"
