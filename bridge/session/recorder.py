"""The recorder: turns the effects of a session into records, and keeps the last bars of the take.

All records go to ``write``, where a file keeps them (:mod:`bridge.live.devices.take_writer`); in
memory there is a window only, for the piano roll and for printing the last bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre
from bridge.music.notes import Note, Part, PlayerKey
from bridge.music.smf.song import Song
from bridge.session.messages.takes import TakeStatus
from bridge.session.recording.take import Take
from bridge.session.recording.take_records import (
    PARTS,
    BandMove,
    ChordMove,
    MetreMove,
    PlayerMove,
    SectionMove,
    StyleMove,
    TakeEnd,
    TakeHead,
    TakeJump,
    TakeRecord,
    TempoMove,
)
from bridge.session.recording.take_song import take_song
from bridge.session.state.effects import (
    ChordNoted,
    Effect,
    FreeNote,
    MetreSet,
    NewTake,
    PlayerNote,
    Relocated,
    SectionBegan,
    Send,
    StyleBegan,
    TakeOver,
    TempoSet,
)

WINDOW: Final = 8192
"""Notes of a part that an engine's recorder holds; a file has the rest."""
FREE_PAUSE: Final = 20.0
"""Seconds without a note after which what is played while the band stands is another take."""


class Recorder:
    """Listens to the effects of the session. ``window``: notes of a part that it keeps (None: all).

    ``write`` is called with each record: a take's head comes with its first note, so that no take
    is empty. It must not block.
    """

    def __init__(
        self,
        bpm: float,
        metre: Metre = FOUR_FOUR,
        *,
        window: int | None = None,
        write: Callable[[TakeRecord], None] | None = None,
        model: str = "",
    ) -> None:
        self.take = Take(bpm, metre, window)
        self._window, self._write, self._model = window, write or _nowhere, model
        self._before: Take | None = None
        self._free: Take | None = None
        self._free_at = self._free_last = 0.0
        self._head: TakeHead | None = self._headed(TakeHead(bpm, metre.name))
        self._first: list[TakeRecord] = []
        self._higher: dict[PlayerKey, int] = {}

    # --- what happens -------------------------------------------------------------------

    def hear(self, effect: Effect) -> None:
        """Record a note, a new take, a jump, a section, a chord or a change of tempo, metre or
        style; other effects are ignored."""
        heard = _HEARD.get(type(effect))
        if heard is not None:
            heard(self, effect)

    def over(self) -> None:
        """The take is over: write its end, if it has notes and no end yet."""
        self._end_free()
        if self._head is None and not self.take.empty:
            self._write(TakeEnd(round(self.take.seconds, 3), self.take.count))
            self._head = self._headed(TakeHead(self.take.bpm, self.take.metre.name))

    def _begin(self, effect: NewTake) -> None:
        self.over()
        if not self.take.empty:
            self._before = self.take
        self.take = Take(effect.bpm, effect.metre, self._window)
        head = TakeHead(effect.bpm, effect.metre.name, effect.style, key=effect.key)
        self._head, self._first = self._headed(head), []

    def _headed(self, head: TakeHead) -> TakeHead:
        return msgspec.structs.replace(head, model=self._model)

    def _add(self, record: TakeRecord) -> None:
        """Add a record that is no note; it waits for the take's first note."""
        self.take.hear(record)
        if self._head is None:
            self._write(record)
        else:
            self._first.append(record)

    def _move(self, record: BandMove | PlayerMove) -> None:
        if self._head is not None:
            if not record.velocity:
                self.take.hear(record)
                return
            self._end_free()
            self._write(self._head)
            for waiting in self._first:
                self._write(waiting)
            self._head, self._first = None, []
        self.take.hear(record)
        self._write(record)

    def _sent(self, effect: Send) -> None:
        if effect.thru or len(effect.message) != 3:
            return
        status, pitch, velocity = effect.message
        loud = velocity if status & 0xF0 == 0x90 else 0
        self._move(BandMove(PARTS.index(effect.part), effect.tick, pitch, loud))

    def _player(self, effect: PlayerNote) -> None:
        """A key as it sounds: transposed as it was when it went down."""
        key = effect.key
        higher = self._higher.pop(key, 0)
        if effect.velocity:
            higher = effect.higher
            if higher:
                self._higher[key] = higher
        pitch = min(127, max(0, key.pitch + higher))
        self._move(PlayerMove(effect.tick, pitch, effect.velocity, key.channel, key.port))

    # --- what is played while the band stands -------------------------------------------

    def _free_note(self, effect: FreeNote) -> None:
        """A note without a bar line: its ticks are counted from the first, at the tempo then."""
        free, key = self._free, effect.key
        rested = effect.velocity and effect.at - self._free_last > FREE_PAUSE
        if free is not None and rested and not free.open:
            self._end_free()
            free = None
        if free is None:
            if not effect.velocity:
                return
            self.over()
            free = self._free = Take(effect.bpm, window=self._window)
            self._free_at = effect.at
            self._write(self._headed(TakeHead(effect.bpm, free=True)))
        self._free_last = effect.at
        tick = round((effect.at - self._free_at) * free.bpm / 60.0 * TICKS_PER_BEAT)
        record = PlayerMove(tick, key.pitch, effect.velocity, key.channel, key.port)
        free.hear(record)
        self._write(record)

    def _end_free(self) -> None:
        if self._free is not None:
            self._write(TakeEnd(round(self._free.seconds, 3), self._free.count))
            self._free = None

    # --- what was played ----------------------------------------------------------------

    @property
    def status(self) -> TakeStatus | None:
        """The take under way; None while there is none."""
        now = self._free or (self.take if self._head is None else None)
        return None if now is None else TakeStatus(now.seconds, now.count)

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
        """The last take that holds notes, as a Standard MIDI File's content, as far as the window
        reaches; None if there is none."""
        found = [take for take in (self.take, self._before) if take is not None and not take.empty]
        return take_song(found[0], channels) if found else None


_HEARD: dict[type, Callable[[Recorder, Any], None]] = {
    Send: Recorder._sent,
    PlayerNote: Recorder._player,
    FreeNote: Recorder._free_note,
    NewTake: Recorder._begin,
    TakeOver: lambda recorder, _: recorder.over(),
    TempoSet: lambda recorder, e: recorder._add(TempoMove(e.tick, e.bpm)),
    MetreSet: lambda recorder, e: recorder._add(MetreMove(e.tick, e.metre.name)),
    Relocated: lambda recorder, e: recorder._add(TakeJump(e.left, e.to)),
    SectionBegan: lambda recorder, e: recorder._add(SectionMove(e.tick, e.name)),
    ChordNoted: lambda recorder, e: recorder._add(ChordMove(e.tick, e.name)),
    StyleBegan: lambda recorder, e: recorder._add(StyleMove(e.tick, e.name)),
}


def _nowhere(record: TakeRecord) -> None:
    """Where records go that nobody keeps."""


def new_path(folder: Path, now: datetime) -> Path:
    """The path of a new file in ``folder``, such as ``latent-bridge 2026-11-21 05.30.12.mid``."""
    return folder / f"latent-bridge {now:%Y-%m-%d %H.%M.%S}.mid"
