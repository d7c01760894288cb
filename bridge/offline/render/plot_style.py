"""Common style of the plots: a dark figure, axes without frames, PNG output."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from bridge.errors import ExtraMissing
from bridge.offline.render.piano_roll import BACKGROUND, FAINT, LANE, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def dark_figure(purpose: str) -> Figure:
    """An empty figure. ExtraMissing, naming the ``purpose``, without matplotlib (extra
    ``render``)."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as exc:
        raise ExtraMissing("matplotlib", "render", purpose) from exc
    figure = Figure(figsize=(15, 7.5), facecolor=BACKGROUND, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def style_axis(axis: Axes, title: str) -> None:
    """Give an axis a title and remove its frame."""
    axis.set_facecolor(LANE)
    axis.set_title(title, color=TEXT, fontsize=10, loc="left", parse_math=False)
    axis.tick_params(colors=FAINT, labelsize=8, length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)


def to_png(figure: Figure, title: str) -> bytes:
    """The figure with a title, as a PNG."""
    figure.suptitle(title, color=TEXT, fontweight="bold", parse_math=False)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, facecolor=BACKGROUND)
    return out.getvalue()
