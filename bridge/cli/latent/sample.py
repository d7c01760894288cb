"""``latent-bridge sample``, ``interpolate`` and ``history``: a coordinate is a melody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from bridge.cli.latent.history import history
from bridge.cli.live.history_play import play_entry
from bridge.cli.shared import codes as cli
from bridge.cli.shared.models import Opened, open_codec
from bridge.cli.shared.options import BPM, JSON, KEY, LIBRARY, MODEL, OUT, SEED, TEMPERATURE
from bridge.cli.shared.output import check_out, written_line
from bridge.files.history import History, HistoryEntry
from bridge.latent.code_file import FORMATS, CodeSet
from bridge.latent.space import sample as draw
from bridge.model.answering.guest import PLAYABLE
from bridge.offline import codes as studio


@click.command()
@click.option("-n", "count", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="How many, of the seeds that follow.")  # fmt: skip
@OUT
@click.option("--spread", type=click.FloatRange(0.0, 3.0), default=1.0, show_default=True,
              help="How far from the middle; 1 is as the model expects.")  # fmt: skip
@TEMPERATURE
@SEED
@BPM
@KEY
@MODEL
@LIBRARY
@JSON
def sample(
    count: int,
    out: Path | None,
    spread: float,
    temperature: float,
    seed: int,
    bpm: float,
    key: str,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Draw codes from a model's latent space: any seed is a piece of music.

    Each is kept in the history (see `latent-bridge history`), to be played, exported, or set
    as an anchor of `interpolate`. With -n and a MIDI file they come one after another.
    """
    if out is not None:
        check_out(out)
    opened = open_codec(model, folder)
    width = opened.spec.latent
    codes = np.concatenate([draw(1, width, seed + n, temperature=spread) for n in range(count)])
    entries = [
        cli.entry_of(opened, "sample", codes[n : n + 1], seed=seed + n,
                     temperature=temperature, bpm=bpm, key=key)
        for n in range(count)
    ]  # fmt: skip
    whole = msgspec.structs.replace(entries[0], codes=b"".join(e.codes for e in entries))
    finish(opened, entries, whole, out, as_json)


@click.command()
@click.argument("anchors", nargs=-1, required=True, metavar="A B [C]...")
@click.option("--steps", type=click.IntRange(1, 1000), default=8, show_default=True,
              help="Codes from A to B; from each to the next where there are more.")  # fmt: skip
@click.option("--straight", is_flag=True, help="A straight line (linear), not an arc (slerp).")
@OUT
@TEMPERATURE
@SEED
@BPM
@KEY
@MODEL
@LIBRARY
@JSON
def interpolate(
    anchors: tuple[str, ...],
    steps: int,
    straight: bool,
    out: Path | None,
    temperature: float,
    seed: int,
    bpm: float,
    key: str,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Travel from A to B, or round through three and more and back to the first.

    An anchor is seed:N (a sample), a MIDI file (tune.mid@5: from its bar 5), a code file
    (codes.npz@3: its third), a number or name of the history, or a style of the model.
    """
    if out is not None:
        check_out(out)
    opened = open_codec(model, folder)
    codes = studio.way([cli.anchor(opened, text) for text in anchors], steps, straight=straight)
    entry = cli.entry_of(
        opened, "interpolate " + " ".join(anchors), codes, seed=seed, temperature=temperature,
        bpm=bpm, key=key, stride=0,
    )  # fmt: skip
    finish(opened, [entry], entry, out, as_json)


def finish(
    opened: Opened,
    entries: list[HistoryEntry],
    whole: HistoryEntry,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write what was made, keep it in the history, and say so."""
    facts: dict[str, Any] = {
        "model": opened.spec.name,
        "kind": opened.spec.kind,
        "codes": len(whole.table()),
    }
    if out is not None and out.suffix.lower() in FORMATS:
        cli.write_codes(out, CodeSet(whole.table(), opened.spec.name))
        facts |= {"out": str(out)}
    elif out is not None:
        facts |= cli.export(opened, whole, out, as_json)
    last = History().add(entries)
    facts["history"] = [last - len(entries) + 1, last]
    facts["seed"], facts["distance"] = whole.seed, cli.relative_length(whole.table())
    click.echo(json.dumps(facts) if as_json else summary(facts, entries[0].made))


def summary(facts: dict[str, Any], made: str) -> str:
    """What was made, in lines for a person."""
    first, last = facts["history"]
    numbers = f"{first}" if first == last else f"{first} to {last}"
    codes = f"{facts['codes']} code{'s' if facts['codes'] > 1 else ''}"
    verb = "play" if facts["kind"] in PLAYABLE else "export"
    lines = [
        f"{made}: {codes} of {facts['model']}, seed {facts['seed']}; history {numbers}.",
        f"Hear it: latent-bridge history {verb} {last}",
    ]
    if "notes" in facts:
        lines.append(written_line(facts))
    elif "out" in facts:
        lines.append(f"Written: {facts['out']}")
    return "\n".join(lines)


history.add_command(play_entry)
