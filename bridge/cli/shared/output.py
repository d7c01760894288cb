"""Lines and progress that commands print, and checks of the files that they write."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.shared.file_types import SCORES, kind_to_write
from bridge.errors import MidiFileError, ModelError, OutputError
from bridge.latent.code_file import FORMATS
from bridge.model.contract import ModelSpec
from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.rhythm.found_metre import believed_bars
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song
from bridge.system.streams import STANDARD, is_stream

CHORDS_SHOWN: Final = 24
"""Chord changes that a summary names at most."""
ODDITIES_SHOWN: Final = 3
"""Oddities of a file that its line names at most."""


def check_target(source: Path, out: Path) -> None:
    """Raise OutputError, before any work, for an ``out`` that is a folder or the original file."""
    if is_stream(out) or is_stream(source):
        return
    if out.is_dir():
        raise OutputError(f"{out}: is a folder: name a file in it, such as {out / source.name}")
    if out.exists() and out.samefile(source):
        raise OutputError(f"{out}: is the original: name another file, so that it is kept")


@contextlib.contextmanager
def named(source: Path) -> Iterator[None]:
    """Put the path of ``source`` in front of any MidiFileError raised inside."""
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


def bars_of_song(
    path: Path, song: Song, spec: ModelSpec, metre: str | None = None, *, force: bool = False
) -> SongBars:
    """The bars of a song of the file ``path``, in the metre of that name (None: its own). Where
    its notes contradict its time signature, a line on stderr says what was taken.

    ModelError for a metre that the model lacks, unless ``force`` takes it as 4/4.
    """
    wanted = METRES[metre] if metre else None
    with named(path):
        placed, remark = believed_bars(song, wanted, known=spec.metres, force=force)
        if placed.metre.name not in spec.metres:
            if not force:
                raise ModelError(_not_of_the_model(path, placed.metre.name, spec))
            placed = song_bars(song, FOUR_FOUR)
    say_of(path, remark)
    return placed


def bar_count(bars: int, metre: str) -> str:
    """A length for a person: ``16 bars``, or ``16 bars of 3/4``."""
    return f"{bars} bars" + ("" if metre == FOUR_FOUR.name else f" of {metre}")


def _not_of_the_model(path: Path, metre: str, spec: ModelSpec) -> str:
    known = ", ".join(spec.metres)
    return (
        f"{path}: it is in {metre}, and the model {spec.name} plays {known} only: --metre "
        f"{spec.metres[0]} has it played as if it were, or choose another model (--model)"
    )


def say_of(path: Path, remark: str) -> None:
    """Say a remark about a file on stderr; nothing where there is none."""
    if remark:
        click.echo(f"{path}: {remark}", err=True)


def say_plainly(remark: str) -> None:
    """Say a remark on stderr."""
    click.echo(remark, err=True)


@contextlib.contextmanager
def progress_bar(shown: bool, what: str = "bar") -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, erased at the end. Yields a function of (done, in all).

    ``what`` names the things that are counted; nothing is drawn unless ``shown``.
    """
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
    """The changes in a row of chord names (``-``: no chord), the first :data:`CHORDS_SHOWN`."""
    changes = [n for n, before in zip(names, ["", *names], strict=False) if n not in (before, "-")]
    more = ["..."] if len(changes) > CHORDS_SHOWN else []
    return changes[:CHORDS_SHOWN] + more or ["none"]


def check_out(out: Path | None) -> None:
    """Raise OutputError, before any work, for a file that is neither a MIDI nor a code file.

    None (no file) is in order.
    """
    if out is None:
        return
    kinds = (*SCORES, *FORMATS)
    if kind_to_write(out, SCORES[0]) not in kinds:
        raise OutputError(f"{out}: write one of {', '.join(kinds)}")
    check_file(out)


def check_file(path: Path) -> None:
    """Raise OutputError, before any work, for a path that is a folder."""
    if path != STANDARD and path.is_dir():
        raise OutputError(f"{path}: is a folder: name a file in it")


def counted(number: int, name: str) -> str:
    """A number of things: ``1 code``, ``3 codes``."""
    return f"{number} {name}{'' if number == 1 else 's'}"


def json_line(facts: dict[str, Any]) -> str:
    """Facts as one JSON object; in ASCII alone where a file's name in them is no UTF-8."""
    text = json.dumps(facts, ensure_ascii=False)
    return text if _is_unicode(text) else json.dumps(facts)


def _is_unicode(text: str) -> bool:
    """True if a text holds no halves of characters, as names that are no UTF-8 do."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@contextmanager
def report_progress(as_json: bool, what: str) -> Iterator[Callable[[int, int], None]]:
    """As :func:`progress_bar`; shown where stderr is a terminal and no JSON is wanted."""
    with progress_bar(sys.stderr.isatty() and not as_json, what) as progress:
        yield progress


def written_line(facts: dict[str, Any]) -> str:
    """The file that was written, its notes by track and its length, as one line."""
    notes = ", ".join(f"{count} {name.lower()}" for name, count in facts["notes"].items())
    return f"Written: {facts['out']}   ({notes or 'silence'}; {facts['length_seconds']:.0f} s)"
