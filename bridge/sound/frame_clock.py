"""Map the machine's time to frames of the audio device. Pure.

The device requests blocks in bursts and a little late, while its frames are evenly spaced. A
first-order loop over the times of the requests (after F. Adriaensen, "Using a DLL to filter time",
2005) estimates the line between them. A message then sounds a constant delay after it was sent,
independent of the blocks: latency instead of jitter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOOP_GAIN: Final = 0.02
"""Loop gain: the share of a request's deviation that corrects the line."""
LOST_SECONDS: Final = 0.1
"""Deviation of a request that restarts the line, because the device had stopped."""
MARGIN_SECONDS: Final = 0.002
"""Part of the delay for the transport of a message through the pipe and for early requests."""
MAX_DELAY_SECONDS: Final = 0.05
SHRINK_BLOCKS: Final = 8
"""Blocks after which a raised delay shrinks by one frame."""


@dataclass
class FrameClock:
    """The clock of a device with ``rate`` frames per second.

    ``frame`` is the first frame of the last requested block; ``delay`` (frames) is at least a
    block and grows as bursts of requests need; ``gaps`` counts requests so late that a device
    with two blocks of buffer had an underrun.
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
        """The device requests the next ``frames`` frames at time ``now`` (seconds)."""
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
        """The frame at which a message sent at time ``at`` sounds.

        The first frame of the current block where that has passed; the delay then grows for later
        messages.
        """
        if self._time is None:
            return self.frame
        frame = self.frame + round((at - self._time) * self.rate) + self.delay
        short = self.frame - frame
        most = round(MAX_DELAY_SECONDS * self.rate)
        if 0 < short < most:  # a greater lack is no burst but a stall
            self.delay = min(most, self.delay + short)
        return max(frame, self.frame)
