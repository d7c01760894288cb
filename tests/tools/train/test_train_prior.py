"""tools.train.prior at tiny size: codes, space, resumed training, export, figures, the card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.latent.prior import MAX_WINDOWS, sample_codes
from tools.evaluate import prior_figures
from tools.export.card_sections import put_section
from tools.network.prior_net import PriorConfig, PriorNet
from tools.train import prior

WIDTH = 6
TINY = PriorConfig(width=16, heads=2, layers=2, batch=8, steps=12, warmup=2)


def courses(seed: int = 0) -> prior.PieceCodes:
    """Pieces of 3 to 40 windows whose codes go round slowly, in four of six dimensions."""
    rng = np.random.default_rng(seed)
    rows, first = [], [0]
    for length in (3, 8, 12, 40, 16, 9, 20, 11):
        angle = rng.random() * 6 + 0.3 * np.arange(length)
        wave = np.stack([np.cos(angle), np.sin(angle), 0.5 * np.cos(2 * angle), 0 * angle], -1)
        noise = 0.05 * rng.standard_normal((length, 4))
        rows.append(np.concatenate([wave + noise, np.full((length, 2), 3.0)], -1))
        first.append(first[-1] + length)
    return prior.PieceCodes(np.concatenate(rows), np.asarray(first))


def test_a_stretch_is_of_one_piece_and_goes_round_where_the_piece_is_short() -> None:
    codes = np.arange(10.0)[:, None] * np.ones((1, 2))
    found = prior.PieceCodes(codes, np.array([0, 3, 10]))
    drawn = found.draw(200, 5, np.random.default_rng(1))[..., 0]
    for row in drawn:
        steps = np.diff(row)
        if row[0] < 3:
            assert set(row) == {0, 1, 2}
            assert set(steps) <= {1, -2}
        else:
            assert (steps == 1).all()
            assert row[-1] <= 9


def test_the_space_keeps_what_varies() -> None:
    space = prior.space_of(courses(), 0.999)
    assert len(space.spread) in (3, 4)
    x = space.coordinates(courses().codes)
    assert np.allclose(x.std(0), 1, atol=0.02)
    assert np.abs(space.codes(x) - courses().codes).max() < 0.3


def test_something_is_always_left_to_be_sampled() -> None:
    rng = np.random.default_rng(0)
    for length in (2, 7, MAX_WINDOWS):
        flags = prior.given_flags(300, length, rng)
        assert (flags.sum(1) < length).all()
        assert (flags.sum(1) == 0).mean() > 0.3


def trained(out: Path, steps: int) -> prior.Trainer:
    found = courses()
    torch.manual_seed(0)
    config = PriorConfig(**{**vars(TINY), "steps": steps})
    trainer = prior.Trainer(PriorNet(3, config), None, seed=1)
    if (out / prior.CHECKPOINT).exists():
        trainer.restore(torch.load(out / prior.CHECKPOINT, weights_only=True))
    prior.train(trainer, found, prior.space_of(found, 0.9), out)
    return trainer


def test_training_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    assert trained(tmp_path, 4).step == 4
    again = trained(tmp_path, 10)
    assert again.step == 10
    assert not (tmp_path / "prior.pt.part").exists()


def test_the_graph_does_what_the_network_does_and_the_card_says_it(tmp_path: Path) -> None:
    trainer = trained(tmp_path, 6)
    with torch.no_grad():
        for value in trainer.average.values():
            value += 0.05 * torch.randn_like(value)
    graph = prior.checked_graph(trainer.averaged())
    found = courses()
    space = prior.space_of(found, 0.9)
    known = prior_figures.prior_of(graph, space)
    assert sample_codes(known, MAX_WINDOWS, 1, steps=2).shape == (MAX_WINDOWS, WIDTH)
    real = found.draw(20, 16, np.random.default_rng(0))
    row = prior_figures.compared(real, real, space.mean)
    assert row["codes"] == pytest.approx(0, abs=1e-3)
    facts = {"codes": 0.5, "moves": 0.25, "autocorrelation": {1: 0.9}, "ms": 3.0}
    card = prior_figures.card_section({
        "rows": {"real": facts, "steps 4": facts}, "kilobytes": 9, "weights": 10, "minutes": 1.0,
        "step": 6, "config": {"layers": 2}, "loss_train": 1.0, "loss_valid": 1.0,
        "given": {"mean of 8": 0.5, "likeliest": 0.6, "last again": 0.9},
        "nearest": {"prior": 1.0, "test": 1.0},
    })  # fmt: skip
    path = tmp_path / "CARD.md"
    path.write_text("# A model\n\nText.\n")
    put_section(path, prior_figures.SECTION, card)
    put_section(path, prior_figures.SECTION, card)
    text = path.read_text()
    assert text.startswith("# A model\n\nText.\n")
    assert text.count("## Prior over phrases") == 1
    assert "| prior, 4 steps | 0.500 | 0.250 |" in text


def test_statistics_tell_order_from_disorder() -> None:
    real = courses().draw(60, 16, np.random.default_rng(0))
    mixed = np.random.default_rng(1).permuted(real, axis=1)
    mean = real.reshape(-1, WIDTH).mean(0)
    straight, shuffled = (prior_figures.compared(r, real, mean) for r in (real, mixed))
    assert straight["autocorrelation"][1] > shuffled["autocorrelation"][1] + 0.3
    assert shuffled["moves"] > straight["moves"] + 0.1
