"""A scripted player that plays a tune into a live session, and a summary of the result."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bridge.midi.messages import NOTE_OFF, NOTE_ON
from bridge.midi.ports import MemoryIn, Receiver
from bridge.music.chords import NO_CHORD, class_name
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.key import Key, KeyMode
from bridge.music.notes import Note, Part
from bridge.music.smf.song import Song
from bridge.session.messages.commands import Quit, Start
from bridge.session.messages.status import Counters, WorkerState
from bridge.session.state.session_state import State
from bridge.system.clock import monotonic_seconds
from bridge.system.realtime import leave_realtime

if TYPE_CHECKING:
    from bridge.live.live_session import LiveSession

KEYBOARD = "Demo keyboard"
POLL_SECONDS = 0.02
"""Time between two looks at the model's state."""
LEAD_IN_SECONDS = 0.1
"""Time between the model's first bar and the start of the music."""
BEFORE_END_SECONDS = 0.01
"""Time before the last bar line at which the session ends, so that no further bar begins."""
PATIENCE_SECONDS = 0.2
"""Longest time until the player notices that the music was stopped, or its tempo changed."""
MODEL_SECONDS = 60.0
"""Longest time that the model may take to get ready."""
SCALES = {
    # Minor with both sixths and both sevenths.
    KeyMode.MAJOR: frozenset({0, 2, 4, 5, 7, 9, 11}),
    KeyMode.MINOR: frozenset({0, 2, 3, 5, 7, 8, 9, 10, 11}),
}


class KeyMove(NamedTuple):
    """A key pressed, or (velocity 0) released, at a tick."""

    tick: int
    velocity: int
    pitch: int


def tune_keys(notes: Sequence[Note], bars: int, metre: Metre = FOUR_FOUR) -> list[KeyMove]:
    """The key moves of a tune that repeats for ``bars`` bars, in order of time.

    At the same tick releases come first; keys still down at the end are released there.
    """
    if not notes:
        return []
    length = metre.bar_start(metre.bars_until(max(n.end for n in notes)))
    end = metre.bar_start(bars)
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
    """Plays keys into a session from its first bar on, and ends the session after ``bars`` bars.

    After :meth:`run`, ``finished`` is True if it played to the end; ``failed`` is the reason why
    the model did not start (empty: it did).
    """

    def __init__(self, session: LiveSession, keys: Sequence[KeyMove], bars: int) -> None:
        self.finished = False
        self.failed = ""
        self._session, self._keys = session, keys
        self._end = session.setup.metre.bar_start(bars)
        self._over = threading.Event()

    def run(self) -> None:
        """Play, and return when the session has ended and everything is closed."""
        hands = threading.Thread(target=self._play, name="hands", daemon=True)
        hands.start()
        try:
            self._session.run()
        finally:
            leave_realtime()  # what follows (pictures, sound) is not urgent
            self._over.set()
            hands.join()

    def _play(self) -> None:
        """The player's thread: feeds each key into the session at its time."""
        keyboards: list[MemoryIn] = []

        def plug(receiver: Receiver) -> MemoryIn:
            keyboards.append(MemoryIn(KEYBOARD, receiver))
            return keyboards[0]

        self._session.listen("in", plug)
        if not self._wait_for_model() or self._over.wait(LEAD_IN_SECONDS):
            self._session.tell(Quit())
            return
        self._session.tell(Start())
        while not self._session.engine.state.clock.running:
            if self._over.wait(POLL_SECONDS / 10):
                return
        for tick, velocity, pitch in self._keys:
            if tick >= self._end or not self._wait_until(tick):
                break
            status = NOTE_ON if velocity else NOTE_OFF
            keyboards[0].feed(monotonic_seconds(), bytes((status, pitch, velocity)))
        self.finished = self._wait_until(self._end, BEFORE_END_SECONDS)
        self._session.tell(Quit())

    def _wait_until(self, tick: int, before: float = 0.0) -> bool:
        """Wait until ``before`` seconds before ``tick``; False if the music stops or the session
        ends.

        The tempo may change in the meantime.
        """
        while True:
            state = self._session.engine.state
            left = state.clock.line.second_at_tick(tick) - before - monotonic_seconds()
            if not state.clock.running or self._over.is_set():
                return False
            if left <= 0:
                return True
            self._over.wait(min(left, PATIENCE_SECONDS))

    def _wait_for_model(self) -> bool:
        """Wait for the model and its first bar; False if it fails or the session ends."""
        patience = monotonic_seconds() + MODEL_SECONDS
        while monotonic_seconds() < patience:
            state = self._session.engine.state
            if state.worker.state is WorkerState.FAILED:
                self.failed = state.message
                return False
            if state.worker.state is WorkerState.READY and state.plan.first_bar_ready is not None:
                return True
            if self._over.wait(POLL_SECONDS):
                return False
        self.failed = f"no answer within {MODEL_SECONDS:.0f} s"
        return False


@dataclass(frozen=True)
class Summary:
    """A finished session in figures. Lateness in milliseconds; ``in_key`` is the share (0..1) of
    bass notes in the key."""

    bars: int
    notes: dict[Part, int]
    key: str
    chords: tuple[str, ...]
    in_key: float
    late_p50_ms: float
    late_p99_ms: float
    counters: Counters


def summarise(state: State, song: Song, lateness: Iterable[float], bars: int) -> Summary:
    """The summary of a finished session; ``lateness`` in seconds, one for each note sent."""
    tracks = {track.name.casefold(): track.notes for track in song.tracks}
    notes = {part: tracks.get(part.value, ()) for part in Part}
    key = state.heard.key.key
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
    """(tick, name) of each change of chord, as read by the model, at most two a bar."""
    found: list[tuple[int, str]] = []
    grid = state.clock.grid
    for bar, generated in sorted(state.plan.bars.items()):
        for half, chord in enumerate(generated.chords):
            tick = grid.half_start(2 * bar + half)
            name = class_name(chord)
            if chord != NO_CHORD and bar >= 0 and (not found or found[-1][1] != name):
                found.append((tick, name))
    return found


def share_in_key(notes: Sequence[Note], key: Key) -> float:
    """The share (0..1) of notes that belong to the key's scale; 1 if there are no notes."""
    scale = SCALES[key.mode]
    inside = sum((note.pitch - key.tonic) % 12 in scale for note in notes)
    return inside / len(notes) if notes else 1.0
