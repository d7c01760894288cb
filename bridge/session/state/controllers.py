"""MIDI learn under way: a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.controllers.learn import HeardControl, Learner
from bridge.session.messages.status import LearnStatus


@dataclass(frozen=True, slots=True)
class Learning:
    """MIDI learn under way: what is told about it, what was heard, and the control it is."""

    status: LearnStatus
    learner: Learner = field(default_factory=Learner)
    heard: HeardControl | None = None
