"""The two-level graphs do what their networks do, and the bars that they draw are fair draws."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training extra is not installed")
pytest.importorskip("onnx", reason="the training extra is not installed")

import torch

from bridge.model.two_level.code_layout import NETWORK_METRES
from tools.data.sizes import BARS
from tools.data.window_batches import MASKS
from tools.export.runtime import open_graph
from tools.export.two_level_graphs import decoder_graph, encoder_graph, surrogate_graph
from tools.network.surrogate_net import TwoLevelSurrogate
from tools.network.two_level import TwoLevelVae
from tools.network.two_level_config import TINY_TWO_LEVEL as SIZES

COUNT = 12
TOLERANCE = 1e-5
NOISE = np.random.default_rng(0)


@pytest.fixture(scope="module")
def net() -> TwoLevelVae:
    """A small model with random weights."""
    torch.manual_seed(1)
    model = TwoLevelVae(SIZES)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


@pytest.fixture(scope="module")
def metres() -> np.ndarray:
    """Every metre, several times."""
    return np.arange(COUNT) % len(NETWORK_METRES)


def windows(metres: np.ndarray) -> np.ndarray:
    """Random trios [N, 64, 3] in the slots of their metres."""
    rng = np.random.default_rng(2)
    high = np.array([90, 90, 512])
    tokens = rng.integers(0, high, (COUNT, 64, 3)) * (rng.random((COUNT, 64, 3)) < 0.3)
    return tokens * np.tile(MASKS[metres], (1, BARS))[..., None]


def one_hot(metres: np.ndarray) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(metres), len(MASKS)).float()


def packed(coarse: torch.Tensor, fine: list[torch.Tensor]) -> np.ndarray:
    """Codes as the graphs have them."""
    return torch.cat([coarse, torch.cat(fine, -1).flatten(1)], -1).numpy()


def run(model: object, **feed: np.ndarray) -> list[np.ndarray]:
    return open_graph(model.SerializeToString()).run(None, feed)


def test_the_encoder_is_the_network_s(net: TwoLevelVae, metres: np.ndarray) -> None:
    tokens = windows(metres)
    want = packed(*net.encode(torch.from_numpy(tokens), torch.ones(COUNT, 3), one_hot(metres)))
    mu, sigma = run(encoder_graph(net), tokens=tokens, metre=metres)
    assert np.abs(mu - want).max() < TOLERANCE
    assert (sigma > 0).all()


def test_a_part_that_is_silent_throughout_has_no_fine_code(
    net: TwoLevelVae, metres: np.ndarray
) -> None:
    tokens = windows(metres)
    tokens[..., 0] = 0
    mu, _ = run(encoder_graph(net), tokens=tokens, metre=metres)
    rows = mu[:, SIZES.coarse :].reshape(COUNT, BARS, -1)
    assert not rows[..., : SIZES.fine_melody].any()
    assert rows[..., SIZES.fine_melody :].any()


@pytest.mark.parametrize("fine", [True, False])
def test_the_decoder_is_the_network_s(net: TwoLevelVae, metres: np.ndarray, fine: bool) -> None:
    rng = torch.Generator().manual_seed(3)
    coarse = torch.randn(COUNT, SIZES.coarse, generator=rng)
    codes = [torch.randn(COUNT, BARS, size, generator=rng) * fine for size in SIZES.fine]
    want = net.decode(coarse, codes if fine else None, one_hot(metres)).numpy()
    want = want * np.tile(MASKS[metres], (1, BARS))[..., None]
    bars = np.array([2, 0])
    (said,) = run(
        decoder_graph(net), z=packed(coarse, codes), bars=bars, metre=metres,
        temperature=np.array(0, np.float32), noise=NOISE.random((COUNT, 2, 16, 3), np.float32),
    )  # fmt: skip
    assert (said == want.reshape(COUNT, BARS, 16, 3)[:, bars]).all()


def test_drums_are_drawn_as_often_as_they_are_likely(net: TwoLevelVae) -> None:
    """One uniform number a step draws nine drums, each with its own probability."""
    count = 4000
    metre = np.zeros(count, np.int64)
    coarse = torch.randn(1, SIZES.coarse, generator=torch.Generator().manual_seed(5))
    codes = [torch.zeros(1, BARS, size) for size in SIZES.fine]
    context = net.contexts_of(coarse, one_hot(metre[:1]))[2][:, :1]
    with torch.no_grad():
        logits = net.write(2, context, codes[2][:, :1], torch.zeros(1, 1), one_hot(metre[:1]))
    want = torch.sigmoid(logits)[0, 0].numpy()
    (said,) = run(
        decoder_graph(net), z=packed(coarse, codes).repeat(count, 0), bars=np.zeros(1, np.int64),
        metre=metre, temperature=np.array(1, np.float32),
        noise=NOISE.random((count, 1, 16, 3), np.float32),
    )  # fmt: skip
    bits = (said[:, 0, :, 2, None] >> np.arange(9)) & 1
    assert np.abs(bits.mean(0) - want).max() < 0.05


def test_the_surrogate_is_the_network_s(metres: np.ndarray) -> None:
    torch.manual_seed(4)
    net = TwoLevelSurrogate(SIZES, hidden=16, heard=8).eval()
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    rng = np.random.default_rng(6)
    feed = {
        "melody": rng.integers(0, 90, (COUNT, 64)),
        "heard": (rng.random((COUNT, 64)) < 0.6).astype(np.float32),
        "style": rng.normal(size=(COUNT, net.style_width)).astype(np.float32),
        "chords": np.eye(25, dtype=np.float32)[rng.integers(0, 25, (COUNT, 8))],
        "phase": np.arange(COUNT) % 4,
    }
    with torch.no_grad():
        coarse, fine, named = net(*(torch.from_numpy(x) for x in feed.values()), one_hot(metres))
    mu, sigma, logits = run(surrogate_graph(net), **feed, metre=metres)
    rows = mu[:, SIZES.coarse :].reshape(COUNT, BARS, -1)
    assert np.abs(mu[:, : SIZES.coarse] - coarse.mu.numpy()).max() < TOLERANCE
    assert np.abs(rows[..., SIZES.fine_melody :] - fine.mu.numpy()).max() < TOLERANCE
    assert not rows[..., : SIZES.fine_melody].any()
    spread = sigma[:, SIZES.coarse :].reshape(COUNT, BARS, -1)[..., SIZES.fine_melody :]
    assert np.abs(spread - fine.log_sigma.exp().numpy()).max() < TOLERANCE
    assert np.abs(logits - named.numpy()).max() < TOLERANCE
