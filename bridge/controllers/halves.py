"""A control whose 14 bits come as two messages, in either order or one without the other. Pure.

Source: MIDI 1.0 Detailed Specification, "Control Change": an MSB sets the LSB to 0 until an LSB
comes, and either may be sent alone. Controllers send the pair MSB first or LSB first, so the order
of each control is found from its stream: the wrong order pairs an LSB with its neighbour's MSB,
which makes steps of a whole MSB where the right order makes small ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

WAIT_SECONDS: Final = 0.02
"""Longest time from one half of a value to the other; a DIN cable needs 0.002."""
SMALL_STEP: Final = 24
WHOLE_STEP: Final = 128
"""The step by one MSB with the same LSB."""
CERTAIN: Final = 3
"""Limit of the evidence for an order, so that another order is found again."""


class Half(Enum):
    """One of the two messages of a value."""

    MSB = "msb"
    LSB = "lsb"


@dataclass(frozen=True, slots=True)
class ControlHalves:
    """The halves received of a control: ``high`` and ``low``, 0..127; which came ``last``,
    ``at`` which time, and the time of the one ``before``; ``since`` when one waits for the other
    (None while none does); whether it sends LSBs at all (``fine``). Times are seconds.
    ``evidence`` for the order is below 0 for LSB first; ``msb_first`` and ``lsb_first`` are the
    last values 0..16383 as either order reads them, ``step`` the last change of the first of
    these."""

    high: int | None = None
    low: int = 0
    last: Half | None = None
    at: float = 0.0
    before: float = 0.0
    since: float | None = None
    fine: bool = False
    evidence: int = 0
    msb_first: int | None = None
    lsb_first: int | None = None
    step: int | None = None

    def hear(self, half: Half, value: int, at: float) -> tuple[ControlHalves, int | None]:
        """After a half (0..127) at a time: the value 0..16383 that it completes, or None while
        it waits for the other half."""
        after, whole = self._msb(value, at) if half is Half.MSB else self._lsb(value, at)
        return replace(after, last=half, at=at), whole

    def waited(self) -> tuple[ControlHalves, int | None]:
        """After the other half did not come in time: the value of the half that waits. Where the
        other half had come just before, that is evidence for the other order."""
        assert self.since is not None
        is_low, after = self.last is Half.LSB, replace(self, since=None)
        if self.since - self.before <= WAIT_SECONDS:
            after = after._with_evidence(1 if is_low else -1)
        return after, after._whole(after.low if is_low or after.evidence < 0 else 0)

    def _whole(self, low: int) -> int | None:
        return None if self.high is None else self.high << 7 | low

    def _with_evidence(self, points: int) -> ControlHalves:
        return replace(self, evidence=min(CERTAIN, max(-CERTAIN, self.evidence + points)))

    def _msb(self, value: int, at: float) -> tuple[ControlHalves, int | None]:
        after = replace(self._after_msb(value), high=value, since=None, before=self.at)
        if self.last is Half.LSB and after.evidence < 0:
            return after, value << 7 | self.low
        if self.fine and self.last is Half.LSB:
            return replace(after, since=at), None
        # It sends no LSB (any more): its 128 places cover the whole range.
        return replace(after, fine=False), value << 7 | value

    def _after_msb(self, value: int) -> ControlHalves:
        """With the evidence of an MSB: the step as either order reads it."""
        if self.last is not Half.LSB:
            return replace(self, msb_first=value << 7, lsb_first=value << 7, step=None)
        whole = value << 7 | self.low
        after = replace(self, lsb_first=whole)
        if self.step is None or self.lsb_first is None:
            return after
        step = whole - self.lsb_first
        return after._with_evidence(_is_torn(step, self.step) - _is_torn(self.step, step))

    def _lsb(self, value: int, at: float) -> tuple[ControlHalves, int | None]:
        lone = self._whole(self.low) if self.last is Half.LSB else None
        whole = self._whole(value)
        first = self.last is None or (self.evidence == 0 and not self.fine)
        after = replace(
            self,
            low=value,
            since=None,
            before=self.at,
            fine=True,
            evidence=(-1 if self.high is None else 1) if first else self.evidence,
            msb_first=whole,
            lsb_first=self.lsb_first if lone is None else lone,
            step=None if whole is None or self.msb_first is None else whole - self.msb_first,
        )
        if after.evidence >= 0:
            return after, whole
        return replace(after, since=at), None if self.since is None else lone


def _is_torn(step: int, other: int) -> bool:
    """True if a step is one by a whole MSB, and small in the other order."""
    return abs(other) <= SMALL_STEP and abs(abs(step) - WHOLE_STEP) <= SMALL_STEP
