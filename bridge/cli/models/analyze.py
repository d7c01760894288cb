"""``latent-bridge analyze``: musical features of latent dimensions, as a table and a picture."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE
from bridge.cli.shared.options import JSON, LIBRARY
from bridge.cli.shared.output import named, read_song
from bridge.errors import ModelError
from bridge.latent.analysis import INFORMATIVE_VARIANCE, LatentStatistics, analyse
from bridge.model import library
from bridge.model.contract import TRIO, ModelSpec
from bridge.music.attributes import FEATURES, features
from bridge.music.trio_windows import trio_windows
from bridge.system.atomic_write import write_whole

SHOWN: Final = 3
"""Features named for each neuron."""
FAINT: Final = 0.01
"""Bits of mutual information under which a dependence is not shown."""
REBUILD: Final = "python -m tools.export.statistics writes it"


@click.command()
@click.argument("model", default=library.DEFAULT)
@LIBRARY
@click.option(
    "--files",
    multiple=True,
    type=INPUT_FILE,
    metavar="MIDI",
    help="Measure on this file in place of the shipped statistics. May be given again.",
)
@click.option("-n", "--rows", default=20, show_default=True, help="Number of dimensions to print.")
@JSON
@click.option(
    "-o",
    "--out",
    "--output",
    "output",
    type=OUTPUT_FILE,
    help="Draw the analysis into this PNG file.",
)
def analyze(
    model: str,
    folder: Path | None,
    files: tuple[Path, ...],
    rows: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show what the dimensions of MODEL carry: how certain its encoder is of each, and the
    musical features that depend most on it.

    A dimension whose posterior has the prior's variance carries nothing. The most certain ones
    that the band is decoded from are the music neurons, targets for knobs: neuron:1 to neuron:16.
    """
    place = library.find(model, folder)
    spec = library.read_spec(place)
    found = library.read_statistics(place, spec)
    if files:
        found = measured(place, spec, files, found)
    if found is None:
        raise ModelError(f"{place} has no statistics.npz ({REBUILD}): give MIDI files with --files")
    if as_json:
        click.echo(json.dumps(facts(spec.name, found)))
    else:
        click.echo("\n".join(lines(spec.name, found, rows)))
    if output is not None:
        from bridge.offline.render.latent_plot import picture

        write_whole(output, picture(spec.title, found))
        click.echo(f"written: {output}", err=True)


def measured(
    place: Path, spec: ModelSpec, files: tuple[Path, ...], known: LatentStatistics | None
) -> LatentStatistics:
    """The statistics of a trio model from MIDI files."""
    from bridge.model.loading import load

    if spec.kind != TRIO:
        raise ModelError(f"the model {spec.name} reads no trios: choose one of the kind {TRIO!r}")
    windows = []
    for file in files:
        with named(file):
            windows.append(trio_windows(read_song(file), spec.bars))
    tokens = np.concatenate(windows)
    if len(tokens) < 2:
        raise ModelError("two windows of four bars at least are needed: give more files")
    posterior = load(place).encode(tokens)
    found = analyse(posterior.mu, posterior.sigma, features(tokens), tuple(FEATURES), spec.coarse)
    return replace(found, band=known.band if known else 0)


def facts(name: str, found: LatentStatistics) -> dict[str, Any]:
    """All statistics, as JSON values."""
    offered = found.neuron_targets().tolist()
    return {
        "model": name,
        "windows": found.count,
        "dimensions": len(found.variance),
        "band": found.band,
        "carrying": len(found.informative()),
        "neurons": [
            {
                "target": f"neuron:{offered.index(neuron) + 1}" if neuron in offered else None,
                "dimension": neuron,
                "variance": round(float(found.variance[neuron]), 5),
                "information": {
                    feature: round(float(bits), 4)
                    for feature, bits in zip(found.features, found.information[neuron], strict=True)
                },
            }
            for neuron in found.ranked().tolist()
        ],
    }


def lines(name: str, found: LatentStatistics, rows: int) -> list[str]:
    """The table for a person: the targets first, then the other dimensions by rank."""
    carrying, offered = found.informative(), found.neuron_targets().tolist()
    head = [
        f"{name}: {len(carrying)} of {len(found.variance)} dimensions carry music "
        f"(posterior variance under {INFORMATIVE_VARIANCE:g} of the prior's; "
        f"{found.count} windows)",
        "",
        "target      dimension  variance  tells most about (bits)",
    ]
    order = [*offered, *(n for n in found.ranked().tolist() if n not in offered)]
    targets = {neuron: number for number, neuron in enumerate(offered, 1)}
    return head + [_line(found, neuron, targets.get(neuron, 0)) for neuron in order[:rows]]


def _line(found: LatentStatistics, neuron: int, target: int) -> str:
    bits = found.information[neuron]
    most = [j for j in np.argsort(-bits, kind="stable")[:SHOWN] if bits[j] >= FAINT]
    features = ", ".join(f"{found.features[j]} {bits[j]:.2f}" for j in most) or "-"
    name = f"neuron:{target}" if target else ""
    return f"{name:<11} {neuron:>9}  {found.variance[neuron]:8.3f}  {features}"
