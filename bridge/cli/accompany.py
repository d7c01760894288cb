"""``latent-bridge accompany``: drums and bass for a melody in a MIDI file."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click

from bridge.cli.performance import share_in_key
from bridge.errors import MidiFileError, NameUnknown, OutputError
from bridge.model import fake, infer
from bridge.model.contract import Preset, Trio
from bridge.music import midifile
from bridge.music.chords import class_name
from bridge.music.melody import bar_origin, find_melody
from bridge.music.midifile import Song, Track
from bridge.session.accompany import Accompaniment, Wish
from bridge.session.accompany import accompany as add_band

CHORDS_SHOWN = 24


@click.command()
@click.argument("source", metavar="IN.mid", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="The file to write."
)
@click.option("--style", default="", help="A style of `latent-bridge styles`. [default: the first]")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another take.")
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, infer.HOTTEST),
    default=0.4,
    show_default=True,
    help="How freely the band plays; 0 plays only what is likeliest.",
)
@click.option("--track", help="The melody's track, by number (from 1) or name. [default: found]")
@click.option("--force", is_flag=True, help="Treat a piece that is not in 4/4 as if it were.")
@click.option("--model", default="trio-4bar", show_default=True, help="A model of the library.")
@click.option("--library", "folder", type=click.Path(path_type=Path), help="A folder of models.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def accompany(
    source: Path,
    out: Path,
    style: str,
    seed: int,
    temperature: float,
    track: str | None,
    force: bool,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Add drums and bass to a MIDI file. Its own tracks, tempo and length stay.

    The same file, style and seed give the same music again.
    """
    begun = time.perf_counter()
    song = midifile.read(source)
    check_target(source, out)
    with named(source):
        melody = find_melody(song, track)
        origin = bar_origin(song, force=force)
    trio = open_model(model, folder)
    wish = Wish(find_style(trio, style), seed=seed, temperature=temperature, tempo=song.bpm)
    answer = partial(infer.answer, trio)
    with progress_bar(sys.stderr.isatty() and not as_json) as progress:
        done = add_band(
            answer, trio.spec.bars, song, melody, wish, origin=origin, progress=progress
        )
    midifile.write_added(out, source, done.song.tracks[len(song.tracks) :], done.song.end)
    facts = facts_of(out, song, melody, wish, done) | {
        "seconds": round(time.perf_counter() - begun, 3)
    }
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else summary(facts))


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


def open_model(name: str, folder: Path | None) -> Trio:
    """The model of that name in the library (``folder``, or the one that ships)."""
    if name == fake.NAME:
        return fake.FakeTrio()
    from bridge.model import library, runtime

    return runtime.load(library.find(name, folder))


def find_style(trio: Trio, name: str) -> Preset:
    """The style of that name; the model's first where none is named."""
    presets = trio.presets
    if name and name not in presets:
        raise NameUnknown("style", name, presets)
    return presets[name or next(iter(presets))]


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


def facts_of(
    out: Path, song: Song, melody: Track, wish: Wish, done: Accompaniment
) -> dict[str, Any]:
    """What was made, as JSON values. ``chords`` has two names a bar, ``-`` for none;
    ``length_seconds`` is the music's."""
    return {
        "out": str(out),
        "bars": done.bars,
        "key": done.key.name,
        "style": wish.style.name,
        "seed": wish.seed,
        "temperature": wish.temperature,
        "tempo": round(song.bpm, 3),
        "track": melody.name,
        "notes": {
            "melody": len(melody.notes),
            "bass": len(done.bass),
            "drums": len(done.drums),
        },
        "chords": [class_name(chord) for chord in done.chords],
        "bass_in_key": round(share_in_key(done.bass, done.key), 4),
        "length_seconds": round(song.seconds_at(song.end), 3),
    }


def summary(facts: dict[str, Any]) -> str:
    """The facts in a few lines for a person."""
    notes = facts["notes"]
    return "\n".join(
        [
            f"Added a band to {facts['bars']} bars in {facts['key']} at {facts['tempo']:g} BPM, "
            f"style {facts['style']}, seed {facts['seed']}.",
            f"  melody  {notes['melody']} notes of the track {facts['track']!r}",
            f"  band    {notes['drums']} drum hits and {notes['bass']} bass notes, "
            f"{facts['bass_in_key']:.0%} of the bass in the key",
            f"  chords  {' '.join(chord_line(facts['chords']))}",
            f"Written: {facts['out']}   ({facts['seconds']:.1f} s)",
        ]
    )


def chord_line(names: list[str]) -> list[str]:
    """The changes only, and not too many of them."""
    changes = [n for n, before in zip(names, ["", *names], strict=False) if n not in (before, "-")]
    more = ["..."] if len(changes) > CHORDS_SHOWN else []
    return changes[:CHORDS_SHOWN] + more or ["none"]
