"""``latent-bridge bench ears``: what the band hears, each figure beside its baseline."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.bench.ears import band_figures, harmony_figures, tempo_figures
from bridge.cli.bench.ears.human_playing import HumanPlaying
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import open_model
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import JSON, LIBRARY, OUTPUT
from bridge.cli.shared.output import json_line
from bridge.model.contract import Trio

Measure = Callable[[Path, int, Trio, str, Path | None], dict[str, Any]]
FIGURES: Final[dict[str, Measure]] = {
    "both hands": lambda data, n, *_: harmony_figures.both_hands(data, n),
    "live": lambda data, n, *_: harmony_figures.live(data, n),
    "live, human": lambda data, n, *_: harmony_figures.live(data, n, HumanPlaying()),
    "melody": lambda data, n, trio, *_: harmony_figures.from_melody(data, n, trio.harmony),
    "whole pieces": lambda data, n, trio, *_: band_figures.whole_pieces(data, n, trio),
    "key": lambda data, n, *_: harmony_figures.keys(data, n),
    "energy": lambda data, n, trio, model, folder: band_figures.energy(trio, model, folder),
    "tempo": lambda data, n, *_: tempo_figures.tempi(data, n),
    "chord to bass": lambda *_: band_figures.chord_to_bass(),
    "consonance": lambda data, n, *_: harmony_figures.consonance(data, n),
}
"""The figures by name, in the order in which they are printed."""


@click.command(cls=GroupedCommand)
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path, file_okay=False))
@option("--only", group=OUTPUT, type=click.Choice(list(FIGURES)), multiple=True, metavar="FIGURE",
        help=f"Measure this alone: {', '.join(FIGURES)}. May be given again.")  # fmt: skip
@option("--pieces", group=OUTPUT, type=click.IntRange(0), default=0,
        help="At most this many pieces of each source. [default: all]")  # fmt: skip
@MODEL_NAME
@LIBRARY
@JSON
def bench_ears(
    data: Path, only: tuple[str, ...], pieces: int, model: str, folder: Path | None, as_json: bool
) -> None:
    """Measure what the band hears, on music with known chords, keys and tempi.

    DATA is a folder with lead sheets in leads/ and test pieces in test/ (docs/benchmarks.md).
    Nothing is tuned on them: test pieces are only measured.
    """
    trio = open_model(model, folder)
    found: dict[str, Any] = {}
    for name in only or FIGURES:
        begun = time.perf_counter()
        figure = FIGURES[name](data, pieces, trio, model, folder)
        found[name] = {**figure, "seconds": round(time.perf_counter() - begun, 1)}
        if not as_json:
            click.echo(line(name, found[name]))
    if as_json:
        click.echo(json_line(found))


def line(name: str, figure: dict[str, Any]) -> str:
    """A figure in one line."""
    return f"{name:14}  {_text(figure)}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        parts = (
            f"{key} ({_text(inner)})" if isinstance(inner, dict) else f"{key} {inner}"
            for key, inner in value.items()
        )
        return ", ".join(parts)
    return str(value)
