"""``bench timing`` and ``bench thru``: the shape of their figures. No figure is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from bridge.cli import bench_timing
from bridge.cli.bench_timing import LOADED_HOW, bench_thru

SECONDS = "2.2"


@contextmanager
def no_load(model: str) -> Iterator[None]:
    """Nothing runs beside."""
    yield


@pytest.fixture(autouse=True)
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No load, no wish for priority."""
    monkeypatch.setattr(
        bench_timing, "LOADED_HOW", dict.fromkeys(("idle", "loaded"), (no_load, False))
    )


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
        assert set(row["late_us"]) == {"p50", "p99", "max"}


def test_all_loads_have_their_key() -> None:
    """The keys of the JSON object of ``bench timing``."""
    assert tuple(LOADED_HOW) == ("idle", "normal", "loaded", "single_process")
    assert not LOADED_HOW["normal"][1]
