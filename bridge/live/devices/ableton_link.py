"""Ableton Link: a shared beat for all programs on a network. The only module that imports it.

The package is LinkPython-extern, the extra ``[link]``. It contains Ableton's Link library,
which is under the GNU General Public License (version 2 or later). So it is neither part of the
program nor of the extra ``[all]``; users who install it accept that licence.

The beats of all peers are the same except for whole bars (the quantum is a bar). When the music
starts, each peer numbers the next bar line as beat 0; that is our beat 0 too.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final

from bridge.errors import ExtraMissing
from bridge.music.grid import FOUR_FOUR
from bridge.system.clock import monotonic_seconds
from bridge.timing.tempo import BeatLine, clamp_bpm

SETTLE_SECONDS: Final = 0.6
"""Least time between making a Link object and enabling it. A Link object enabled at once may
give the session its own tempo: 16 of 70 joins did, and none of 70 after this time."""
POLL_SECONDS: Final = 0.02
"""Time between two readings of the session."""
NEWS_SECONDS: Final = 1.0
"""Longest time between two reports of the beat, even if nothing has changed."""
DRIFT_SECONDS: Final = 0.0002
"""A beat that has moved by more than this is reported."""
MICROS: Final = 1e6


@dataclass(frozen=True, slots=True)
class LinkTime:
    """The Link session at ``line.second``: the beat, ``playing``, the number of other ``peers``,
    and in ``done`` the number of the last change that was carried out before."""

    line: BeatLine
    playing: bool
    peers: int
    done: int = 0


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A change of the session at monotonic time ``at``: start or stop (None: neither), and another
    tempo (0: keep it). ``quarters`` are the quarter notes of our bars from now on. ``align`` makes
    ``at`` our beat 0, as a start does, and starts nothing."""

    number: int
    at: float
    play: bool | None = None
    bpm: float = 0.0
    quarters: int = FOUR_FOUR.quarters
    align: bool = False


class Peer:
    """Our peer in a Link session. Not for the engine's thread, because Link may take locks.

    ``link`` is a ``link.Link`` made just now (see its documentation), or a fake; ``clock`` gives
    monotonic seconds, of which Link's own clock may differ. A peer is made early and enters the
    session :data:`SETTLE_SECONDS` later, so that the session's tempo stays. The quantum is a bar of
    ``quarters`` quarter notes.
    """

    def __init__(
        self,
        link: Any,
        clock: Callable[[], float] = monotonic_seconds,
        quarters: int = FOUR_FOUR.quarters,
    ) -> None:
        self._link, self._clock = link, clock
        self._quantum = float(quarters)
        self._made = clock()
        self._playing = False
        self._done = 0
        link.startStopSyncEnabled = True

    @property
    def wait(self) -> float:
        """Seconds until the peer may enter, 0 from then on."""
        return max(0.0, self._made + SETTLE_SECONDS - self._clock())

    def enter(self) -> None:
        """Take part in the session, once :attr:`wait` is over."""
        self._link.enabled = True

    def read(self) -> LinkTime:
        """The present state of the session. If other peers have started the music since the last
        reading, our beat 0 becomes the bar line of their start."""
        state = self._link.captureAppSessionState()
        playing = bool(state.isPlaying())
        if playing and not self._playing:
            state.requestBeatAtStartPlayingTime(0.0, self._quantum)
            self._link.commitAppSessionState(state)
        self._playing = playing
        at, micros = self._clock(), self._link.clock().micros()
        beat, bpm = state.beatAtTime(micros, self._quantum), clamp_bpm(state.tempo())
        peers = int(self._link.numPeers())
        return LinkTime(BeatLine(beat, at, 60.0 / bpm), playing, peers, self._done)

    def do(self, change: LinkChange) -> None:
        """Carry out a change for all peers. A start has beat 0 at ``change.at`` if we are alone,
        else on the session's next bar line."""
        state, micros = self._link.captureAppSessionState(), self._micros(change.at)
        self._quantum = float(change.quarters)
        if change.bpm:
            state.setTempo(change.bpm, micros)
        if change.play:
            state.setIsPlayingAndRequestBeatAtTime(True, micros, 0.0, self._quantum)
        elif change.play is not None:
            state.setIsPlaying(False, micros)
        elif change.align:
            state.requestBeatAtTime(0.0, micros, self._quantum)
        self._link.commitAppSessionState(state)
        self._playing = self._playing if change.play is None else change.play
        self._done = change.number

    def close(self) -> None:
        """Leave the session; other peers go on."""
        self._link.enabled = False

    def _micros(self, at: float) -> int:
        return int(self._link.clock().micros() + (at - self._clock()) * MICROS)


def prepare(bpm: float, quarters: int = FOUR_FOUR.quarters) -> Peer:
    """A peer of the Link session on this network, not yet in it; ``bpm`` is the tempo where
    there is no session, ``quarters`` the length of a bar. ExtraMissing without the extra."""
    try:
        import link
    except ImportError as error:
        raise ExtraMissing("LinkPython-extern", "link", "Ableton Link") from error
    return Peer(link.Link(bpm), quarters=quarters)


def is_news(told: LinkTime | None, now: LinkTime) -> bool:
    """True if the session differs from the state reported last (``told``)."""
    if told is None:
        return True
    if (told.playing, told.peers, told.done) != (now.playing, now.peers, now.done):
        return True
    if told.line.seconds_per_beat != now.line.seconds_per_beat:
        return True
    moved = told.line.second_at(now.line.beat) - now.line.second
    return abs(moved) > DRIFT_SECONDS or now.line.second - told.line.second > NEWS_SECONDS


class Watcher:
    """Enters the session and looks at it fifty times a second, in a thread of its own; tells the
    news."""

    def __init__(self, peer: Peer, tell: Callable[[LinkTime], None]) -> None:
        self._peer, self._tell = peer, tell
        self._told: LinkTime | None = None
        self._changes: SimpleQueue[LinkChange | None] = SimpleQueue()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()

    def do(self, change: LinkChange) -> None:
        """Hand over a change, without blocking; a report follows."""
        self._changes.put(change)

    def close(self) -> None:
        """Leave the session."""
        self._left.set()
        self._changes.put(None)
        self._thread.join()
        self._peer.close()

    def _run(self) -> None:
        if self._left.wait(self._peer.wait):
            return
        self._peer.enter()
        while True:
            with contextlib.suppress(Empty):
                change = self._changes.get(timeout=POLL_SECONDS)
                if change is None:
                    return
                self._peer.do(change)
            now = self._peer.read()
            if is_news(self._told, now):
                self._told = now
                self._tell(now)


# --- fakes, which ship beside the real thing -------------------------------------------------


@dataclass
class FakeNetwork:
    """A simulated Link session: tempo, beat (``anchor``: microseconds, beat) and start or stop.

    ``micros`` is the time in microseconds, set by the test.
    """

    micros: int = 0
    bpm: float = 120.0
    anchor: tuple[int, float] = (0, 0.0)
    playing: bool = False
    playing_since: int = 0
    links: list[FakeLink] = field(default_factory=list)

    def beat_at(self, micros: int) -> float:
        """The session's beat; that of a peer differs from it by whole bars."""
        since, beat = self.anchor
        return beat + (micros - since) / MICROS * self.bpm / 60


class FakeLink:
    """A stand-in for ``link.Link(bpm)`` on a :class:`FakeNetwork`; its own session state, too.

    Enabled too soon among others, it gives them its tempo, as the library may.
    """

    def __init__(self, network: FakeNetwork, bpm: float = 120.0) -> None:
        self.network = network
        self.startStopSyncEnabled = False
        self._enabled = False
        self._bpm, self._made = bpm, network.micros
        self._shift = 0.0
        network.links.append(self)

    # The names are Link's.
    # ruff: noqa: N802, N803, D102

    @property
    def enabled(self) -> bool:
        return self._enabled

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        soon = self.network.micros < self._made + SETTLE_SECONDS * MICROS
        if wanted and (soon or not self.numPeers()):
            self.setTempo(self._bpm, self.network.micros)
        self._enabled = wanted

    def clock(self) -> FakeLink:
        return self

    def micros(self) -> int:
        return self.network.micros

    def numPeers(self) -> int:
        return sum(link.enabled for link in self.network.links) - self.enabled

    def captureAppSessionState(self) -> FakeLink:
        return self

    def commitAppSessionState(self, state: FakeLink) -> None:
        assert state is self

    def tempo(self) -> float:
        return self.network.bpm

    def setTempo(self, bpm: float, time: int) -> None:
        self.network.anchor = (time, self.network.beat_at(time))
        self.network.bpm = bpm

    def isPlaying(self) -> bool:
        return self.network.playing

    def setIsPlaying(self, isPlaying: bool, time: int) -> None:
        self.network.playing, self.network.playing_since = isPlaying, time

    def beatAtTime(self, time: int, quantum: float) -> float:
        return self.network.beat_at(time) + self._shift

    def requestBeatAtTime(self, beat: float, time: int, quantum: float) -> None:
        at = self.network.beat_at(time)
        if not self.numPeers():
            self.network.anchor = (time, at := beat - self._shift)
        bars_to = math.ceil((at - beat) / quantum - 1e-9)
        self._shift = -bars_to * quantum if self.numPeers() else self._shift

    def requestBeatAtStartPlayingTime(self, beat: float, quantum: float) -> None:
        if self.isPlaying():
            self.requestBeatAtTime(beat, self.network.playing_since, quantum)

    def setIsPlayingAndRequestBeatAtTime(
        self, isPlaying: bool, time: int, beat: float, quantum: float
    ) -> None:
        self.setIsPlaying(isPlaying, time)
        self.requestBeatAtStartPlayingTime(beat, quantum)
