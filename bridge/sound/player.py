"""The player of the sound process: timed messages in, blocks for the device out.

The device's thread calls :meth:`Player.block`; other threads may call the rest. Time is an
argument, so that tests need no device.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from bridge.music.notes import Part
from bridge.sound.frame_clock import FrameClock
from bridge.sound.messages import PARTS, Load, Play
from bridge.sound.mixer import Mixer, Samples
from bridge.sound.sample_bank import RATE, Bank


class Player:
    """The mixer and its frame clock, with measured load."""

    def __init__(self, rate: int = RATE) -> None:
        self.mixer = Mixer()
        self.frame_clock = FrameClock(rate)
        self._heard: deque[Play] = deque()
        self._ended = False
        self._blocks = 0
        self._share = self._worst = 0.0
        self._peak = 0.0

    # --- from any thread ------------------------------------------------------------------

    def hear(self, message: Play) -> None:
        """Queue a message, which sounds a constant delay after its time."""
        self._heard.append(message)

    def use(self, part: Part, bank: Bank) -> None:
        """Set the instrument of a part; sounding notes keep the previous one."""
        self.mixer.banks = {**self.mixer.banks, part: bank}

    def end(self) -> None:
        """Stop for good: silent within a few milliseconds."""
        self._ended = True

    @property
    def over(self) -> bool:
        """True if it was ended and is silent."""
        return self._ended and self.mixer.quiet and not self._heard

    def load(self) -> Load:
        """The current load, and the peak since the last call."""
        peak, self._peak = self._peak, 0.0
        return Load(
            share=self._share,
            worst=self._worst,
            blocks=self._blocks,
            gaps=self.frame_clock.gaps,
            late=self.mixer.late,
            delay_ms=1000 * self.frame_clock.delay / self.frame_clock.rate,
            voices=len(self.mixer.voices),
            peak=peak,
        )

    # --- from the device's thread -----------------------------------------------------------

    def block(self, frames: int, now: float, clock: Callable[[], float] | None = None) -> Samples:
        """The next block, float32 [frames, 2], requested at time ``now`` (seconds). With a
        ``clock`` the rendering time is measured."""
        self.frame_clock.block(now, frames)
        while self._heard:
            message = self._heard.popleft()
            frame = self.frame_clock.frame_of(message.at)
            self.mixer.play(frame, PARTS[message.part], message.message)
        if self._ended:
            self.mixer.silence()
        out = self.mixer.render(frames)
        self._peak = max(self._peak, float(out.max()), -float(out.min()))
        if clock is not None:
            self._note((clock() - now) * self.frame_clock.rate / frames)
        return out

    def _note(self, share: float) -> None:
        self._blocks += 1
        self._share += (share - self._share) / min(self._blocks, 1000)
        self._worst = max(self._worst, share)
