"""Controllers to targets: what a knob, pad or key of the player's controller moves. Pure.

A :class:`Binding` joins a source (a controller, note, bend, pressure or program) to a target
by name. :class:`ControlState` takes messages one by one and says which targets move where.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bridge.midi.messages import (
    Aftertouch,
    ControlChange,
    Message,
    NoteOff,
    NoteOn,
    PitchBend,
    ProgramChange,
    decode,
)

PICKUP_TOLERANCE = 10 / 127
"""How near (of the whole range) a pick-up knob must come to its value to take it over."""
RELATIVE_STEP = 1 / 127


class Kind(StrEnum):
    """What a binding listens to."""

    CC = "cc"
    NOTE = "note"
    BEND = "bend"
    PRESSURE = "pressure"
    PROGRAM = "program"


class Coding(StrEnum):
    """How a controller tells its position, as DAWs name the codes (see midi tables there)."""

    ABSOLUTE = "absolute"
    SIGNED_BIT = "signed bit"
    SIGNED_BIT_2 = "signed bit 2"
    BINARY_OFFSET = "binary offset"
    TWOS_COMPLEMENT = "twos complement"
    TOGGLE = "toggle"
    MOMENTARY = "momentary"


RELATIVE: Mapping[Coding, Callable[[int], int]] = {
    Coding.SIGNED_BIT: lambda v: 64 - v if v > 64 else v,
    Coding.SIGNED_BIT_2: lambda v: v - 64 if v > 64 else -v,
    Coding.BINARY_OFFSET: lambda v: v - 64,
    Coding.TWOS_COMPLEMENT: lambda v: v - 128 if v > 64 else v,
}
"""Relative codes: a value 0..127 -> steps, up or down."""


class Takeover(StrEnum):
    """When an absolute knob takes hold of a value it does not stand at."""

    NONE = "none"
    PICKUP = "pickup"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Binding:
    """A source and its target. ``channel`` 0..15, None for any; ``number`` of the
    controller, note or program, None where the kind has none; ``low``..``high`` is the part
    of the target's range (0..1) that the source covers, swapped when ``invert``; ``curve``
    is an exponent (1 is straight); ``port`` a part of the input's name, empty for any."""

    target: str
    kind: Kind
    number: int | None = None
    channel: int | None = None
    coding: Coding = Coding.ABSOLUTE
    takeover: Takeover = Takeover.NONE
    low: float = 0.0
    high: float = 1.0
    invert: bool = False
    curve: float = 1.0
    port: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A target moves to ``value`` (0..1 of its range); for an action, 1 is "do it"."""

    target: str
    value: float


@dataclass(frozen=True, slots=True)
class Source:
    """What a message says: kind, number, channel, value 0..127 (or 0..16383 for bends)."""

    kind: Kind
    number: int | None
    channel: int
    value: int
    top: int = 127


@dataclass(frozen=True, slots=True)
class ControlState:
    """The bindings, where each target stands (0..1), and which knobs have hold of theirs."""

    bindings: tuple[Binding, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    knobs: Mapping[int, float] = field(default_factory=dict)
    engaged: frozenset[int] = frozenset()

    def at(self, target: str, value: float) -> ControlState:
        """Note that a target was moved to ``value`` (0..1) by something else."""
        if self.values.get(target) == value:
            return self
        freed = {i for i in self.engaged if self.bindings[i].target == target}
        return replace(self, values={**self.values, target: value}, engaged=self.engaged - freed)

    def feed(self, message: bytes, port: str = "") -> tuple[ControlState, list[Move], bool]:
        """The state after a message, the moves it makes, and whether it was taken (a mapped
        key plays no note)."""
        if not self.bindings:
            return self, [], False
        source = read_source(decode(message))
        if source is None:
            return self, [], False
        state, moves, taken = self, [], False
        for index, binding in enumerate(self.bindings):
            if _matches(binding, source, port):
                taken = True
                state, value = state._turned(index, binding, source)
                if value is not None:
                    moves.append(Move(binding.target, value))
        return state, moves, taken

    def _turned(
        self, index: int, binding: Binding, source: Source
    ) -> tuple[ControlState, float | None]:
        """Where the binding's target goes, None when it stays."""
        now = self.values.get(binding.target, 0.0)
        if binding.coding in RELATIVE:
            steps = RELATIVE[binding.coding](source.value)
            return self._moved(index, binding.target, now + steps * RELATIVE_STEP, None)
        if binding.coding is Coding.TOGGLE:
            if source.value == 0:
                return self, None
            return self._moved(index, binding.target, 0.0 if now > 0.5 else 1.0, None)
        if binding.coding is Coding.MOMENTARY:  # a soft hit of a pad is a press too
            down = _shaped(binding, float(source.value > 0))
            return self._moved(index, binding.target, down, None)
        place = source.value / source.top
        wanted = _shaped(binding, place)
        if binding.takeover is Takeover.NONE or index in self.engaged:
            return self._moved(index, binding.target, wanted, place)
        before = self.knobs.get(index)
        state = replace(self, knobs={**self.knobs, index: place})
        if _reached(binding, before, place, now):
            return state._moved(index, binding.target, wanted, place)
        if binding.takeover is Takeover.SCALE and before is not None:
            return state._moved(index, binding.target, _scaled(before, place, now), None)
        return state, None

    def _moved(
        self, index: int, target: str, value: float, place: float | None
    ) -> tuple[ControlState, float]:
        value = min(1.0, max(0.0, value))
        state = replace(self, values={**self.values, target: value})
        if place is not None:
            state = replace(
                state,
                knobs={**state.knobs, index: place},
                engaged=state.engaged | {index},
            )
        return state, value


def _reached(binding: Binding, before: float | None, place: float, now: float) -> bool:
    """Whether an absolute knob stands at, or crossed, the value it is to pick up."""
    here = _shaped(binding, place)
    if abs(here - now) <= PICKUP_TOLERANCE:
        return True
    return before is not None and (_shaped(binding, before) - now) * (here - now) < 0


def _scaled(before: float, place: float, now: float) -> float:
    """Value scaling: the rest of the knob's way covers the rest of the value's."""
    if place > before:
        left = 1.0 - before
        return now + (place - before) * ((1.0 - now) / left if left else 0.0)
    return now - (before - place) * (now / before if before else 0.0)


def _shaped(binding: Binding, place: float) -> float:
    """A knob's place 0..1 through invert, curve and range."""
    place = 1.0 - place if binding.invert else place
    return binding.low + (binding.high - binding.low) * math.pow(place, binding.curve)


def _matches(binding: Binding, source: Source, port: str) -> bool:
    return (
        binding.kind is source.kind
        and binding.number in (None, source.number)
        and binding.channel in (None, source.channel)
        and binding.port.casefold() in port.casefold()
    )


def read_source(message: Message | None) -> Source | None:
    """What a message says as a control; None for what is none."""
    match message:
        case ControlChange(channel, control, value):
            return Source(Kind.CC, control, channel, value)
        case NoteOn(channel, pitch, velocity):
            return Source(Kind.NOTE, pitch, channel, velocity)
        case NoteOff(channel, pitch, _):
            return Source(Kind.NOTE, pitch, channel, 0)
        case PitchBend(channel, value):
            return Source(Kind.BEND, None, channel, value + 8192, 16383)
        case Aftertouch(channel, value):
            return Source(Kind.PRESSURE, None, channel, value)
        case ProgramChange(channel, program):
            return Source(Kind.PROGRAM, program, channel, 127)
    return None
