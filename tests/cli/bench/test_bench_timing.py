"""``bench timing`` and ``bench thru``: the shape of their figures. No figure is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from bridge.cli.bench import timing
from bridge.cli.bench.timing import LOAD_TABLE, bench_thru
from bridge.cli.bench.wakeup import bare, wait_and_note

SECONDS = "2.2"


@contextmanager
def no_load(model: str) -> Iterator[None]:
    """Nothing runs beside."""
    yield


@pytest.fixture(autouse=True)
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No load, no wish for priority."""
    monkeypatch.setattr(timing, "LOAD_TABLE", dict.fromkeys(("idle", "loaded"), (no_load, False)))


@pytest.mark.flaky(reruns=2)  # plays in real time: a machine may stand still meanwhile
def test_thru_has_percentiles_of_every_key() -> None:
    """Each key pressed came out."""
    done = CliRunner().invoke(bench_thru, ["--seconds", SECONDS, "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    for name in ("idle", "loaded"):
        row = figures[name]
        assert row["keys"] > 10
        assert row["messages"] > 2
        assert 0 < row["thru_us"]["p50"] <= row["thru_us"]["p99"] <= row["thru_us"]["max"]
        for figure in ("late_us", "wake_us", "floor_us"):
            assert set(row[figure]) == {"p50", "p99", "max"}
        assert row["wake_us"]["max"] > 0  # the bare process slept, and woke
        assert row["floor_ratio"] > 0
        assert 0 <= row["stolen_cores"] <= figures["cores"]


def test_the_bare_process_meets_each_deadline_that_it_can() -> None:
    """It sleeps to shortly before one and spins; what has passed already is left out."""
    now, slept = [10.0], []

    def clock() -> float:
        now[0] += 1e-6
        return now[0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds + (0.25 if len(slept) == 3 else 0.0001)

    over = iter([False] * 10 + [True])
    floor = wait_and_note(10.1, 0.1, lambda: next(over), clock, sleep)
    late = [round(each, 3) for each in floor.late]
    assert late == [0.0, 0.0, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0]  # two passed while it overslept
    assert [round(each, 4) for each in floor.woke[:3]] == [0.0001, 0.0001, 0.25]


def test_without_anything_to_measure_the_bare_process_ends() -> None:
    with bare(realtime=False) as beside:
        pass
    assert beside.floor.late == []


def test_all_loads_have_their_key() -> None:
    """The keys of the JSON object of ``bench timing``."""
    assert tuple(LOAD_TABLE) == ("idle", "normal", "loaded", "single_process")
    assert not LOAD_TABLE["normal"][1]
