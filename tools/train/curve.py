"""Draw the curves of a training: ``python -m tools.train.curve --two-level DIR --surrogate DIR``.

From the logs of the two runs, on the validation split: the share of events kept of rendered and
real trios by part, and how far the surrogate's drums agree with the style asked for.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from bridge.errors import ModelError
from tools.data.sizes import TRACKS
from tools.train.trainer import LOG

Row = dict[str, Any]
COLOURS: Final = dict(zip(TRACKS, ("tab:blue", "tab:green", "tab:red"), strict=True))
"""One colour a part."""
POOLS: Final = {"rendered 4/4": "-", "real": "--"}
"""Pools of the validation split that are drawn, and their lines."""


def rows_of(folder: Path) -> list[Row]:
    """The rows of a run's log, oldest first. ModelError if there are none."""
    path = folder / LOG
    if not path.exists():
        raise ModelError(f"{path}: no log of a training is here: name the run's folder")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def series(rows: list[Row], name: str) -> tuple[list[float], list[float]]:
    """Minutes and values of one validation figure, where it was measured."""
    there = [row for row in rows if name in row["valid"]]
    return [row["minutes"] for row in there], [row["valid"][name] for row in there]


def draw(two_level: list[Row], surrogate: list[Row], out: Path) -> None:
    """Write the picture of both runs, side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "latent-bridge"  # the same picture from the same logs
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for pool, style in POOLS.items():
        for track, colour in COLOURS.items():
            x, y = series(two_level, f"{pool}.{track}")
            left.plot(x, y, style, color=colour, label=f"{track}, {pool}")
        x, y = series(surrogate, f"{pool}.drums")
        right.plot(x, y, style, color=COLOURS["drums"], label=f"drums, {pool}")
        x, y = series(surrogate, f"{pool}.root")
        right.plot(x, y, style, color=COLOURS["bass"], label=f"bass on the root, {pool}")
    left.set_title("two-level autoencoder: events kept")
    right.set_title("surrogate: agrees with the style asked for")
    for axes, rows in ((left, two_level), (right, surrogate)):
        axes.set_xlabel(f"minutes on one core ({rows[-1]['step']:,} batches)")
        axes.set_ylim(0, 1)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, loc="lower right")
    figure.tight_layout()
    figure.savefig(out, metadata={"Date": None} if out.suffix == ".svg" else None)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.train.curve", description=__doc__)
    parser.add_argument("--two-level", type=Path, required=True, help="run of the autoencoder")
    parser.add_argument("--surrogate", type=Path, required=True, help="run of the surrogate")
    parser.add_argument("-o", "--out", type=Path, required=True, help="picture (.svg, .png)")
    args = parser.parse_args(arguments)
    draw(rows_of(args.two_level), rows_of(args.surrogate), args.out)


if __name__ == "__main__":
    main()
