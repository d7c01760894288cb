"""The layout of a two-level code: numbers for the whole window, then bar by bar for each track.

The coarse code is what is drawn, walked, steered and guessed. The fine code of a bar of a track
adds what this very bar has; where it is zero throughout, the bar is decoded from the coarse code
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bridge.errors import ModelError
from bridge.model.contract import TRACKS, Floats, ModelSpec
from bridge.music.grid import FOUR_FOUR, FOUR_FOUR_TRIPLETS, SIX_EIGHT, THREE_FOUR, TWELVE_EIGHT

NETWORK_METRES: Final = tuple(m.name for m in (FOUR_FOUR, THREE_FOUR, SIX_EIGHT, TWELVE_EIGHT))
"""Names of the metres that the graphs tell apart, by number."""


def metre_number(metre: str) -> int:
    """The number of a metre, by its name, for the graphs; 4/4 in triplets is 12/8 to them: four
    beats of three."""
    return NETWORK_METRES.index(TWELVE_EIGHT.name if metre == FOUR_FOUR_TRIPLETS.name else metre)


@dataclass(frozen=True)
class CodeLayout:
    """``coarse`` numbers, then for each of ``bars`` bars ``fine`` numbers of melody, bass and
    drums."""

    coarse: int
    fine: tuple[int, int, int]
    bars: int

    @classmethod
    def of(cls, spec: ModelSpec) -> CodeLayout:
        """The layout of a model. ModelError where its sizes do not add up."""
        if tuple(spec.fine) != TRACKS:
            raise ModelError(f"the model {spec.name} has no fine sizes of {', '.join(TRACKS)}")
        melody, bass, drums = spec.fine.values()
        layout = cls(spec.coarse, (melody, bass, drums), spec.bars)
        if (layout.latent, layout.style) != (spec.latent, spec.style):
            raise ModelError(
                f"the model {spec.name} has codes of {spec.latent} and styles of {spec.style} "
                f"numbers, but its levels make {layout.latent} and {layout.style}"
            )
        return layout

    @property
    def latent(self) -> int:
        """Z: the width of a code."""
        return self.coarse + self.bars * sum(self.fine)

    @property
    def style(self) -> int:
        """S: the width of a style, a code without the fine numbers of the melody."""
        return self.coarse + self.bars * sum(self.fine[1:])

    def style_of(self, codes: Floats) -> Floats:
        """The styles [N, S] of codes [N, Z]."""
        rows = codes[:, self.coarse :].reshape(len(codes), self.bars, sum(self.fine))
        band = rows[..., self.fine[0] :].reshape(len(codes), -1)
        return np.concatenate([codes[:, : self.coarse], band], axis=1)

    def code_of(self, styles: Floats) -> Floats:
        """The codes [N, Z] of styles [N, S], without anything of a melody's bars."""
        coarse, rows = styles[:, : self.coarse], styles[:, self.coarse :]
        band = rows.reshape(len(styles), self.bars, -1)
        silent = np.zeros((len(styles), self.bars, self.fine[0]), styles.dtype)
        fine = np.concatenate([silent, band], axis=2).reshape(len(styles), -1)
        return np.concatenate([coarse, fine], axis=1)
