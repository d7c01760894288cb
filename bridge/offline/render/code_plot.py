"""The statistics of a set of codes as a PNG: means, histograms, correlation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bridge.latent.code_statistics import BINS, histogram, moments
from bridge.latent.space import Floats, statistics
from bridge.offline.render.piano_roll import COLOURS
from bridge.offline.render.plot_style import dark_figure, style_axis, to_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_CORRELATED: Final = 64
"""Most dimensions in the correlation matrix; those with the greatest deviation are shown."""


def picture(title: str, codes: Floats, bins: int = BINS) -> bytes:
    """A PNG of codes [N, Z]: mean and deviation of each dimension, histograms, and the
    correlations of the dimensions with the greatest deviation.

    ExtraMissing when matplotlib is not installed (extra ``render``).
    """
    figure = dark_figure("drawing statistics")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.6, 1))
    _means(figure.add_subplot(grid[0, 0]), codes)
    _histograms(figure.add_subplot(grid[1, 0]), codes, bins)
    _correlation(figure.add_subplot(grid[:, 1]), codes)
    count, width = codes.shape
    return to_png(figure, f"{title}: {count} codes of {width} dimensions")


def _means(axis: Axes, codes: Floats) -> None:
    mean, deviation = moments(codes)
    x = np.arange(len(mean))
    axis.fill_between(x, mean - deviation, mean + deviation, step="mid",
                      color=COLOURS["bass"], alpha=0.4, linewidth=0)  # fmt: skip
    axis.step(x, mean, where="mid", color=COLOURS["melody"], linewidth=1)
    axis.set_xlim(-0.5, len(mean) - 0.5)
    style_axis(axis, "mean, and a deviation to each side, by dimension")


def _histograms(axis: Axes, codes: Floats, bins: int) -> None:
    found = histogram(codes, bins)
    low, high = float(found.edges[0]), float(found.edges[-1])
    axis.imshow(
        found.counts.T, aspect="auto", origin="lower", cmap="magma", interpolation="nearest",
        extent=(-0.5, codes.shape[1] - 0.5, low, high),
    )  # fmt: skip
    style_axis(axis, "histogram of each dimension (bright: often)")


def _correlation(axis: Axes, codes: Floats) -> None:
    _, deviation = moments(codes)
    chosen = np.argsort(-deviation, kind="stable")[:MAX_CORRELATED]
    table = statistics(codes).correlation[np.ix_(chosen, chosen)]
    axis.imshow(table, vmin=-1, vmax=1, cmap="RdBu_r", interpolation="nearest")
    ticks = np.arange(0, len(chosen), max(1, len(chosen) // 16))
    axis.set_xticks(ticks, [str(chosen[t]) for t in ticks])
    axis.set_yticks(ticks, [str(chosen[t]) for t in ticks])
    style_axis(axis, "correlation of dimensions (red: together, blue: against each other)")
