"""``latent-bridge takes``: list, play, export, rename and delete what was played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.live.takes_play import play_take
from bridge.cli.shared.file_types import OUTPUT_FILE
from bridge.cli.shared.options import JSON
from bridge.errors import OutputError
from bridge.files.score_file import FORMATS, check_ending, write_song
from bridge.files.settings import read_settings
from bridge.files.takes.take_folder import takes_folder
from bridge.files.takes.take_names import clock_text
from bridge.offline.render.wav import render_wav
from bridge.offline.takes import KeptTake, Takes, begun_at, song_of

SHOWN: Final = 20
"""Takes that ``takes list`` prints unless it is asked for more."""
WAV: Final = ".wav"
_STATES: Final = {"kept": "", "recovered": "  recovered", "recording": "  being recorded"}

FOLDER = click.option("--folder", type=click.Path(path_type=Path, file_okay=False),
                      help="Another folder of takes.")  # fmt: skip
TAKE = click.argument("take")


@click.group(invoke_without_command=True)
@click.pass_context
def takes(ctx: click.Context) -> None:
    """Everything that you and the band have played: list, play, export, rename, delete.

    It is kept from the first note on, in your music folder. Alone: list. A take is named by its
    number, its name or the beginning of it, or 'last'.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_takes, rows=SHOWN, trash=False, folder=None, as_json=False)


def opened(folder: Path | None) -> Takes:
    """The takes in a folder; None: in that of the settings."""
    return Takes(folder or takes_folder(read_settings(None).takes))


@takes.command("list")
@click.option("-n", "--rows", type=click.IntRange(1), default=SHOWN, show_default=True,
              help="Number of takes, the latest ones.")  # fmt: skip
@click.option("--trash", is_flag=True, help="The deleted ones.")
@FOLDER
@JSON
def list_takes(rows: int, trash: bool, folder: Path | None, as_json: bool) -> None:
    """List the latest takes: number, length, notes and name. A take is 'recovered' where the
    program was killed while it was recorded."""
    kept = opened(folder)
    found = kept.deleted() if trash else kept.listed()
    numbered = list(enumerate(found, 1))[-rows:]
    if as_json:
        click.echo(json.dumps({"folder": str(kept.files.folder),
                               "takes": [row(n, take) for n, take in numbered]}))  # fmt: skip
        return
    if not numbered:
        click.echo("the trash is empty" if trash else f"nothing yet in {kept.files.folder}: play")
    for number, take in numbered:
        click.echo(f"{number:>4}  {clock_text(take.seconds):>8}  {take.notes:>6} notes  "
                   f"{take.name}{_STATES[take.state]}")  # fmt: skip


def row(number: int, take: KeptTake) -> dict[str, Any]:
    """A take as JSON values."""
    head = take.head
    return {
        "number": number, "name": take.name, "when": begun_at(take).isoformat(),
        "seconds": take.seconds, "notes": take.notes, "style": head.style, "bpm": head.bpm,
        "metre": head.metre, "key": head.key, "model": head.model, "state": take.state,
        "bytes": take.size, "path": str(take.path),
    }  # fmt: skip


@takes.command("export")
@TAKE
@click.option("-o", "--out", type=OUTPUT_FILE,
              help="A .mid, .dawproject or .wav file. [default: NAME.mid, here]")  # fmt: skip
@FOLDER
@JSON
def export_take(take: str, out: Path | None, folder: Path | None, as_json: bool) -> None:
    """Write TAKE as a MIDI file: tracks Melody, Drums and Bass, tempo, metre, markers for chords
    and sections. As .wav it is rendered (the extra "render"), as .dawproject a DAW's project."""
    found = opened(folder).find(take)
    target = out or Path(f"{found.name}.mid")
    check_kind(target)
    song = song_of(found.path)
    if target.suffix.lower() == WAV:
        render_wav(song, target)
    else:
        write_song(target, song, found.name)
    facts = {"take": found.name, "out": str(target), "length_seconds": round(found.seconds, 3)}
    click.echo(json.dumps(facts) if as_json else f"Written: {target}")


def check_kind(out: Path) -> None:
    """OutputError, before any work, for a name that asks for no format that is written."""
    if out.suffix.lower() == WAV:
        return
    try:
        check_ending(out)
    except OutputError as error:
        raise OutputError(f"{out}: write one of {', '.join((*FORMATS, WAV))}") from error


def _said(as_json: bool, text: str, **facts: Any) -> None:
    click.echo(json.dumps(facts) if as_json else text)


@takes.command("rename")
@TAKE
@click.argument("name")
@FOLDER
@JSON
def rename_take(take: str, name: str, folder: Path | None, as_json: bool) -> None:
    """Call TAKE by another NAME: that of its file."""
    kept = opened(folder)
    path = kept.rename(kept.find(take), name)
    _said(as_json, f"it is called {path.stem!r}", take=path.stem, path=str(path))


@takes.command("delete")
@TAKE
@FOLDER
@JSON
def delete_take(take: str, folder: Path | None, as_json: bool) -> None:
    """Move TAKE to the folder Trash beside the takes; `takes undelete` brings it back."""
    kept = opened(folder)
    found = kept.find(take)
    path = kept.delete(found)
    _said(as_json, f"deleted {found.name!r}; it is in {path.parent}", take=found.name,
          path=str(path))  # fmt: skip


@takes.command("undelete")
@FOLDER
@JSON
def undelete_take(folder: Path | None, as_json: bool) -> None:
    """Bring the take back that was deleted last."""
    path = opened(folder).files.undelete()
    _said(as_json, f"back again: {path.stem!r}", take=path.stem, path=str(path))


takes.add_command(play_take)
