"""Bindings: the targets that the knobs, pads and keys of a controller move. Pure.

A :class:`Binding` joins a source (a controller, note, bend, pressure or program) to a target
by name. :class:`ControlState` takes messages one by one and says which targets move where.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bridge.controllers.control_sources import (
    SELECT,
    STEPS,
    WIDE,
    Source,
    SourceKind,
    Wire,
    read_source,
)
from bridge.midi.messages import ControlChange, Message, decode
from bridge.midi.port_names import folded

PICKUP_TOLERANCE = 10 / 127
"""Largest distance (share of the range) at which a pick-up knob takes hold of its value."""
RELATIVE_STEP = 1 / 127
"""Share of the range of one click of a control that tells steps: an endless knob's, or a data
increment's or decrement's."""
SAME = 1e-6
"""Values nearer than this are one: a value goes through its own units and back."""


class Coding(StrEnum):
    """The code of a control's value: a position, steps up or down, or a press. The names of
    the relative codes are those that DAWs use."""

    ABSOLUTE = "absolute"
    SIGNED_BIT = "signed bit"
    SIGNED_BIT_2 = "signed bit 2"
    BINARY_OFFSET = "binary offset"
    TWOS_COMPLEMENT = "twos complement"
    TOGGLE = "toggle"
    MOMENTARY = "momentary"


RELATIVE: Mapping[Coding, Callable[[int], int]] = {
    Coding.SIGNED_BIT: lambda v: 64 - v if v >= 64 else v,
    Coding.SIGNED_BIT_2: lambda v: v - 64 if v >= 64 else -v,
    Coding.BINARY_OFFSET: lambda v: v - 64,
    Coding.TWOS_COMPLEMENT: lambda v: v - 128 if v >= 64 else v,
}
"""Relative codes: a value 0..127 -> steps, up or down. 64 is minus zero in the codes with a sign
bit, which is no movement, and the rest value of binary offset; in two's complement (of 7 bits) it
is -64, the largest step to the left."""
STEPPED = frozenset((Coding.ABSOLUTE, *RELATIVE))
"""Codings by which a step is a step; a button takes one up as a press, one down as a release."""


class Takeover(StrEnum):
    """The moment at which an absolute knob takes hold of a value that it does not stand at:
    at once, when it reaches the value, or at once but scaled until the two meet."""

    NONE = "none"
    PICKUP = "pickup"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Binding:
    """A source and its target. ``channel`` 0..15, None for any; ``number`` of the
    controller, note or program, None where the kind has none; ``low``..``high`` is the part
    of the target's range (0..1) that the source covers, swapped when ``invert``; ``curve``
    is an exponent (1 is straight); ``steps`` (2 or more, 0 for none) how many values there
    are between; ``port`` a part of the input's name, empty for any. ``feedback``: the controller
    is shown the value, a button or pad by ``on`` or ``off``, on the number ``light`` where it
    is not its own."""

    target: str
    kind: SourceKind
    number: int | None = None
    channel: int | None = None
    coding: Coding = Coding.ABSOLUTE
    takeover: Takeover = Takeover.NONE
    low: float = 0.0
    high: float = 1.0
    invert: bool = False
    curve: float = 1.0
    steps: int = 0
    port: str = ""
    feedback: bool = False
    light: int | None = None
    on: int = 127
    off: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A target moves to ``value`` (0..1 of its range); for an action, 1 is "do it"."""

    target: str
    value: float


@dataclass(frozen=True, slots=True)
class ControlState:
    """The bindings, where each target stands (0..1), which knobs have hold of theirs, and
    what came so far of controls that are sent in halves."""

    bindings: tuple[Binding, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    knobs: Mapping[int, float] = field(default_factory=dict)
    engaged: frozenset[int] = frozenset()
    wire: Wire = field(default_factory=Wire)

    def at(self, target: str, value: float) -> ControlState:
        """Note that a target was moved to ``value`` (0..1) by something else."""
        if abs(self.values.get(target, math.inf) - value) < SAME:
            return self
        freed = {i for i in self.engaged if self.bindings[i].target == target}
        return replace(self, values={**self.values, target: value}, engaged=self.engaged - freed)

    def rebound(self, bindings: tuple[Binding, ...]) -> ControlState:
        """Other bindings; the targets stay where they stand. What is known of a knob stays
        known where its binding is the same as before."""
        places = {binding: index for index, binding in enumerate(self.bindings)}
        same = {new: places[b] for new, b in enumerate(bindings) if b in places}
        return replace(
            self,
            bindings=bindings,
            knobs={new: self.knobs[old] for new, old in same.items() if old in self.knobs},
            engaged=frozenset(new for new, old in same.items() if old in self.engaged),
        )

    def place(self, index: int) -> float | None:
        """The position of the hardware of a binding, 0..1 of its way; None while it is not
        known, and for controls that send steps or presses."""
        return self.knobs.get(index)

    def caught(self, index: int) -> bool:
        """True if the control of a binding has hold of its value, so that turning it moves it."""
        binding = self.bindings[index]
        free = binding.takeover is Takeover.NONE or binding.coding is not Coding.ABSOLUTE
        return free or index in self.engaged

    def feed(
        self, message: bytes, port: str = "", at: float = 0.0
    ) -> tuple[ControlState, list[Move], bool]:
        """The state after a message at a time (seconds), the moves it makes, and whether it was
        taken (a mapped key plays no note)."""
        if not self.bindings:
            return self, [], False
        state, sources = self._heard(decode(message), port, at)
        return state._all_turned((port, source) for source in sources)

    def overheard(self, message: bytes, port: str = "", at: float = 0.0) -> ControlState:
        """After a message that moves nothing (a control is being learned): the halves and the
        parameters that are told by it stay known."""
        decoded = decode(message)
        if not isinstance(decoded, ControlChange):
            return self
        wire, _ = self.wire.hear(decoded, port, at)
        return replace(self, wire=replace(wire, waiting=frozenset()))

    @property
    def deadline(self) -> float | None:
        """When (seconds) :meth:`due` has something to do; None while nothing waits."""
        return self.wire.deadline

    def due(self, at: float) -> tuple[ControlState, list[Move]]:
        """The moves of 14-bit controls of which one half waited in vain for the other."""
        wire, sources = self.wire.due(at)
        state, moves, _ = replace(self, wire=wire)._all_turned(sources)
        return state, moves

    def _all_turned(
        self, sources: Iterable[tuple[str, Source]]
    ) -> tuple[ControlState, list[Move], bool]:
        state, moves, taken = self, list[Move](), False
        for port, source in sources:
            for index, binding in enumerate(self.bindings):
                if _matches(binding, source, port):
                    taken = True
                    state, value = state._turned(index, binding, source)
                    if value is not None:
                        moves.append(Move(binding.target, value))
        return state, moves, taken

    def _heard(
        self, message: Message | None, port: str, at: float
    ) -> tuple[ControlState, list[Source]]:
        """The sources that a message completes, by itself or with those before it."""
        source = read_source(message)
        sources = [] if source is None else [source]
        if not isinstance(message, ControlChange):
            return self, sources
        number = message.control
        if (number in SELECT or number in STEPS) and any(
            b.kind is SourceKind.CC and b.number == number for b in self.bindings
        ):
            return self, sources  # a knob that happens to have this number
        if self.wire.is_value(message, port):
            sources = []
        elif number not in SELECT and not any(binding.kind in WIDE for binding in self.bindings):
            return self, sources
        wire, wide = self.wire.hear(message, port, at)
        return replace(self, wire=wire), sources + wide

    def _turned(
        self, index: int, binding: Binding, source: Source
    ) -> tuple[ControlState, float | None]:
        """The new place (0..1) of the binding's target; None when it stays."""
        now = self.values.get(binding.target, 0.0)
        clicks = source.clicks if binding.coding in STEPPED else None
        if binding.coding in RELATIVE and clicks is None:
            clicks = RELATIVE[binding.coding](source.value)
        if clicks is not None:
            return self._moved(index, binding.target, _clicked(binding, now, clicks), None)
        if binding.coding is Coding.TOGGLE:
            if source.value == 0:
                return self, None
            return self._moved(index, binding.target, _toggled(binding, now), None)
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
            return state._moved(index, binding.target, _scaled(binding, before, place, now), None)
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
    """True if an absolute knob stands at, or crossed, the value that it is to pick up."""
    here = _shaped(binding, place)
    if abs(here - now) <= PICKUP_TOLERANCE:
        return True
    return before is not None and (_shaped(binding, before) - now) * (here - now) < 0


def _scaled(binding: Binding, before: float, place: float, now: float) -> float:
    """Value scaling: the rest of the knob's way covers the rest of the value's."""
    if binding.invert != (binding.low > binding.high):
        before, place = 1.0 - before, 1.0 - place
    low, high = sorted((binding.low, binding.high))
    if place > before:
        left = 1.0 - before
        return now + (place - before) * ((high - now) / left if left else 0.0)
    return now - (before - place) * ((now - low) / before if before else 0.0)


def _clicked(binding: Binding, now: float, clicks: int) -> float:
    """The value after ``clicks`` of a relative knob, within the binding's range."""
    low, high = sorted((binding.low, binding.high))
    by = (high - low) / (binding.steps - 1) if binding.steps > 1 else RELATIVE_STEP
    return min(high, max(low, now + (-clicks if binding.invert else clicks) * by))


def _toggled(binding: Binding, now: float) -> float:
    """The next of a button's values, round and round; they are two if it has no steps."""
    last = max(binding.steps, 2) - 1
    span = binding.high - binding.low
    here = round((now - binding.low) / span * last) if abs(span) > SAME else 0
    there = (here + (last if binding.invert and binding.steps else 1)) % (last + 1)
    return binding.low + span * there / last


def _shaped(binding: Binding, place: float) -> float:
    """A knob's place 0..1 through invert, curve, steps and range."""
    place = math.pow(1.0 - place if binding.invert else place, binding.curve)
    if binding.steps > 1:
        place = round(place * (binding.steps - 1)) / (binding.steps - 1)
    return binding.low + (binding.high - binding.low) * place


def _matches(binding: Binding, source: Source, port: str) -> bool:
    return (
        binding.kind is source.kind
        and binding.number in (None, source.number)
        and binding.channel in (None, source.channel)
        and folded(binding.port) in folded(port)
    )
