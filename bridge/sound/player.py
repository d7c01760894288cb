"""Messages with times in, blocks for the device out: mixer and timeline together.

The device's thread calls :meth:`Player.block`; any other thread may call the rest. Time is an
argument, so tests need no device.
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
    """What the sound process plays."""

    def __init__(self, rate: int = RATE) -> None:
        self.mixer = Mixer()
        self.timeline = FrameClock(rate)
        self._heard: deque[Play] = deque()
        self._ended = False
        self._blocks = 0
        self._share = self._worst = 0.0

    # --- from any thread ------------------------------------------------------------------

    def hear(self, message: Play) -> None:
        """Have a message played, a constant time after its own."""
        self._heard.append(message)

    def use(self, part: Part, bank: Bank) -> None:
        """Give a part its instrument; notes that sound already go on with the one before."""
        self.mixer.banks = {**self.mixer.banks, part: bank}

    def end(self) -> None:
        """Nobody plays any more: silence, within a few milliseconds."""
        self._ended = True

    @property
    def over(self) -> bool:
        """True if it was ended and nothing sounds."""
        return self._ended and self.mixer.quiet and not self._heard

    def load(self) -> Load:
        """How it fares."""
        return Load(
            share=self._share,
            worst=self._worst,
            blocks=self._blocks,
            gaps=self.timeline.gaps,
            late=self.mixer.late,
            delay_ms=1000 * self.timeline.delay / self.timeline.rate,
            voices=len(self.mixer.voices),
        )

    # --- from the device's thread -----------------------------------------------------------

    def block(self, frames: int, now: float, clock: Callable[[], float] | None = None) -> Samples:
        """The next ``frames`` as float32 [frames, 2], asked for at the time ``now``. With a
        ``clock`` the time that this takes is written down."""
        self.timeline.block(now, frames)
        while self._heard:
            message = self._heard.popleft()
            frame = self.timeline.frame_of(message.at)
            self.mixer.play(frame, PARTS[message.part], message.message)
        if self._ended:
            self.mixer.silence()
        out = self.mixer.render(frames)
        if clock is not None:
            self._note((clock() - now) * self.timeline.rate / frames)
        return out

    def _note(self, share: float) -> None:
        self._blocks += 1
        self._share += (share - self._share) / min(self._blocks, 1000)
        self._worst = max(self._worst, share)
