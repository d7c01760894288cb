"""``latent-bridge reconstruct``: what the model keeps of a piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import FILES_METRE, JSON, LIBRARY, OUTPUT
from bridge.cli.shared.output import (
    bars_of_song,
    check_target,
    named,
    progress_bar,
    read_song,
)
from bridge.model.codec import load_codec
from bridge.music.smf import midi_file
from bridge.offline.reconstruct import Reconstruction, reconstruct


@click.command("reconstruct", cls=GroupedCommand)
@click.argument("file", type=INPUT_FILE)
@option(
    "-o", "--out", group=OUTPUT, type=OUTPUT_FILE, required=True,
    help="The MIDI file to write: melody, bass and drums as decoded.",
)  # fmt: skip
@FILES_METRE
@MODEL_NAME
@LIBRARY
@JSON
def reconstruct_command(
    file: Path, out: Path, metre: str | None, model: str, folder: Path | None, as_json: bool
) -> None:
    """Encode FILE and decode it again, to hear and see what the model keeps of your music.

    The result has the same bars, key and tempo. The shares are those of the steps in which
    something happens that came back as they were.
    """
    check_target(file, out)
    song = read_song(file)
    codec = load_codec(model, folder)
    placed = bars_of_song(file, song, codec.spec, metre)
    with named(file), progress_bar(not as_json, "window") as progress:
        found = reconstruct(codec, song, placed, progress)
    midi_file.write(out, found.song)
    click.echo(json.dumps(facts(found, out)) if as_json else "\n".join(lines(found, out)))


def facts(found: Reconstruction, out: Path) -> dict[str, Any]:
    """The result as plain values."""
    return {
        "out": str(out),
        "bars": found.bars,
        "events": {name: round(share, 4) for name, share in found.kept.items()},
        "tracks": {"melody": found.melody, "bass": found.bass},
    }


def lines(found: Reconstruction, out: Path) -> list[str]:
    """The result for a person."""
    names = {"melody": found.melody, "bass": found.bass or "none found", "drums": "all drums"}
    return [
        *(f"{name:<7} {share:6.1%}  {names[name]}" for name, share in found.kept.items()),
        f"{found.bars} bars written to {out}",
    ]
