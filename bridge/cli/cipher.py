"""``latent-bridge sample``, ``interpolate`` and ``history``: a coordinate is a melody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from bridge.cli import studio as cli
from bridge.cli.history_play import play_entry
from bridge.cli.made import make_again
from bridge.cli.studio import BPM, JSON, KEY, LIBRARY, MODEL, OUT, SEED, TEMPERATURE
from bridge.errors import ModelError, OutputError
from bridge.latent.codefile import FORMATS, CodeSet
from bridge.latent.space import sample as draw
from bridge.model.guest import PLAYABLE
from bridge.render.files import write_whole
from bridge.session import studio
from bridge.session.history import Entry, History

SHOWN = 20


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
    opened = cli.opened(model, folder)
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
    opened = cli.opened(model, folder)
    codes = studio.way([cli.anchor(opened, text) for text in anchors], steps, straight=straight)
    entry = cli.entry_of(
        opened, "interpolate " + " ".join(anchors), codes, seed=seed, temperature=temperature,
        bpm=bpm, key=key, stride=0,
    )  # fmt: skip
    finish(opened, [entry], entry, out, as_json)


def check_out(out: Path) -> None:
    """Refuse, before any work, what is neither a MIDI nor a code file."""
    kinds = (*cli.SCORES, *FORMATS)
    if out.suffix.lower() not in kinds:
        raise OutputError(f"{out}: write one of {', '.join(kinds)}")
    cli.check_file(out)


def finish(
    opened: cli.Opened, entries: list[Entry], whole: Entry, out: Path | None, as_json: bool
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
    facts["seed"], facts["distance"] = whole.seed, cli.spread(whole.table())
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
        lines.append(cli.told(facts))
    elif "out" in facts:
        lines.append(f"Written: {facts['out']}")
    return "\n".join(lines)


# --- history ------------------------------------------------------------------------------


@click.group(invoke_without_command=True)
@click.pass_context
def history(ctx: click.Context) -> None:
    """Everything that was sampled and generated: list, play, export, name. Alone: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_history, rows=SHOWN, as_json=False)


@history.command("list")
@click.option("-n", "--rows", type=click.IntRange(1), default=SHOWN, show_default=True,
              help="How many, the latest.")  # fmt: skip
@JSON
def list_history(rows: int, as_json: bool) -> None:
    """The latest entries: number, time, name, model, codes, seed, and how they were made."""
    entries = list(enumerate(History().entries(), 1))[-rows:]
    if as_json:
        click.echo(json.dumps({"entries": [row(n, e) for n, e in entries]}))
        return
    if not entries:
        click.echo("nothing yet: latent-bridge sample")
    for number, entry in entries:
        codes = len(entry.codes) // (4 * max(1, entry.width))
        name = f"  {entry.name!r}" if entry.name else ""
        click.echo(f"{number:>4}  {entry.when[:16].replace('T', ' ')}  {entry.model}  "
                   f"{codes:>3} codes  seed {entry.seed}  {entry.made}{name}")  # fmt: skip


def row(number: int, entry: Entry) -> dict[str, Any]:
    """An entry as JSON values, without the codes themselves."""
    facts = {k: v for k, v in msgspec.structs.asdict(entry).items() if k != "codes"}
    return {"number": number, "codes": len(entry.codes) // (4 * max(1, entry.width)), **facts}


@history.command("name")
@click.argument("entry")
@click.argument("name")
def name_entry(entry: str, name: str) -> None:
    """Call ENTRY (its number, or the name it has) NAME."""
    number = History().name(entry, name)
    click.echo(f"{number} is called {name!r}")


@history.command("export")
@click.argument("entry")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path),
              help="A MIDI file, or a code file (.npz, .npy, .wav).")  # fmt: skip
@click.option("--again", is_flag=True, help="Run the command that made it again.")
@LIBRARY
@JSON
def export_entry(entry: str, out: Path, again: bool, folder: Path | None, as_json: bool) -> None:
    """Write ENTRY again, note for note: its codes are decoded with its seed.

    What a command made of more than codes (a piece, an accompaniment) is kept as it was;
    --again runs the command anew, with the settings and on the files of then.
    """
    check_out(out)
    history = History()
    number, found = history.find(entry)
    if again and not found.command:
        raise ModelError(f"{number} is its codes alone: export it without --again")
    if again:
        make_again(found, out)
    song = None if again or out.suffix.lower() in FORMATS else history.song_of(found)
    if song is not None:
        write_whole(out, song.read_bytes())
    if again or song is not None:
        click.echo(json.dumps({"entry": number, "out": str(out)}) if as_json
                   else f"Written: {out}")  # fmt: skip
        return
    if out.suffix.lower() in FORMATS:
        cli.write_codes(out, CodeSet(found.table(), found.model))
        facts: dict[str, Any] = {"entry": number, "out": str(out)}
        click.echo(json.dumps(facts) if as_json else f"Written: {out}")
        return
    opened = cli.opened(found.model, folder)
    warn_of_weights(opened, found)
    facts = {"entry": number} | cli.export(opened, found, out, as_json)
    click.echo(json.dumps(facts) if as_json else cli.told(facts))


history.add_command(play_entry)


def warn_of_weights(opened: cli.Opened, entry: Entry) -> None:
    """Say so when the model is not what it was: the music may differ."""
    if entry.decoder and entry.decoder != studio.decoder_of(opened.spec):
        click.echo(f"the model {entry.model} has other weights than when this was made: "
                   "it may sound different", err=True)  # fmt: skip
