"""What commands print, and the checks of where they write."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from bridge.errors import MidiFileError, OutputError
from bridge.latent.code_file import FORMATS
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song

CHORDS_SHOWN = 24
ODDITIES_SHOWN = 3


def check_target(source: Path, out: Path) -> None:
    """Refuse, before any work, to write over the original or on a folder."""
    if out.is_dir():
        raise OutputError(f"{out}: is a folder: name a file in it, such as {out / source.name}")
    if out.exists() and out.samefile(source):
        raise OutputError(f"{out}: is the original: name another file, so that it is kept")


@contextlib.contextmanager
def named(source: Path) -> Iterator[None]:
    """Let what is wrong with a file be said with its path first."""
    try:
        yield
    except MidiFileError as exc:
        raise MidiFileError(f"{source}: {exc}") from exc


def read_song(path: Path) -> Song:
    """Read a MIDI file, and say on one line of stderr what in it was missing or passed over."""
    song = midi_file.read(path)
    if song.oddities:
        more = len(song.oddities) - ODDITIES_SHOWN
        rest = [f"and {more} more"] if more > 0 else []
        say_of(path, "; ".join([*song.oddities[:ODDITIES_SHOWN], *rest]))
    return song


def say_of(path: Path, remark: str) -> None:
    """Say a remark about a file on stderr; nothing where there is none."""
    if remark:
        click.echo(f"{path}: {remark}", err=True)


@contextlib.contextmanager
def progress_bar(shown: bool, what: str = "bar") -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that is gone when the work is done; nothing where it is not ``shown``.
    ``what`` is counted."""
    if not shown:
        yield lambda done, of: None
        return

    def show(done: int, of: int) -> None:
        filled = done * 30 // max(1, of)
        click.echo(f"\r[{'#' * filled:<30}] {what} {done} of {of}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo("\r\x1b[K", nl=False, err=True)


def chord_line(names: list[str]) -> list[str]:
    """The changes only, and not too many of them."""
    changes = [n for n, before in zip(names, ["", *names], strict=False) if n not in (before, "-")]
    more = ["..."] if len(changes) > CHORDS_SHOWN else []
    return changes[:CHORDS_SHOWN] + more or ["none"]


def check_out(out: Path) -> None:
    """Refuse, before any work, what is neither a MIDI nor a code file."""
    kinds = (*SCORES, *FORMATS)
    if out.suffix.lower() not in kinds:
        raise OutputError(f"{out}: write one of {', '.join(kinds)}")
    check_file(out)


SCORES: Final = (".mid", ".midi")


def check_file(path: Path) -> None:
    """Refuse, before any work, to write over a folder."""
    if path.is_dir():
        raise OutputError(f"{path}: is a folder: name a file in it")


# --- what becomes of codes ----------------------------------------------------------------


@contextmanager
def report_progress(as_json: bool, what: str) -> Iterator[Callable[[int, int], None]]:
    """Progress on stderr while something long is done, where a person looks on."""
    with progress_bar(sys.stderr.isatty() and not as_json, what) as progress:
        yield progress


def written_line(facts: dict[str, Any]) -> str:
    """What was written, in a line."""
    notes = ", ".join(f"{count} {name.lower()}" for name, count in facts["notes"].items())
    return f"Written: {facts['out']}   ({notes or 'silence'}; {facts['length_seconds']:.0f} s)"
