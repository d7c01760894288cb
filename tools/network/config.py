"""Widths of the trio model's networks and the settings of its training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from tools.data.sizes import BARS


class Widths:
    """Base of dataclasses of whole numbers that a checkpoint holds as plain values."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """From a checkpoint's dictionary; unknown keys are an error."""
        unknown = set(values) - {f.name for f in fields(cls)}  # type: ignore[arg-type]
        if unknown:
            raise ValueError(f"unknown model settings: {', '.join(sorted(unknown))}")
        return cls(**values)

    def dict(self) -> dict[str, int]:
        """As plain values, for a checkpoint."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True)
class ModelConfig(Widths):
    """Widths of the networks.

    ``latent`` is Z. The last ``band`` dimensions decode to bass and drums, all dimensions to the
    melody, so that the surrogate can determine the band's part where the melody is unknown.
    """

    latent: int = 160
    band: int = 96
    style: int = 24
    embed: int = 32
    beat: int = 192
    encoder: int = 160
    conductor: int = 160
    cell_input: int = 96
    plan: int = 48
    melody: int = 160
    bass: int = 176
    drums: int = 160
    surrogate: int = 128
    harmony: int = 96
    style_hidden: int = 96
    turn: int = 192
    dropout: int = 15  # per cent, in the surrogate
    bars: int = BARS  # length of the surrogate's and the style's window


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run: sizes in windows, times in steps."""

    batch: int = 64
    steps: int = 10000
    lr: float = 2e-3
    lr_end: float = 5e-5
    warmup: int = 300
    clip: float = 1.0
    beta: float = 0.05
    beta_steps: int = 3000
    free_nats: float = 0.05
    token_dropout: float = 0.25
    ema: float = 0.999
    chord_weight: float = 1.0
    harmony_weight: float = 0.5
    match_weight: float = 0.2
    clash_weight: float = 6.0
    """Weight of bass notes outside the chord's scale, in the surrogate's half of a batch."""
    bass_weight: float = 1.5
    """Weight of the bass decoded from the trio's own code, which is learned last."""
    only_surrogate: bool = False
    """Train style and surrogate only; encoder and decoder stay as they are."""


TINY_MODEL = ModelConfig(
    latent=12,
    band=6,
    style=4,
    embed=8,
    beat=16,
    encoder=16,
    conductor=16,
    cell_input=12,
    plan=6,
    melody=16,
    bass=16,
    drums=16,
    surrogate=16,
    harmony=16,
    style_hidden=16,
    turn=8,
)
TINY_TRAIN = TrainConfig(batch=8, steps=20, warmup=4, beta_steps=10, ema=0.9)
