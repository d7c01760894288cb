"""When is which frame: the audio device's frames against the machine's time. Pure.

The device asks for a block when it likes, in bursts and a little late; its frames go by
evenly. A first-order loop through the calls' times (after F. Adriaensen, "Using a DLL to
filter time", 2005) gives the line that they lie around. A message then sounds a constant time
after it was sent, whatever block that falls into: delay in place of jitter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOOP_GAIN: Final = 0.02
"""The share of a call's deviation that moves the line."""
LOST_SECONDS: Final = 0.1
"""A call this far off the line begins a new one: the device stood still."""
MARGIN_SECONDS: Final = 0.002
"""For a message's way through the pipe, and calls that come early."""
MAX_DELAY_SECONDS: Final = 0.05
SHRINK_BLOCKS: Final = 8
"""After so many blocks a delay that had grown shrinks by a frame."""


@dataclass
class FrameClock:
    """The line through the calls of a device of ``rate`` frames a second.

    ``frame`` is the first of the block asked for last; ``delay`` (frames) is at least a block
    and grows to what bursts of calls need; ``gaps`` are calls so late that a device with two
    blocks of buffer has run dry.
    """

    rate: int
    delay: int = 0
    frame: int = 0
    gaps: int = 0
    _time: float | None = None
    _asked: int = 0
    _least: int = 0
    _blocks: int = 0

    def block(self, now: float, frames: int) -> None:
        """The device asks for ``frames`` more at the time ``now``."""
        if self._time is None:
            self._time = now
        else:
            expected = self._time + self._asked / self.rate
            error = now - expected
            self.gaps += error > 2 * self._asked / self.rate
            self._time = now if abs(error) > LOST_SECONDS else expected + LOOP_GAIN * error
        self.frame += self._asked
        self._asked = frames
        self._least = max(self._least, frames + round(MARGIN_SECONDS * self.rate))
        self._blocks += 1
        self.delay = max(self._least, self.delay - (self._blocks % SHRINK_BLOCKS == 0))

    def frame_of(self, at: float) -> int:
        """The frame on which a message of the time ``at`` is to be heard; the present block's
        first where that is over, and then the delay grows for those to come."""
        if self._time is None:
            return self.frame
        frame = self.frame + round((at - self._time) * self.rate) + self.delay
        short = self.frame - frame
        most = round(MAX_DELAY_SECONDS * self.rate)
        if 0 < short < most:  # more than that was no burst: something stood still
            self.delay = min(most, self.delay + short)
        return max(frame, self.frame)
