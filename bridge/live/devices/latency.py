"""The delay of an output, found while the session runs: by ear with a click, or by messages that
are sent out and come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

from bridge.files.settings import NO_PORT, Settings
from bridge.midi.latency import (
    BEAT_SECONDS,
    ClickVoice,
    Returned,
    RoundTrip,
    clicks,
    probe,
    probe_number,
    reference_for,
)
from bridge.music.notes import Part
from bridge.session.messages.listings import Listing
from bridge.session.messages.settings_messages import LatencyNews, LatencyTest, TryLatency
from bridge.system.clock import monotonic_seconds

Show = Callable[[Listing], None]
TRIES: Final = 15
HOPELESS: Final = 3
"""Probes without an answer after which no more are sent."""
WAIT_SECONDS: Final = 0.5
"""The longest time that a probe may take."""
PAUSES: Final = (0.031, 0.044, 0.037, 0.052, 0.029)
"""Seconds between probes: uneven, so that they do not fall into step with an audio system."""
LONGEST_CLICK_SECONDS: Final = 120.0
"""A click ends by itself, in case that the screen has gone."""
_PITCHES: Final = {Part.MELODY: 84, Part.BASS: 48}


class Latency:
    """Clicks and measures on the outputs of a session.

    ``send`` sends a message on a part's output now; ``expect`` has each message of the input
    looked at (None: no longer); ``settings`` gives the settings of now, ``sounding`` the parts on
    the program's own sound. ``clock`` gives monotonic seconds, on which the input's times are too.
    """

    def __init__(
        self,
        send: Callable[[Part, bytes], None],
        expect: Callable[[Returned | None], None],
        settings: Callable[[], Settings],
        sounding: Callable[[], set[Part]] = set,
        clock: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._send, self._expect, self._clock = send, expect, clock
        self._settings, self._sounding = settings, sounding
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def serve(self, request: TryLatency, show: Show, found: Callable[[str], None]) -> None:
        """Begin what is asked for, in a thread of its own, and end what went on. ``found`` gets
        the result of a measurement."""
        self.close()
        part = Part(request.part)
        if self._settings().ports[part.value] == NO_PORT:
            show(LatencyNews(part.value, text=f"the {part} goes to no port: choose one first"))
            return
        works = {
            LatencyTest.CLICK: partial(self._click, part, show),
            LatencyTest.MEASURE: partial(self._measured, part, show, found),
        }
        work = works.get(request.test)
        if work is None:
            show(LatencyNews(part.value))
            return
        end = self._end = threading.Event()
        self._thread = threading.Thread(target=work, args=(end,), name="latency", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End what goes on; no click stays on."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(2 * BEAT_SECONDS + WAIT_SECONDS)
            self._thread = None

    def _click(self, part: Part, show: Show, end: threading.Event) -> None:
        reference = reference_for(part, self._sounding())
        voices = [self._voice(part), self._voice(reference)]
        text = f"the {part} and the {reference} click: move it until both are one"
        show(LatencyNews(part.value, LatencyTest.CLICK, text))
        begun = self._clock() + BEAT_SECONDS / 4
        for number in range(int(LONGEST_CLICK_SECONDS / BEAT_SECONDS)):
            beat = begun + number * BEAT_SECONDS
            late = self._settings().offsets_ms
            offsets = {each: late[each.value] / 1000 for each in Part}
            if end.wait(max(0.0, beat - self._clock())):
                return
            for at, voice, message in clicks(beat, voices, offsets):
                end.wait(max(0.0, at - self._clock()))  # what began also ends
                self._send(voice, message)
        show(LatencyNews(part.value))

    def _voice(self, part: Part) -> ClickVoice:
        settings = self._settings()
        pitch = _PITCHES.get(part, settings.metronome.beat)
        return ClickVoice(part, settings.channels[part.value] - 1, pitch)

    def _measured(
        self, part: Part, show: Show, found: Callable[[str], None], end: threading.Event
    ) -> None:
        show(LatencyNews(part.value, LatencyTest.MEASURE, "measuring ..."))
        text = self.measure(part, end).text
        found(text)
        show(LatencyNews(part.value, text=text))

    def measure(self, part: Part, end: threading.Event) -> RoundTrip:
        """Send probes on a part's output and time those that come back, until ``end`` is set."""
        came: SimpleQueue[tuple[int, float]] = SimpleQueue()

        def returned(message: bytes, at: float) -> bool:
            number = probe_number(message)
            if number is not None:
                came.put((number, at))
            return number is not None

        seconds: list[float] = []
        sent = 0
        self._expect(returned)
        try:
            while sent < TRIES and (seconds or sent < HOPELESS):
                at = self._clock()
                self._send(part, probe(sent))
                back = _arrival(came, sent)
                sent += 1
                if back is not None:
                    seconds.append(back - at)
                if end.wait(PAUSES[sent % len(PAUSES)]):
                    break
        finally:
            self._expect(None)
        return RoundTrip(sent, tuple(seconds))


def _arrival(came: SimpleQueue[tuple[int, float]], number: int) -> float | None:
    """The time at which the probe of this number came back; None if it did not."""
    until = monotonic_seconds() + WAIT_SECONDS
    while (left := until - monotonic_seconds()) > 0:
        try:
            found, at = came.get(timeout=left)
        except Empty:
            return None
        if found == number:
            return at
    return None
