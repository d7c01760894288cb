"""``latent-bridge history``: list, name, play and export sampled and generated music."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from bridge.cli.live.history_play import play_entry
from bridge.cli.shared.code_files import write_codes
from bridge.cli.shared.code_music import code_set, export
from bridge.cli.shared.earlier_codes import renew_anchors, renew_history
from bridge.cli.shared.file_types import OUTPUT_FILE, SCORES, kind_to_write
from bridge.cli.shared.history_entry import make_again
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import OpenedModel, open_codec
from bridge.cli.shared.options import JSON, LIBRARY
from bridge.cli.shared.output import check_out, counted, written_line
from bridge.errors import ModelError
from bridge.files.anchors import anchors_path
from bridge.files.history import History, HistoryEntry
from bridge.latent.code_file import FORMATS
from bridge.offline.codes import decoder_of
from bridge.system.atomic_write import write_whole

SHOWN = 20
"""Entries that ``history list`` prints unless it is asked for more."""


@click.group(invoke_without_command=True)
@click.pass_context
def history(ctx: click.Context) -> None:
    """Sampled and generated music: list, play, export, name. Alone: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_history, rows=SHOWN, as_json=False)


@history.command("list")
@click.option("-n", "--rows", type=click.IntRange(1), default=SHOWN, show_default=True,
              help="Number of entries, the latest ones.")  # fmt: skip
@JSON
def list_history(rows: int, as_json: bool) -> None:
    """List the latest entries: number, time, name, model, codes, seed and command."""
    entries = list(enumerate(History().entries(), 1))[-rows:]
    if as_json:
        click.echo(json.dumps({"entries": [row(n, e) for n, e in entries]}))
        return
    if not entries:
        click.echo("nothing yet: latent-bridge sample")
    for number, entry in entries:
        many = counted(len(entry.codes) // (4 * max(1, entry.width)), "code")
        name = f"  {entry.name!r}" if entry.name else ""
        click.echo(f"{number:>4}  {entry.when[:16].replace('T', ' ')}  {entry.model}  "
                   f"{many:<9} seed {entry.seed}  {entry.made}{name}")  # fmt: skip


def row(number: int, entry: HistoryEntry) -> dict[str, Any]:
    """An entry as JSON values, with the number of its codes in place of the codes."""
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
@click.option("-o", "--out", required=True, type=OUTPUT_FILE,
              help="A MIDI file, or a code file (.npz, .npy, .wav).")  # fmt: skip
@click.option("--again", is_flag=True, help="Run the command that made it again.")
@LIBRARY
@JSON
def export_entry(entry: str, out: Path, again: bool, folder: Path | None, as_json: bool) -> None:
    """Write ENTRY again, note for note: its codes are decoded with its seed.

    A piece or an accompaniment is more than codes: its MIDI file is copied. --again runs its
    command again, with the same options and files.
    """
    check_out(out)
    history = History()
    number, found = history.find(entry)
    if again and not found.command:
        what = "came through a pipe" if found.song else "is its codes alone"
        raise ModelError(f"{number} {what}: export it without --again")
    if again:
        make_again(found, out)
    coded = kind_to_write(out, SCORES[0]) in FORMATS
    song = None if again or coded else history.song_of(found)
    if song is not None:
        write_whole(out, song.read_bytes())
    if again or song is not None:
        click.echo(json.dumps({"entry": number, "out": str(out)}) if as_json
                   else f"Written: {out}")  # fmt: skip
        return
    if coded:
        write_codes(out, code_set(found))
        facts: dict[str, Any] = {"entry": number, "out": str(out)}
        click.echo(json.dumps(facts) if as_json else f"Written: {out}")
        return
    opened = open_codec(found.model, folder)
    warn_of_weights(opened, found)
    facts = {"entry": number} | export(opened, found, out, as_json)
    click.echo(json.dumps(facts) if as_json else written_line(facts))


def warn_of_weights(opened: OpenedModel, entry: HistoryEntry) -> None:
    """Print a warning where the model's decoder has changed since: the music may differ."""
    if entry.decoder and entry.decoder != decoder_of(opened.spec):
        click.echo(f"the model {entry.model} has other weights than when this was made: "
                   "it may sound different", err=True)  # fmt: skip


@history.command("renew")
@MODEL_NAME
@LIBRARY
@JSON
def renew(model: str, folder: Path | None, as_json: bool) -> None:
    """Move codes of the model's earlier version to this one: history and anchors.

    Each is decoded to the notes that it stood for, and these are encoded. The files as they were
    are kept beside the new ones.
    """
    opened = open_codec(model, folder)
    entries = renew_history(opened, History())
    anchors = renew_anchors(opened, anchors_path(model))
    if as_json:
        click.echo(json.dumps({"entries": entries, "anchors": anchors}))
    else:
        click.echo(f"moved to the {opened.spec.name} of today: {entries} entries of the history, "
                   f"{anchors} anchors")  # fmt: skip


history.add_command(play_entry)
