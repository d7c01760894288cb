"""tools.train.compare at tiny size: three architectures trained and shown side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the training extra is not installed")

import torch

from tools.network.recurrent import RecurrentVae
from tools.train.compare import TINY_RECURRENT


def test_every_architecture_is_measured_on_the_same_windows(
    prepared: Path, command: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found.json"
    command("tools.train.compare", "--data", prepared, "--out", out, "--minutes", "0.001", "--tiny")
    found = json.loads(out.read_text("utf-8"))
    names = ("two levels", "one level", "recurrent")
    assert [name for name in found if name != "minutes"] == list(names)
    for name in names:
        assert found[name]["windows"] > 0
        assert all(0 <= share <= 1 for share in found[name]["valid"].values())
    assert set(found["one level"]["valid"]) == set(found["recurrent"]["valid"])
    shown = capsys.readouterr().out
    assert all(f"| {name} |" in shown for name in names)


def test_a_slot_is_written_from_the_slots_before_it_alone() -> None:
    torch.manual_seed(1)
    net = RecurrentVae(TINY_RECURRENT).eval()
    metre = torch.eye(4)[:1]
    line = torch.randint(0, 90, (1, 64))
    other = line.clone()
    other[:, 40:] = 5
    contexts = net.contexts(torch.randn(1, TINY_RECURRENT.code), metre)
    first, second = (net.logits(0, contexts, metre, x).flatten(1, 2) for x in (line, other))
    assert torch.equal(first[:, :41], second[:, :41])
    assert not torch.equal(first[:, 41:48], second[:, 41:48])
