"""The tables of rhythms: counted by place, and parted into kinds of rhythm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bridge.cli.bench.ears.leads import split_of
from bridge.listening.tempo.rhythm_model import BarKind
from tools.train.rhythm_tables import Tune, gap_counts, mixture, tunes


def even(gap: int) -> Tune:
    """Eight bars of 4/4 in notes of ``gap`` steps."""
    return Tune(tuple((step, 60, gap) for step in range(0, 128, gap)), 8, 1.0)


def test_gaps_are_counted_at_the_place_that_they_begin_at() -> None:
    counts, weights = gap_counts(BarKind.FOUR, [even(4)])
    assert weights.tolist() == [1.0]
    assert sorted(zip(*np.nonzero(counts[0]), strict=True)) == [(0, 4), (4, 4), (8, 4), (12, 4)]


def test_a_mixture_parts_rhythms_that_one_table_would_mix() -> None:
    counts, weights = gap_counts(BarKind.FOUR, [even(2), even(4)] * 40)
    one, _, _ = mixture(counts, weights, 1, 0)
    two, gaps, shares = mixture(counts, weights, 2, 0)
    assert two > one
    assert gaps.sum(axis=2) == pytest.approx(1.0)
    assert shares == pytest.approx(0.5, abs=0.05)
    assert {int(kind[0].argmax()) for kind in gaps} == {2, 4}


def test_only_training_tunes_of_the_metre_are_read(tmp_path: Path) -> None:
    names = [f"tune-{number}" for number in range(40)]
    folder = tmp_path / "metres"
    folder.mkdir()
    lines = [
        json.dumps({"id": name, "nb": 2, "meter": metre, "notes": [[0, 60, 4], [4, 62, 4]]})
        for name in names
        for metre in ("3/4", "6/8")
    ]
    (folder / "nottingham.jsonl").write_text("\n".join(lines), encoding="utf-8")
    training = [name for name in names if split_of(name) == "train"]
    assert 0 < len(training) < len(names)
    assert len(list(tunes(tmp_path, BarKind.THREE))) == len(training)
