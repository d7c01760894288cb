"""The recorder: keeps all that is played and generated, so that it can be saved afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note, Part, PlayerKey
from bridge.music.smf.gm_programs import PROGRAMS
from bridge.music.smf.song import Song, TempoChange, TimeSignature, Track, signature_of
from bridge.session.state.effects import Effect, MetreSet, NewTake, PlayerNote, Send, TempoSet

NOTES_KEPT = 100_000
"""Notes of a part that a take holds; older ones are dropped."""
TAKES_KEPT = 8
TITLES = {Part.MELODY: "Melody", Part.DRUMS: "Drums", Part.BASS: "Bass"}


@dataclass
class Take:
    """One recording from start to stop, at first at ``bpm`` in ``metre``.

    ``tempi`` are its changes of tempo (tick, BPM), ``metres`` those of metre;
    ``notes`` those of each part that have ended;
    ``open`` those that sound, by part, pitch and True for the player's: start tick, velocity and
    the player's key.
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

    def event(
        self, part: Part, tick: int, pitch: int, velocity: int, player: PlayerKey | None = None
    ) -> None:
        """A note of ``part`` began, or (velocity 0) ended. ``player``: the player's key (None: the
        band's). A key ends a note of its pitch that another key began only by beginning one."""
        key = (part, pitch, player is not None)
        begun = self.open.get(key)
        if begun is not None and (velocity or begun[2] == player):
            start, loud, _ = self.open.pop(key)
            self.notes[part].append(Note(start, pitch, max(1, tick - start), loud))
        if velocity:
            self.open[key] = (tick, velocity, player)

    def sounding(self, tick: int) -> Iterator[tuple[Part, Note]]:
        """Notes not yet ended, as if they ended at ``tick``."""
        for (part, pitch, _), (start, velocity, _) in list(self.open.items()):
            yield part, Note(start, pitch, max(1, tick - start), velocity)

    @property
    def empty(self) -> bool:
        """True if there is no note in it."""
        return not self.open and not any(self.notes.values())


class Recorder:
    """Listens to the effects of the session and keeps the last takes."""

    def __init__(self, bpm: float, metre: Metre = FOUR_FOUR) -> None:
        self.takes: deque[Take] = deque([Take(bpm, metre)], maxlen=TAKES_KEPT)

    @property
    def take(self) -> Take:
        """The take under way."""
        return self.takes[-1]

    def hear(self, effect: Effect) -> None:
        """Record a note, a new take or a change of tempo or metre; other effects are ignored."""
        if isinstance(effect, Send):
            if not effect.thru and len(effect.message) == 3:
                status, pitch, velocity = effect.message
                loud = velocity if status & 0xF0 == 0x90 else 0
                self.take.event(effect.part, effect.tick, pitch, loud)
        elif isinstance(effect, PlayerNote):
            tick, key, loud = effect.tick, effect.key, effect.velocity
            self.take.event(Part.MELODY, tick, key.pitch, loud, key)
        elif isinstance(effect, NewTake):
            self._begin(effect.bpm, effect.metre)
        elif isinstance(effect, TempoSet):
            self.take.tempi.append((effect.tick, effect.bpm))
        elif isinstance(effect, MetreSet):
            self.take.metres.append((effect.tick, effect.metre))

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
    return Song(tempi=tuple(changes), tracks=tracks, signatures=_signatures(take, shift))


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
