"""Widths of the two-level model and settings of its training."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class TwoLevelConfig:
    """Widths of the two-level variational autoencoder.

    The code of a window is ``coarse`` numbers for all of it, then for each part ``fine_PART``
    numbers for each of its four bars.
    """

    coarse: int = 96
    fine_melody: int = 48
    fine_bass: int = 32
    fine_drums: int = 48
    embed: int = 16
    bar: int = 384
    squeeze: int = 96
    window: int = 512
    context: int = 128
    part: int = 384
    spread: int = 48

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """From a checkpoint's dictionary; unknown keys are an error."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown model settings: {', '.join(sorted(unknown))}")
        return cls(**values)

    def dict(self) -> dict[str, int]:
        """As plain values, for a checkpoint."""
        return asdict(self)

    @property
    def fine(self) -> tuple[int, int, int]:
        """Fine numbers of a bar of melody, bass and drums."""
        return self.fine_melody, self.fine_bass, self.fine_drums

    @property
    def latent(self) -> int:
        """Width of the whole code."""
        return self.coarse + 4 * sum(self.fine)


@dataclass(frozen=True)
class TwoLevelTraining:
    """Settings of a training run. ``coarse_weight`` and ``fine_weight`` are the weights of the
    two priors; ``coarse_only`` is the share of plain rows decoded without fine numbers; ``steps``
    are the planned steps (0: the planned minutes alone count)."""

    batch: int = 512
    steps: int = 0
    lr: float = 1.5e-3
    lr_end: float = 2e-5
    warmup: int = 200
    clip: float = 1.0
    coarse_weight: float = 0.045
    fine_weight: float = 0.02
    coarse_only: float = 0.5
    ema: float = 0.999


TINY_TWO_LEVEL = TwoLevelConfig(
    coarse=6, fine_melody=3, fine_bass=2, fine_drums=3, embed=4, bar=16, squeeze=8, window=16,
    context=8, part=16, spread=6,
)  # fmt: skip
