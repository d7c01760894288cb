"""The analysis of a latent space as a PNG: variances, mutual information, and the 2D map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bridge.latent.analysis import INFORMATIVE_VARIANCE, MAP_EXTENT, LatentStatistics
from bridge.offline.render.piano_roll import CHORD_COLOUR, COLOURS, FAINT, LANE, TEXT
from bridge.offline.render.plot_style import dark_figure, style_axis, to_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_NEURONS: Final = 24
"""Most dimensions in the table of mutual information."""


def picture(title: str, found: LatentStatistics) -> bytes:
    """A PNG of three parts: variances by rank, mutual information of the first dimensions, the map.

    ExtraMissing when matplotlib is not installed (extra ``render``).
    """
    figure = dark_figure("drawing the analysis")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.25))
    _variances(figure.add_subplot(grid[0, 0]), found)
    _map(figure.add_subplot(grid[1, 0]), found)
    _bits(figure, figure.add_subplot(grid[:, 1]), found)
    return to_png(figure, title)


def _variances(axis: Axes, found: LatentStatistics) -> None:
    order = found.ranked()
    band = order >= len(order) - found.band
    x = np.arange(len(order))
    for mask, label, colour in (
        (~band, "melody's dimensions", COLOURS["melody"]),
        (band, "the band's", COLOURS["bass"]),
    ):
        axis.bar(x[mask], found.variance[order][mask], 0.9, color=colour, label=label)
    axis.axhline(INFORMATIVE_VARIANCE, color=CHORD_COLOUR, linewidth=1)
    axis.axhline(1.0, color=FAINT, linewidth=1, linestyle=":")
    style_axis(
        axis,
        f"posterior variance by rank: {len(found.informative())} under {INFORMATIVE_VARIANCE:g}",
    )
    axis.legend(fontsize=8, facecolor=LANE, edgecolor=LANE, labelcolor=TEXT, loc="upper left")


def _bits(figure: Any, axis: Axes, found: LatentStatistics) -> None:
    offered = found.neuron_targets().tolist()
    rest = [n for n in found.ranked().tolist() if n not in offered]
    chosen = [*offered, *rest][:MAX_NEURONS]
    image = axis.imshow(found.information[chosen], aspect="auto", cmap="magma", vmin=0)
    names = [f"neuron:{i + 1}  ({n})" if n in offered else f"({n})" for i, n in enumerate(chosen)]
    axis.set_yticks(range(len(chosen)), names)
    axis.set_xticks(
        range(len(found.features)), [f.replace("_", " ") for f in found.features], rotation=60,
        ha="right",
    )  # fmt: skip
    style_axis(axis, "mutual information in bits")
    bar = figure.colorbar(image, ax=axis, fraction=0.03)
    bar.ax.tick_params(colors=FAINT, labelsize=8, length=0)
    bar.outline.set_visible(False)


def _map(axis: Axes, found: LatentStatistics) -> None:
    sides = (-MAP_EXTENT, MAP_EXTENT, -MAP_EXTENT, MAP_EXTENT)
    axis.imshow(np.sqrt(found.density), extent=sides, aspect="auto", cmap="bone", alpha=0.8)
    axis.scatter(found.places[:, 0], found.places[:, 1], s=14, color=CHORD_COLOUR)
    for name, (x, y) in zip(found.place_names, found.places, strict=True):
        axis.annotate(
            name, (x, y), xytext=(3, 2), textcoords="offset points", color=TEXT, fontsize=7,
            parse_math=False, annotation_clip=True,
        )  # fmt: skip
    axis.set_xlim(-MAP_EXTENT, MAP_EXTENT)
    axis.set_ylim(-MAP_EXTENT, MAP_EXTENT)
    style_axis(axis, "the codes' plane (PCA) and the styles' places")
