"""``latent-bridge sample`` and ``interpolate``: codes from a model's latent space."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from bridge.cli.shared.anchors import anchor_code
from bridge.cli.shared.code_music import entry_of, finish
from bridge.cli.shared.file_types import Number
from bridge.cli.shared.model_options import TEMPERATURE, CodeMusic, code_music_options
from bridge.cli.shared.models import open_codec
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import LATENT
from bridge.cli.shared.output import check_out
from bridge.offline.codes import drawn, way


@click.command(cls=GroupedCommand)
@option("-n", "count", group=LATENT, type=click.IntRange(1, 1000), default=1, show_default=True,
        help="Number of codes, one for each of the seeds from --seed on.")  # fmt: skip
@option("--spread", group=LATENT, type=Number(0.0, 3.0), default=1.0,
        show_default=True,
        help="Distance from the middle of the space; 1 is as the model expects.")  # fmt: skip
@TEMPERATURE
@code_music_options
def sample(count: int, spread: float, temperature: float, **options: Any) -> None:
    """Draw codes from a model's latent space: any seed is a piece of music.

    Each is kept in the history (see `latent-bridge history`), to be played, exported, or set
    as an anchor of `interpolate`. With -n and a MIDI file they come one after another.
    """
    music = CodeMusic(**options)
    check_out(music.out)
    model = open_codec(music.model, music.folder)
    entries = [
        entry_of(
            model, "sample", drawn(model.codec, 1, seed, temperature=spread),
            seed=seed, temperature=temperature, bpm=music.bpm, key=music.key,
            metre=music.metre,
        )
        for seed in range(music.seed, music.seed + count)
    ]  # fmt: skip
    whole = msgspec.structs.replace(entries[0], codes=b"".join(e.codes for e in entries))
    finish(model, entries, whole, music.out, music.as_json)


@click.command(cls=GroupedCommand)
@click.argument("anchors", nargs=-1, required=True, metavar="A B [C]...")
@option("--steps", group=LATENT, type=click.IntRange(1, 1000), default=8, show_default=True,
        help="Codes from A to B; with three or more anchors, from each to the "
             "next.")  # fmt: skip
@option("--straight", group=LATENT, is_flag=True,
        help="A straight line (linear), not an arc (slerp).")  # fmt: skip
@TEMPERATURE
@code_music_options
def interpolate(
    anchors: tuple[str, ...], steps: int, straight: bool, temperature: float, **options: Any
) -> None:
    """Travel from A to B, or round through three and more and back to the first.

    An anchor is seed:N (a sample), a MIDI file (tune.mid@5: from its bar 5), a code file
    (codes.npz@3: its third), a number or name of the history, or a style of the model.
    """
    music = CodeMusic(**options)
    check_out(music.out)
    model = open_codec(music.model, music.folder)
    codes = way([anchor_code(model, text) for text in anchors], steps, straight=straight)
    entry = entry_of(
        model, "interpolate " + " ".join(anchors), codes, seed=music.seed,
        temperature=temperature, bpm=music.bpm, key=music.key, stride=0,
        metre=music.metre,
    )  # fmt: skip
    finish(model, [entry], entry, music.out, music.as_json)
