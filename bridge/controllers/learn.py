"""MIDI learn: which control was moved, and how it tells its position. Pure.

A :class:`Learner` hears messages until it is sure. A key, pad or program is known at once; a
knob after a few messages, since only several tell an absolute knob from an endless one (by the
odds of :mod:`bridge.controllers.coding_odds`), and one of 14 bits from two. The codes of endless
knobs differ only in one of the two directions, so such a knob is to be turned to the right
first, then to the left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from bridge.controllers.bindings import RELATIVE, Coding
from bridge.controllers.coding_odds import odds
from bridge.controllers.control_sources import (
    DATA_MSB,
    LSB_ABOVE,
    SELECT,
    TOP,
    SourceKind,
    Wire,
    read_source,
    source_text,
)
from bridge.midi.messages import (
    Aftertouch,
    ControlChange,
    NoteOn,
    PitchBend,
    PolyAftertouch,
    ProgramChange,
    decode,
)

ENOUGH: Final = 5
"""Messages of a knob, at least."""
CLEAR: Final = 7.0
"""Logarithm of the odds at which a relative code is sure: about 1000 to 1."""
CLEAR_PLACE: Final = 8.5
"""The same for a knob with a place, which the start of a quick turn of an endless one resembles."""
ENOUGH_WIDE: Final = 4
ENOUGH_PRESSURE: Final = 6
PRESS: Final = 16
"""From 0 to this and back is a button."""
KEPT: Final = 64
FIRST_MODE: Final = 120
"""Controllers from here on are channel modes: no controls."""
MOVE_IT: Final = "move a knob or fader, or press a pad (an endless knob: first to the right)"
GO_ON: Final = "go on"
LEFT: Final = "now turn it to the left"
RIGHT: Final = "now turn it to the right"

_Control = tuple[SourceKind, int | None, int]


@dataclass(frozen=True, slots=True)
class HeardControl:
    """The control that was moved. ``coding`` None is the usual one of its target; ``sure``
    whether enough was heard; ``hint`` what the player is to do until then."""

    kind: SourceKind
    number: int | None
    channel: int
    coding: Coding | None = None
    sure: bool = True
    hint: str = ""

    @property
    def text(self) -> str:
        """For a person: ``cc 20 ch 1, endless (twos complement)``."""
        how = f", endless ({self.coding})" if self.coding in RELATIVE else ""
        return source_text(self.kind, self.number, self.channel) + how


@dataclass(frozen=True, slots=True)
class Learner:
    """The values that came so far of each control, in order."""

    values: Mapping[_Control, tuple[int, ...]] = field(default_factory=dict)
    pressed: HeardControl | None = None
    wire: Wire = field(default_factory=Wire)

    def hear(self, message: bytes) -> Learner:
        """After one more message; what is no control's changes nothing."""
        if self.pressed is not None:
            return self
        decoded = decode(message)
        match decoded:
            case NoteOn(channel, pitch, _):
                return replace(self, pressed=HeardControl(SourceKind.NOTE, pitch, channel))
            case ProgramChange(channel, program):
                return replace(self, pressed=HeardControl(SourceKind.PROGRAM, program, channel))
            case ControlChange(_, control, _) if control < FIRST_MODE:
                return self._controlled(decoded)
            case PitchBend() | Aftertouch() | PolyAftertouch():
                return self._more(decoded)
        return self

    def _controlled(self, message: ControlChange) -> Learner:
        wire, wide = self.wire.hear(message)
        after = replace(self, wire=wire)
        parameters = [s for s in wide if s.kind is not SourceKind.CC14]
        for source in parameters:
            after = after._with((source.kind, source.number, source.channel), source.value)
        # An LSB that its MSB has not come with yet is a parameter's value all the same.
        return after if wire.is_value(message) else after._more(message)

    def _more(self, message: ControlChange | PitchBend | Aftertouch | PolyAftertouch) -> Learner:
        source = read_source(message)
        assert source is not None
        return self._with((source.kind, source.number, source.channel), source.value)

    def _with(self, control: _Control, value: int) -> Learner:
        known = (*self.values.get(control, ()), value)[-KEPT:]
        return replace(self, values={**self.values, control: known})

    # --- what it is -----------------------------------------------------------------------

    @property
    def heard(self) -> HeardControl | None:
        """The control that was moved, as far as it is known; None before the first."""
        if self.pressed is not None:
            return self.pressed
        return self._parameter() or self._pair() or self._single()

    def _parameter(self) -> HeardControl | None:
        """An NRPN or RPN."""
        found = [c for c in self.values if c[0] in (SourceKind.NRPN, SourceKind.RPN)]
        if not found:
            return None
        control = max(found, key=lambda c: len(self.values[c]))
        return _wide(control, len(self.values[control]))

    def _pair(self) -> HeardControl | None:
        """Two controllers, 32 apart, that came together: one of 14 bits."""
        for (kind, number, channel), fine in self.values.items():
            if kind is not SourceKind.CC or number is None:
                continue
            high = number - LSB_ABOVE
            coarse = self.values.get((SourceKind.CC, high, channel), ())
            if 0 <= high < LSB_ABOVE and high != DATA_MSB and coarse and len(fine) > 1:
                return _wide((SourceKind.CC14, high, channel), len(fine))
        return None

    def _single(self) -> HeardControl | None:
        controls = {c: v for c, v in self.values.items() if not self._selects(c)}
        if not controls:
            return None
        control = max(controls, key=lambda c: len(controls[c]))
        values = controls[control]
        if control[0] is not SourceKind.CC:
            enough = ENOUGH_WIDE if control[0] is SourceKind.BEND else ENOUGH_PRESSURE
            return _wide(control, len(values), enough)
        coding, sure, hint = how_it_tells(values)
        if 2 * len(values) <= sum(map(len, controls.values())):
            sure, hint = False, "one control at a time, please"
        return HeardControl(*control, coding, sure, "" if sure else hint)

    def _selects(self, control: _Control) -> bool:
        """True if it is half of a parameter's number: both halves came."""
        kind, number, channel = control
        if kind is not SourceKind.CC or number not in SELECT:
            return False
        return (kind, number ^ 1, channel) in self.values


def _wide(control: _Control, count: int, enough: int = ENOUGH_WIDE) -> HeardControl:
    sure = count >= enough
    return HeardControl(*control, None, sure, "" if sure else GO_ON)


def how_it_tells(values: Sequence[int]) -> tuple[Coding | None, bool, str]:
    """The coding of a controller that sent these values (0..127, in order): its relative code,
    or None for a knob or a button; True if that is sure; the hint that would make it sure.
    """
    if _is_button(values):
        return None, True, ""
    if set(values) == {TOP}:  # a button without release, or an endless knob turned to the left
        return None, False, RIGHT if len(values) > 1 else GO_ON
    found = odds(values)
    best, second = sorted(found, key=lambda code: found[code], reverse=True)[:2]
    margin, enough = found[best] - found[second], len(values) >= ENOUGH
    if best is Coding.ABSOLUTE:
        return None, enough and margin >= CLEAR_PLACE and len(set(values)) > 2, GO_ON
    sure = enough and margin >= CLEAR and len(set(values)) > 1
    return best, sure, LEFT if RELATIVE[best](values[-1]) > 0 else RIGHT


def _is_button(values: Sequence[int]) -> bool:
    """True if every second value is 0, and the others are far from it."""
    pairs = list(pairwise(values))
    return bool(pairs) and all(min(p) == 0 and max(p) >= PRESS for p in pairs)
