"""``latent-bridge pathway``: one seeded walk through several models at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from bridge.cli.shared.file_types import Number
from bridge.cli.shared.models import open_codec
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import BPM, JSON, LATENT, LIBRARY, METRE, MUSIC, OUTPUT, SEED
from bridge.cli.shared.output import report_progress
from bridge.errors import OutputError
from bridge.latent.walks import Walk, WalkKind
from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.smf import midi_file
from bridge.offline.code_walk import MOST_BARS, pathway
from bridge.offline.codes import facts_of
from bridge.session.latent.walks import NEEDS_A_PLAYER, find_kind

WALKS = [kind.value for kind in WalkKind if kind not in NEEDS_A_PLAYER]


@click.command("pathway", cls=GroupedCommand)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@option("-o", "--out", group=OUTPUT, required=True, type=click.Path(path_type=Path),
        help="A folder: each model writes MODEL.mid in it.")  # fmt: skip
@option("--walk", "name", group=LATENT, default="brownian", show_default=True,
        help="Kind of walk: " + ", ".join(WALKS) + ".")  # fmt: skip
@option("--bars", group=MUSIC, type=click.IntRange(1, MOST_BARS), default=16, show_default=True,
        help="Length in bars.")  # fmt: skip
@option("--walk-bars", group=LATENT, type=Number(0.25, 512), default=16.0,
        show_default=True, help="Bars that one round of a walk's figure takes.")  # fmt: skip
@option("--restlessness", group=LATENT, type=Number(0, 1), default=0.15,
        show_default=True, help="Share of the latent point that is new at each bar.")  # fmt: skip
@option("--temperature", group=MUSIC, type=Number(0, 2), default=0.0,
        show_default=True,
        help="Randomness of the choice of notes; 0 takes the likeliest.")  # fmt: skip
@SEED
@BPM
@METRE
@LIBRARY
@JSON
def pathway_command(
    models: tuple[str, ...],
    out: Path,
    name: str,
    bars: int,
    walk_bars: float,
    restlessness: float,
    temperature: float,
    seed: int,
    bpm: float,
    metre: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Take one seeded walk through several models at once, say a melody model and a trio.

    The same seed leads each of them the same way, bar by bar; each writes a MIDI file of its
    own, of the same tempo and length, to be played together. The same command gives the same
    files again. Live: `latent-bridge play --pathway SEED --also MODEL`.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: is a file: name a folder")
    kind = find_kind(name)
    if kind is None:
        raise click.UsageError("choose a walk: " + ", ".join(WALKS))
    walk = Walk(kind, seed, walk_bars)
    opened = [open_codec(model, folder) for model in dict.fromkeys(models)]
    songs = {}
    for model in opened:
        with report_progress(as_json, f"{model.spec.name}: bar") as progress:
            songs[model.spec.name] = pathway(
                model.codec, walk, bars, restlessness=restlessness, temperature=temperature,
                bpm=bpm, metre=METRES[metre or FOUR_FOUR.name], progress=progress,
            )  # fmt: skip
    written: dict[str, Any] = {}
    for title, song in songs.items():
        path = out / f"{title}.mid"
        midi_file.write(path, song)
        written[str(path)] = facts_of(song)
    facts = {"walk": kind.value, "seed": seed, "bars": bars, "out": written}
    lines = [f"{kind.value}, seed {seed}, {bars} bars through {len(songs)} models:"]
    for path_, notes in written.items():
        lines.append(f"  {path_}   " + ", ".join(f"{n} {t.lower()}" for t, n in notes.items()))
    click.echo(json.dumps(facts) if as_json else "\n".join(lines))
