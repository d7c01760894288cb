"""What commands made, for the history: the file as it is, and the command that made it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from bridge.errors import BridgeError, ModelError
from bridge.files.history import FOLDER, History, HistoryEntry, now

OWN: Final = ("out", "as_json", "wav", "png", "listing")
"""Options that say where the result goes, not what it is."""


def add_to_history(out: Path, **facts: Any) -> int | None:
    """Keep a result that was written, with the command that is running; its number. The result
    stands even where the history cannot be written: then it is said, and None."""
    ctx = click.get_current_context()
    command, inputs = settings_of(ctx)
    made = f"{ctx.command.name} {' '.join(Path(name).name for name in inputs)}".strip()
    history = History()
    try:
        song = (
            history.keep_song(out.read_bytes()) if out.suffix.lower() in (".mid", ".midi") else ""
        )
        entry = HistoryEntry(
            when=now(), made=made, song=song, command=command, inputs=inputs, **facts
        )
        return history.add([entry])
    except (BridgeError, OSError) as error:
        click.echo(f"not kept in the history: {error}", err=True)
        return None


def settings_of(ctx: click.Context) -> tuple[tuple[str, ...], dict[str, str]]:
    """The running command as its arguments, files by their whole path, without what says where
    the result goes; and the checksum (sha256) of each file that it reads."""
    words, inputs = [str(ctx.command.name)], {}

    def word(value: Any) -> str:
        path = Path(str(value))
        if isinstance(value, bool | int | float) or not (path.suffix and path.is_file()):
            return str(value)
        inputs[str(path.resolve())] = hashlib.sha256(path.read_bytes()).hexdigest()
        return str(path.resolve())

    arguments = []
    for param in ctx.command.params:
        value = ctx.params.get(param.name or "")
        if param.name in OWN or value is None or value in ((), "", False):
            continue
        values = value if isinstance(value, tuple) else (value,)
        if isinstance(param, click.Argument):
            arguments += [word(each) for each in values]
        elif value is True:
            words.append(param.opts[-1])
        else:
            for each in values:
                words += [param.opts[-1], word(each)]
    return (*words, *arguments), inputs


def make_again(entry: HistoryEntry, out: Path) -> None:
    """Run the command of an entry again, into another file. ModelError where a file that it
    read has changed since."""
    from bridge.cli.app import app

    for name, checksum in entry.inputs.items():
        path = Path(name)
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
            raise ModelError(
                f"{name} is not what it was when this was made: it cannot be made again"
            )
    before = os.environ.get(FOLDER)
    with tempfile.TemporaryDirectory() as aside:  # what is made again is no entry of its own
        os.environ[FOLDER] = aside
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                app.make_context(
                    "latent-bridge", [*entry.command, "-o", str(out), "--json"]
                ) as ctx,
            ):
                app.invoke(ctx)
        finally:
            os.environ.pop(FOLDER)
            if before is not None:
                os.environ[FOLDER] = before
