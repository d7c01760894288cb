"""``latent-bridge styles``: lists the styles of the band, with a bar of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.options import JSON, LIBRARY_FOLDER
from bridge.model.answering.answer import answer
from bridge.model.contract import Preset, Trio
from bridge.model.messages import BarTokens, Request
from bridge.model.worker.child import load_model
from bridge.music.grid import METRES
from bridge.music.tokens import NO_EVENT, pitch_to_class

ROWS: Final = {"kick": 0b0001, "snare": 0b0010, "hat": 0b1100}
"""The rows of a picture, and the drums (bits of a drum class) that show in each."""
TUNE: Final = (60, 64, 67, 72)
"""MIDI notes that the band hears in every bar for the picture: C major, a note each beat."""
SHOWN: Final = 1
"""Bar of the window that is shown: the first may hold a crash, the last a fill."""


@click.command()
@MODEL_NAME
@LIBRARY_FOLDER
@JSON
def styles(model: str, library: Path | None, as_json: bool) -> None:
    """List the styles of the band: usual tempo, swing, and a bar of the drums.

    The bar is what the model plays to a plain chord of C at temperature 0: x is a hit, a
    column a step of the style's metre.
    """
    trio = load_model(model, library)
    shown = {name: (preset, picture(a_bar(trio, preset))) for name, preset in trio.presets.items()}
    if as_json:
        rows = [
            {
                "name": name,
                "tempo": preset.tempo,
                "swing": round(preset.swing, 4),
                "metre": preset.metre,
                "drums": drums,
            }
            for name, (preset, drums) in shown.items()
        ]
        click.echo(json.dumps({"model": trio.spec.name, "styles": rows}))
        return
    width = max((len(name) for name in shown), default=5)
    heads = "  ".join(f"{row:<16}" for row in ROWS).rstrip()
    click.echo(f"{'style':<{width}}  metre  BPM  swing  {heads}")
    for name, (preset, drums) in shown.items():
        hits = "  ".join(drums.values())
        click.echo(
            f"{name:<{width}}  {preset.metre:<5}  {preset.tempo:3.0f}  {preset.swing:5.0%}  {hits}"
        )


def a_bar(trio: Trio, preset: Preset) -> BarTokens:
    """The bar that the model plays in that style, at temperature 0."""
    spec, metre = trio.spec, METRES[preset.metre]
    long = metre.steps_per_beat
    pitches = (TUNE * metre.beats)[: metre.beats]
    bar = [c for p in pitches for c in (pitch_to_class(p), *[NO_EVENT] * (long - 1))]
    request = Request(
        generation=0,
        target_bar=0,
        bars=(min(SHOWN, spec.bars - 1),),
        melody=tuple(bar * spec.bars),
        heard=(1,) * (metre.steps * spec.bars),
        style=tuple(preset.vector.tolist()),
        temperature=0.0,
        metre=metre.name,
    )
    return answer(trio, request).bars[0]


def picture(bar: BarTokens) -> dict[str, str]:
    """The drums of a bar as ``x..x`` lines, a character for each step."""
    return {
        row: "".join("x" if cls & bits else "." for cls in bar.drums) for row, bits in ROWS.items()
    }
