"""Named directions in the latent space: knob positions to vectors. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.errors import ModelError, NameUnknown


@dataclass(frozen=True)
class Directions:
    """``names`` of D directions and their ``vectors`` [D, Z]; a knob's range is -1..1.

    Directions in ``steered`` have no fixed vector: their knob values go to the model
    (:meth:`asked`; see ``latent.steering``) and do not contribute to :meth:`offset`.
    ModelError when the names and vectors do not match or a value is not finite.
    """

    names: tuple[str, ...]
    vectors: npt.NDArray[np.float32]
    steered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.names):
            raise ModelError(
                f"directions: {len(self.names)} names for vectors of shape {self.vectors.shape}"
            )
        if not np.isfinite(self.vectors).all():
            raise ModelError("directions: a vector holds a value that is not finite")

    @classmethod
    def of(cls, by_name: Mapping[str, npt.NDArray[np.float32]], width: int) -> Directions:
        """From vectors [Z] by name; ``width`` is Z, used where there are no vectors."""
        rows = [np.asarray(v, np.float32) for v in by_name.values()]
        vectors = np.stack(rows) if rows else np.zeros((0, width), np.float32)
        return cls(tuple(by_name), vectors)

    @property
    def width(self) -> int:
        """Z, the latent dimensions."""
        return int(self.vectors.shape[1])

    def offset(self, values: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """The vector [Z] to add to a code for knobs at ``values`` (-1..1, clamped).

        NameUnknown for an unknown direction.
        """
        total = np.zeros(self.width, np.float32)
        for name, value in values.items():
            if name not in self.names:
                raise NameUnknown("direction", name, self.names)
            if value and name not in self.steered:
                total += min(1.0, max(-1.0, value)) * self.vectors[self.names.index(name)]
        return total

    def asked(self, values: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """Knob values (-1..1, clamped) of the ``steered`` directions, [len(steered)]."""
        row = np.array([values.get(name, 0.0) for name in self.steered], np.float32)
        return np.clip(row, -1.0, 1.0)
