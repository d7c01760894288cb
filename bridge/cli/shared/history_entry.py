"""Adds results of commands to the history: the file, and the command that makes it again."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from bridge.errors import BridgeError, ModelError
from bridge.files.history import FOLDER, History, HistoryEntry, now, unescaped
from bridge.system.streams import is_stream

OUTPUT_OPTIONS: Final = ("out", "as_json", "wav", "png", "listing")
"""Options that select where and how results are written; they are not part of the command."""


def add_to_history(song: bytes = b"", **facts: Any) -> int | None:
    """Add a result, with the running command, to the history; the entry's number.

    ``song`` is the MIDI file of a result that codes alone do not describe. Prints a warning
    and returns None where the history cannot be written: the result stays.
    """
    ctx = click.get_current_context()
    try:
        command, inputs = settings_of(ctx)
        made = f"{ctx.command.name} {' '.join(Path(name).name for name in inputs)}".strip()
        name = History().keep_song(song) if song else ""
        return History().add(
            [HistoryEntry(when=now(), made=made, song=name, command=command, inputs=inputs,
                          **facts)]
        )  # fmt: skip
    except (BridgeError, OSError) as error:
        _not_kept(error)
        return None


def keep(entries: Sequence[HistoryEntry]) -> int | None:
    """Add entries to the history; the number of the last. As :func:`add_to_history` warns."""
    try:
        return History().add(entries)
    except (BridgeError, OSError) as error:
        _not_kept(error)
        return None


def _not_kept(error: Exception) -> None:
    click.echo(f"not kept in the history: {error}", err=True)


def settings_of(ctx: click.Context) -> tuple[tuple[str, ...], dict[str, str]]:
    """The arguments of the running command, and the sha256 of each file that it reads, by path.

    Files are given by their absolute path; :data:`OUTPUT_OPTIONS` are left out. Both are
    empty where the command read a pipe or standard input, which cannot be read again.
    """
    words, inputs = [str(ctx.command.name)], {}
    streamed = False

    def word(value: Any) -> str:
        nonlocal streamed
        path = Path(str(value))
        streamed = streamed or is_stream(path)
        if isinstance(value, bool | int | float) or not (path.suffix and path.is_file()):
            return str(value)
        inputs[str(path.resolve())] = hashlib.sha256(path.read_bytes()).hexdigest()
        return str(path.resolve())

    arguments = []
    for param in ctx.command.params:
        value = ctx.params.get(param.name or "")
        if param.name in OUTPUT_OPTIONS or value is None or value in ((), "", False):
            continue
        values = value if isinstance(value, tuple) else (value,)
        if isinstance(param, click.Argument):
            arguments += [word(each) for each in values]
        elif value is True:
            words.append(param.opts[-1])
        else:
            for each in values:
                words += [param.opts[-1], word(each)]
    return ((), {}) if streamed else ((*words, *arguments), inputs)


def make_again(entry: HistoryEntry, out: Path) -> None:
    """Run the command of an entry again and write its result to ``out``.

    ModelError where a file that it read has changed since.
    """
    from bridge.cli.app import app

    for name, checksum in entry.inputs.items():
        path = Path(unescaped(name))
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
            raise ModelError(
                f"{name} is not what it was when this was made: it cannot be made again"
            )
    before = os.environ.get(FOLDER)
    with tempfile.TemporaryDirectory() as aside:  # the new run adds no entry
        os.environ[FOLDER] = aside
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                app.make_context(
                    "latent-bridge", [*map(unescaped, entry.command), "-o", str(out), "--json"]
                ) as ctx,
            ):
                app.invoke(ctx)
        finally:
            os.environ.pop(FOLDER)
            if before is not None:
                os.environ[FOLDER] = before
