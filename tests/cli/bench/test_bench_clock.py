"""``bench follow``: the shape of its figures; nothing in it depends on the machine, so the
aims can be asserted, too."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bridge.cli.bench import clock
from bridge.cli.bench.clock import bench_follow as command
from bridge.cli.bench.clock import wrong_clocks, wrong_metres
from bridge.music.grid import METRES
from bridge.timing.clock_sender import ClockMessage
from bridge.timing.simulated_masters import WIRES, MasterMessage


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few beats, few trials."""
    monkeypatch.setattr(clock, "BEATS", 30)
    monkeypatch.setattr(clock, "BPMS", (120.0,))
    monkeypatch.setattr(clock, "TRIALS", 3)


def test_the_json_has_every_figure_and_meets_the_aims(short: None) -> None:
    """Keys as documented; the aims hold on chance that is seeded."""
    done = CliRunner().invoke(command, ["--stories", "40", "--json"])
    assert done.exit_code == 0
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["phase_sd_ms"] < 0.6
    assert figures["phase_sd_ms"] < figures["reanchor_phase_sd_ms"] / 4
    assert figures["phase_sd_ms"] < figures["window_phase_sd_ms"]
    assert figures["lock_beats"] == 1
    assert figures["ramp_lock_beats"] <= 2
    assert (figures["stories"], figures["position_errors"]) == (40, 0)
    assert figures["metre_errors"] == dict.fromkeys(METRES, 0)
    assert figures["fault_stories"] == 4
    assert (figures["period_stories"], figures["period_position_errors"]) == (4, 0)
    assert (figures["step_stories"], figures["step_position_errors"]) == (40, 0)
    assert (figures["twice_position_errors"], figures["slow_position_errors"]) == (0, 0)
    assert set(figures["wires"]) == set(WIRES)


def test_for_people_it_is_a_few_lines(short: None) -> None:
    """Each wire has its row; the position has its line."""
    done = CliRunner().invoke(command, ["--stories", "10"])
    assert done.exit_code == 0
    assert all(name in done.stdout for name in WIRES)
    assert "wrong in 0 of 10 random transport stories" in done.stdout


def test_a_story_told_wrong_is_noticed() -> None:
    """The count of wrong clocks is not always nought."""
    start = MasterMessage(1.0, 1.0, ClockMessage.START)
    clocks = [
        MasterMessage(1.0 + k / 50, 1.0 + k / 50, ClockMessage.CLOCK, 0, k + 1) for k in range(5)
    ]
    assert wrong_clocks([start, *clocks]) == 5
    assert wrong_metres([start, *clocks]) == set()  # a clock off, but in the first beat of all


def test_a_bar_told_wrong_is_noticed_in_its_metre() -> None:
    """Three quarters after Start a new bar begins in 3/4 and 6/8 alone."""
    start = MasterMessage(1.0, 1.0, ClockMessage.START)
    clocks = [
        MasterMessage(1.0 + k / 50, 1.0 + k / 50, ClockMessage.CLOCK, 0, k if k < 73 else 71)
        for k in range(74)
    ]
    assert wrong_metres([start, *clocks]) == set(METRES)
