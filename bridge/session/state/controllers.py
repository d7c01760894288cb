"""The player's controllers: bindings and MIDI learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from bridge.controllers.bindings import ControlState
from bridge.controllers.learn import HeardControl, Learner
from bridge.controllers.scaling import sync_knobs
from bridge.music.notes import Part
from bridge.session.messages.status import LearnStatus
from bridge.session.state.value import Value


@dataclass(frozen=True, slots=True)
class Learning:
    """MIDI learn under way: its status for the screen, the messages received so far, and the
    control that they come from, once that is known."""

    status: LearnStatus
    learner: Learner = field(default_factory=Learner)
    heard: HeardControl | None = None


class Controllers(Value, frozen=True):
    """The bindings of hardware controls to targets, and MIDI learn while it is open."""

    bindings: ControlState = msgspec.field(default_factory=ControlState)
    learn: Learning | None = None

    @property
    def is_learning(self) -> bool:
        """True while controls are learned and move nothing."""
        return self.learn is not None and not self.learn.status.done

    def synced(
        self, bpm: float, controls: Mapping[str, float], muted: frozenset[Part]
    ) -> Controllers:
        """The controllers told the present values, for knobs that have to pick up a value."""
        return self.but(bindings=sync_knobs(self.bindings, bpm, controls, muted))
