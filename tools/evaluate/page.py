"""The figures of ``tools.evaluate.figures`` as a page with plots: ``index.html`` and pictures."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from tools.evaluate.card import ROWS

Figures = dict[str, Any]
STYLE = "body{font:15px system-ui;margin:2em;max-width:70em}td{padding:.2em 1em}img{max-width:100%}"


def write_page(figures: Figures, folder: Path) -> Path:
    """Write the page into ``folder``; returns its path. Needs matplotlib."""
    folder.mkdir(parents=True, exist_ok=True)
    against_aims(figures, folder / "aims.png")
    pictures = ["aims.png"]
    if figures.get("variation"):
        variation(figures["variation"], folder / "variation.png")
        pictures.append("variation.png")
    lines = "".join(
        f"<tr><td>{html.escape(text)}</td><td>{figures[key]}</td><td>{aim or ''}</td></tr>"
        for key, text, aim in ROWS
        if key in figures
    )
    shown = "".join(f'<p><img src="{name}" alt="{name}"></p>' for name in pictures)
    title = f"{figures.get('split', '?')} split, {figures.get('windows', '?')} windows"
    path = folder / "index.html"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><h1>{title}</h1>{shown}"
        f"<table><tr><th>what<th>figure<th>aim</tr>{lines}</table></html>\n",
        encoding="utf-8",
    )
    return path


def against_aims(figures: Figures, path: Path) -> None:
    """Draw a bar for each figure that has an aim of at most 1, with the aim as a mark."""
    rows = [
        (key, figures[key], aim)
        for key, _, aim in ROWS
        if aim is not None and aim <= 1 and key in figures
    ]
    pyplot = _pyplot()
    figure, axis = pyplot.subplots(figsize=(9, 0.4 * len(rows) + 1))
    places = range(len(rows))
    colours = ["#3aa76d" if value >= aim else "#d98c3f" for _, value, aim in rows]
    axis.barh(places, [value for _, value, _ in rows], color=colours)
    axis.plot([aim for _, _, aim in rows], places, "k|", markersize=14, label="aim")
    axis.set_yticks(places, [key for key, _, _ in rows])
    axis.invert_yaxis()
    axis.set_xlim(0, 1)
    axis.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def variation(shares: dict[str, float], path: Path) -> None:
    """Draw the share of steps that change against ``variation``."""
    pyplot = _pyplot()
    figure, axis = pyplot.subplots(figsize=(6, 3.5))
    axis.plot([float(amount) for amount in shares], list(shares.values()), "o-")
    axis.set_xlabel("variation")
    axis.set_ylabel("share of steps changed")
    axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
