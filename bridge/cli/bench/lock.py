"""``latent-bridge bench lock``: the lock of the band on real masters, as a table and a picture.

Each master that is on this machine runs a minute of story on a JACK server of our own: start,
stop, locate, loop, tempo map, metre, as far as it has them. The error of a note is its distance
from the nearest 16th of the master's own clock on the wire, by the line through the 24 clocks
around it; the way through JACK and our ports is in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.bench.lock_grid import Lock, lock_of, stretches
from bridge.cli.bench.lock_masters import MASTERS, AbsentError, studio
from bridge.cli.shared.file_types import OUTPUT_FILE, Number
from bridge.cli.shared.options import JSON
from bridge.offline.render.plot_style import dark_figure, style_axis, to_png
from bridge.system.atomic_write import write_whole

FRAMES: Final = 128
BIN_MS: Final = 0.25
WIDEST_MS: Final = 12.0
"""Errors beyond it are drawn at the edge of the picture."""


@click.command()
@click.option(
    "--master",
    "names",
    multiple=True,
    type=click.Choice(list(MASTERS)),
    help="Only this master. May be given again. [default: all]",
)
@click.option(
    "--seconds", type=Number(12, 600), default=60.0, show_default=True, help="Length of the story."
)
@click.option(
    "--frames",
    type=click.IntRange(16, 4096),
    default=FRAMES,
    show_default=True,
    help="Frames of a JACK period, at 48 kHz.",
)
@click.option("--png", type=OUTPUT_FILE, help="Draw the errors into this file.")
@JSON  # fmt: skip
def bench_lock(
    names: tuple[str, ...], seconds: float, frames: int, png: Path | None, as_json: bool
) -> None:
    """Measure how close the band keeps to real clock masters: error of notes, lost bars."""
    locks: dict[str, Lock] = {}
    absent: dict[str, str] = {}
    for name in names or MASTERS:
        try:
            locks[name] = measure(name, seconds, frames)
        except AbsentError as error:
            absent[name] = str(error)
    if png is not None:
        write_whole(png, picture(locks, frames))
    figures = {name: lock.figures() for name, lock in locks.items()}
    click.echo(json.dumps(figures | {n: {"absent": why} for n, why in absent.items()}) if as_json
               else "\n".join(table(figures, absent)))  # fmt: skip


def measure(name: str, seconds: float, frames: int) -> Lock:
    """The lock of the band on one master. AbsentError if it is not here."""
    with studio(frames) as room:
        grid = MASTERS[name](room, seconds)
        notes = [m.at for m in room.ears.heard["drums"] if m.data[0] & 0xF0 == 0x90 and m.data[2]]
        return lock_of(grid, notes, stretches(room.ears.heard["clock out"]))


def table(figures: dict[str, dict[str, Any]], absent: dict[str, str]) -> list[str]:
    """The figures as a Markdown table; what is absent below it."""
    lines = [
        "| master | notes | median | p99 | worst | bars, lost | places, wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in figures.items():
        lines.append(
            f"| {name} | {row['notes']} | {row['median_ms']:+.2f} ms | {row['p99_ms']:.2f} ms | "
            f"{row['worst_ms']:.2f} ms | {row['bars']}, {row['lost_bars']} | "
            f"{row['places']}, {row['wrong_places']} |"
        )
    return lines + [f"{name}: {why}" for name, why in absent.items()]


def picture(locks: dict[str, Lock], frames: int) -> bytes:
    """The distribution of the errors, a row a master, as a PNG."""
    figure = dark_figure("the picture of the lock")
    axes = figure.subplots(max(1, len(locks)), 1, sharex=True, squeeze=False)
    edges = [BIN_MS * k for k in range(round(-WIDEST_MS / BIN_MS), round(WIDEST_MS / BIN_MS) + 1)]
    for axis, (name, lock) in zip(axes[:, 0], locks.items(), strict=False):
        row = lock.figures()
        shown = [min(max(1000 * e, -WIDEST_MS), WIDEST_MS) for e in lock.errors]
        axis.hist(shown, bins=edges, color="#7aa2f7")
        style_axis(
            axis,
            f"{name}: {row['notes']} notes, median {row['median_ms']:+.2f} ms, 99 % within "
            f"{row['p99_ms']:.2f} ms, {row['lost_bars']} of {row['bars']} bars lost",
        )
    axes[-1, 0].set_xlabel("milliseconds after the master's 16th", color="#c0caf5", fontsize=8)
    return to_png(figure, f"Drums on the grid of real masters (JACK, {frames} frames at 48 kHz)")
