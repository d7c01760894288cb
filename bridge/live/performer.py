"""A tune played by a pair of hands on a live session, and the facts about what came of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bridge.midi.messages import NOTE_OFF, NOTE_ON
from bridge.midi.ports import MemoryIn
from bridge.music.chords import NO_CHORD, class_name
from bridge.music.grid import TICKS_PER_BAR, bar_of, bar_start
from bridge.music.key import Key, Mode
from bridge.music.notes import Note, Part
from bridge.music.smf.song import Song
from bridge.session.messages.commands import Quit, Start
from bridge.session.messages.status import Counters, WorkerState
from bridge.session.state.session_state import State
from bridge.system.realtime import leave_realtime

if TYPE_CHECKING:
    from bridge.live.live_session import LiveSession

KEYBOARD = "Demo keyboard"
POLL_SECONDS = 0.02
LEAD_IN_SECONDS = 0.3
BEFORE_END_SECONDS = 0.01
"""The session ends so long before the last bar line, so that the next bar does not begin."""
PATIENCE_SECONDS = 0.2
"""How soon the hands notice that the music was stopped, or its tempo changed."""
MODEL_SECONDS = 60.0
"""A model that is not ready by then will not be."""
SCALES = {
    # Minor with both sixths and sevenths, as it is used.
    Mode.MAJOR: frozenset({0, 2, 4, 5, 7, 9, 11}),
    Mode.MINOR: frozenset({0, 2, 3, 5, 7, 8, 9, 10, 11}),
}


class KeyMove(NamedTuple):
    """A key going down, or (velocity 0) up, at a tick."""

    tick: int
    velocity: int
    pitch: int


def tune_keys(notes: Sequence[Note], bars: int) -> list[KeyMove]:
    """The keys of a tune played round and round for ``bars`` bars, in order of time.

    At one tick keys go up before others go down; what is held at the end is let go there.
    """
    if not notes:
        return []
    length = bar_start(bar_of(max(n.end for n in notes) - 1) + 1)
    end = bars * TICKS_PER_BAR
    rounds = (
        replace(note, tick=note.tick + start) for start in range(0, end, length) for note in notes
    )
    moves = []
    for note in rounds:
        if note.tick < end:
            moves.append(KeyMove(note.tick, note.velocity, note.pitch))
            moves.append(KeyMove(min(note.end, end), 0, note.pitch))
    return sorted(moves)


class ScriptedPlayer:
    """Plays keys into a rig from its first bar on, and ends the session after ``bars``.

    After :meth:`run`, ``finished`` says whether it came to its end, ``failed`` why the model
    did not start.
    """

    def __init__(self, rig: LiveSession, keys: Sequence[KeyMove], bars: int) -> None:
        self.finished = False
        self.failed = ""
        self._rig, self._keys, self._end = rig, keys, bars * TICKS_PER_BAR
        self._over = threading.Event()

    def run(self) -> None:
        """Play; blocks until the session has ended and everything is closed."""
        hands = threading.Thread(target=self._play, name="hands", daemon=True)
        hands.start()
        try:
            self._rig.run()
        finally:
            leave_realtime()  # pictures and sound may take their time
            self._over.set()
            hands.join()

    def _play(self) -> None:
        """The hands' thread. A key is pressed at its time, and the session hears it then."""
        keyboards: list[MemoryIn] = []

        def plug(receiver: object) -> MemoryIn:
            keyboards.append(MemoryIn(KEYBOARD, receiver))  # type: ignore[arg-type]
            return keyboards[0]

        self._rig.listen("in", plug)
        if not self._wait_for_model() or self._over.wait(LEAD_IN_SECONDS):
            self._rig.tell(Quit())
            return
        self._rig.tell(Start())
        while not self._rig.engine.state.running:
            if self._over.wait(POLL_SECONDS / 10):
                return
        for tick, velocity, pitch in self._keys:
            if tick >= self._end or not self._wait_until(tick):
                break
            status = NOTE_ON if velocity else NOTE_OFF
            keyboards[0].feed(time.monotonic(), bytes((status, pitch, velocity)))
        self.finished = self._wait_until(self._end, BEFORE_END_SECONDS)
        self._rig.tell(Quit())

    def _wait_until(self, tick: int, before: float = 0.0) -> bool:
        """Whether the music came to ``tick`` (or ``before`` seconds before it).

        The tempo may change meanwhile; False when the music was stopped, or all is over.
        """
        while True:
            state = self._rig.engine.state
            left = state.line.second_at_tick(tick) - before - time.monotonic()
            if not state.running or self._over.is_set():
                return False
            if left <= 0:
                return True
            self._over.wait(min(left, PATIENCE_SECONDS))

    def _wait_for_model(self) -> bool:
        """Whether the model came up, and its first bar with it."""
        patience = time.monotonic() + MODEL_SECONDS
        while time.monotonic() < patience:
            state = self._rig.engine.state
            if state.worker is WorkerState.FAILED:
                self.failed = state.message
                return False
            if state.worker is WorkerState.READY and state.opening is not None:
                return True
            if self._over.wait(POLL_SECONDS):
                return False
        self.failed = f"no answer within {MODEL_SECONDS:.0f} s"
        return False


@dataclass(frozen=True)
class Summary:
    """What a performance was, in figures. Lateness in milliseconds; a share is 0..1."""

    bars: int
    notes: dict[Part, int]
    key: str
    chords: tuple[str, ...]
    in_key: float
    late_p50_ms: float
    late_p99_ms: float
    counters: Counters


def summarise(state: State, song: Song, lateness: Iterable[float], bars: int) -> Summary:
    """The facts of a finished session; ``lateness`` in seconds, one for each note sent."""
    tracks = {track.name.casefold(): track.notes for track in song.tracks}
    notes = {part: tracks.get(part.value, ()) for part in Part}
    key = state.key.key
    late = sorted(lateness) or [0.0]
    return Summary(
        bars=bars,
        notes={part: len(found) for part, found in notes.items()},
        key=key.name,
        chords=tuple(name for _, name in chords_of(state)),
        in_key=share_in_key(notes[Part.BASS], key),
        late_p50_ms=late[len(late) // 2] * 1e3,
        late_p99_ms=late[len(late) * 99 // 100] * 1e3,
        counters=state.counters,
    )


def chords_of(state: State) -> list[tuple[int, str]]:
    """(tick, name) of the chords that the model heard, two a bar, changes only."""
    found: list[tuple[int, str]] = []
    for bar, placed in sorted(state.bars.items()):
        for half, chord in enumerate(placed.chords):
            tick = bar_start(bar) + half * TICKS_PER_BAR // max(1, len(placed.chords))
            name = class_name(chord)
            if chord != NO_CHORD and bar >= 0 and (not found or found[-1][1] != name):
                found.append((tick, name))
    return found


def share_in_key(notes: Sequence[Note], key: Key) -> float:
    """The share of notes that belong to the key's scale; 1 where there are none."""
    scale = SCALES[key.mode]
    inside = sum((note.pitch - key.tonic) % 12 in scale for note in notes)
    return inside / len(notes) if notes else 1.0
