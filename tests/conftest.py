"""No test writes into the history, takes or cache of whoever runs it; no property is timed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from playing import FACTS

from bridge.session.new_session import first_state
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup

os.environ["LATENT_BRIDGE_GRAPHS"] = "none"  # before fixtures of a module load a model
STILL = {"humanize": 0.0, "fills": 0.0, "follow energy": 0.0}
"""Controls of a band that plays exactly what the model says."""

settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skips; with LATENT_BRIDGE_SKIPS add each to that file, a line with its reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"skips: {len(skipped)}")
    path = os.environ.get("LATENT_BRIDGE_SKIPS")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            for report in skipped:
                why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
                file.write(f"{report.nodeid}: {' '.join(str(why).split())}\n")


@pytest.fixture(autouse=True)
def _history_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENT_BRIDGE_HISTORY", str(tmp_path / ".history"))
    monkeypatch.setenv("LATENT_BRIDGE_STYLES", str(tmp_path / ".styles"))
    monkeypatch.setenv("LATENT_BRIDGE_TAKES", str(tmp_path / ".takes"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))


@pytest.fixture
def session() -> Callable[..., State]:
    """Makes a stopped session at 120 BPM, played exactly; arguments change the set-up."""

    def make(**changes: object) -> State:
        state = first_state(replace(Setup(bpm=120.0, key="C major"), **changes), FACTS)  # type: ignore[arg-type]
        return state.but(band=state.band.but(controls={**state.band.controls, **STILL}))

    return make
