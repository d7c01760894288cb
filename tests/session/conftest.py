"""The fixture of a stopped session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playing import FACTS

from bridge.session.state import Setup, State, first_state


@pytest.fixture
def session() -> Callable[..., State]:
    """Makes a stopped session at 120 BPM, played exactly; arguments change the set-up."""

    def make(**changes: object) -> State:
        state = first_state(replace(Setup(bpm=120.0, key="C major"), **changes), FACTS)  # type: ignore[arg-type]
        return state.but(controls={**state.controls, "humanize": 0.0, "fills": 0.0})

    return make
