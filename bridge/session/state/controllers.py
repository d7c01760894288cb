"""The player's controllers: bindings, and MIDI learn."""

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
    """MIDI learn: its status for the screen, the messages heard so far, and the control they are
    of, once it is known."""

    status: LearnStatus
    learner: Learner = field(default_factory=Learner)
    heard: HeardControl | None = None


class Controllers(Value, frozen=True):
    """What the player's controls are bound to, and MIDI learn while it is open."""

    bindings: ControlState = msgspec.field(default_factory=ControlState)
    learn: Learning | None = None

    @property
    def is_learning(self) -> bool:
        """Whether controls are listened to rather than obeyed."""
        return self.learn is not None and not self.learn.status.done

    def synced(
        self, bpm: float, controls: Mapping[str, float], muted: frozenset[Part]
    ) -> Controllers:
        """Knobs that have to pick up a value know where it stands now."""
        return self.but(bindings=sync_knobs(self.bindings, bpm, controls, muted))
