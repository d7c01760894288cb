"""Arguments and options that name a file (``-`` is standard input or output), and numbers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, ClassVar, Final

import click

from bridge.latent.code_file import FORMATS, suffix_of
from bridge.system.streams import STANDARD, is_stream, read_whole, standard_output_reserved

SCORES: Final = (".mid", ".midi")
"""Suffixes of MIDI files."""
CODES: Final = ".npz"
"""The kind of code file that a stream gets."""


class _FilePath(click.Path):
    """A path. :attr:`standard` are the names of the stream that :data:`STANDARD` stands for."""

    name = "file"
    standard: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; one that is absolute for a file of the name ``-``, given as ``./-``."""
        if os.fspath(value) in self.standard:
            return STANDARD
        path = super().convert(value, param, ctx)
        return Path.cwd() / path if path == STANDARD else path


class InputFile(_FilePath):
    """A file to read."""

    standard = ("-", "/dev/stdin", "/dev/fd/0")


class OutputFile(_FilePath):
    """A file to write. Where it is standard output, the command prints to stderr from then on."""

    standard = ("-", "/dev/stdout", "/dev/fd/1")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; reserves standard output for the length of the command."""
        path = super().convert(value, param, ctx)
        if path == STANDARD and ctx is not None:
            ctx.with_resource(standard_output_reserved())
        return path


INPUT_FILE: Final = InputFile()
OUTPUT_FILE: Final = OutputFile()


class Number(click.FloatRange):
    """A finite number in a range; ``nan`` and ``inf`` are none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; a usage error where it is not finite or out of range."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return found


def kind_of(path: Path) -> str:
    """The suffix that tells what a file to read is: its own, that of a stream by its content.

    A stream that holds no codes is a MIDI file, or is to be one.
    """
    if not is_stream(path):
        return path.suffix.lower()
    return suffix_of(read_whole(path)) or SCORES[0]


def kind_to_write(path: Path, usual: str) -> str:
    """The suffix that tells what a file to write is to be: ``usual`` for a stream without one."""
    known = path.suffix.lower() in (*SCORES, *FORMATS)
    return usual if is_stream(path) and not known else path.suffix.lower()
