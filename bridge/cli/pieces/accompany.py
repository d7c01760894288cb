"""``latent-bridge accompany``: drums and bass for a melody in a MIDI file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from bridge.cli.shared.history_entry import add_to_history
from bridge.cli.shared.models import find_style, open_model
from bridge.cli.shared.output import (
    check_target,
    chord_line,
    named,
    progress_bar,
    read_song,
    say_of,
)
from bridge.errors import MidiFileError
from bridge.live.performer import share_in_key
from bridge.model.answering import answer
from bridge.model.contract import Preset, Trio
from bridge.music.chords import class_name, parse_chords
from bridge.music.grid import TICKS_PER_BAR
from bridge.music.melody_track import bar_origin, find_melody
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from bridge.offline.accompany import Accompaniment, AccompanyOptions, chord_track
from bridge.offline.accompany import accompany as add_band
from bridge.offline.codes import decoder_of
from bridge.offline.restyle import nearest_style, style_from


def _wishes(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what band is wanted."""
    for option in reversed(_WISHES):
        command = option(command)
    return command


_WISHES = (
    click.option(
        "-o", "--out", required=True, type=click.Path(path_type=Path), help="The file to write."
    ),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
                 help="Another take."),
    click.option("--temperature", type=click.FloatRange(0.0, answer.HOTTEST), default=0.4,
                 show_default=True, help="How freely the band plays; 0: what is likeliest."),
    click.option("--track", help="The melody's track, by number or name. [default: found]"),
    click.option("--chords", default="", metavar="CHORDS",
                 help="The harmony, a chord a bar: 'Am F C G' (two share a bar: 'Am F | C G')."),
    click.option("--chord-track", help="A track of IN.mid that holds the chords."),
    click.option("--force", is_flag=True, help="Treat a piece that is not in 4/4 as if it were."),
    click.option("--model", default="trio-4bar", show_default=True, help="A model of the library."),
    click.option("--library", "folder", type=click.Path(path_type=Path), help="Another folder."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)  # fmt: skip


@click.command()
@click.argument("source", metavar="IN.mid", type=click.Path(path_type=Path))
@click.option("--style", default="", help="A style of `latent-bridge styles`. [default: the first]")
@click.option("--style-from", type=click.Path(path_type=Path), metavar="OTHER.mid",
              help="Play as the band in this file does.")  # fmt: skip
@click.option("--style-to", default="", metavar="STYLE|OTHER.mid",
              help="Move to this style until the end.")  # fmt: skip
@_wishes
def accompany(
    source: Path, out: Path, style: str, style_from: Path | None, style_to: str, **options: Any
) -> None:
    """Add drums and bass to a MIDI file. Its own tracks, tempo and length stay.

    The same file, style and seed give the same music again. The harmony is found, or yours
    (--chords, --chord-track); the style is chosen, or another performance's (--style-from).
    """
    if style and style_from:
        raise click.UsageError("give --style or --style-from, not both")
    run(Job(source, out, style, style_from, style_to, **options))


@click.command()
@click.argument("source", metavar="MELODY.mid", type=click.Path(path_type=Path))
@click.option("--style-from", required=True, type=click.Path(path_type=Path), metavar="OTHER.mid",
              help="The performance to play like.")  # fmt: skip
@_wishes
def restyle(source: Path, out: Path, style_from: Path, **options: Any) -> None:
    """Play the melody of one file as the band of another plays: its style, not its notes.

    Of MELODY.mid only the melody is kept; tempo and length stay its own.
    """
    run(Job(source, out, "", style_from, "", alone=True, **options))


@dataclass(frozen=True)
class Job:
    """What ``accompany`` and ``restyle`` are asked to do. ``alone`` keeps the melody only."""

    source: Path
    out: Path
    style: str
    style_from: Path | None
    style_to: str
    seed: int
    temperature: float
    track: str | None
    chords: str
    chord_track: str | None
    force: bool
    model: str
    folder: Path | None
    as_json: bool
    alone: bool = False


def run(job: Job) -> None:
    """Read, play, write, and say what was made."""
    begun = time.perf_counter()
    song = read_song(job.source)
    check_target(job.source, job.out)
    if job.style_from is not None:
        check_target(job.style_from, job.out)
    with named(job.source):
        melody = find_melody(song, job.track)
        origin = bar_origin(song, force=job.force)
        chords = chords_of(job, song, origin)
    trio = open_model(job.model, job.folder)
    wish = wish_of(job, trio, song, chords)
    if job.alone:
        song = replace(song, tracks=(melody,), set_up=frozenset())
    with progress_bar(sys.stderr.isatty() and not job.as_json) as progress:
        done = add_band(
            partial(answer.answer, trio), trio.spec.bars, song, melody, wish, origin=origin,
            progress=progress,
        )  # fmt: skip
    say_of(job.source, done.remark)
    if job.alone:
        midi_file.write(job.out, done.song)
    else:
        midi_file.write_added(
            job.out, job.source, done.song.tracks[len(song.tracks) :], done.song.end
        )
    facts = facts_of(job.out, song, melody, wish, done) | {
        "seconds": round(time.perf_counter() - begun, 3),
        "history": add_to_history(
            job.out, model=trio.spec.name, width=trio.spec.latent, codes=b"", seed=wish.seed,
            temperature=wish.temperature, bpm=song.bpm, decoder=decoder_of(trio.spec),
        ),
    }  # fmt: skip
    if job.style_from is not None:
        facts["like"] = nearest_style(trio, wish.style)
    click.echo(json.dumps(facts, ensure_ascii=False) if job.as_json else summary(facts))


def wish_of(job: Job, trio: Trio, song: Song, chords: tuple[int, ...]) -> AccompanyOptions:
    """What band is wanted. NameUnknown, MidiFileError or ModelError for a style that is none."""
    style = style_of_file(trio, job.style_from) if job.style_from else find_style(trio, job.style)
    goal = None
    if Path(job.style_to).suffix.lower() in (".mid", ".midi"):
        goal = style_of_file(trio, Path(job.style_to))
    elif job.style_to:
        goal = find_style(trio, job.style_to)
    return AccompanyOptions(
        style, seed=job.seed, temperature=job.temperature, tempo=song.bpm, style_to=goal,
        chords=chords,
    )  # fmt: skip


def style_of_file(trio: Trio, path: Path) -> Preset:
    """The style of the performance in a file."""
    song = read_song(path)
    with named(path):
        return style_from(trio, song, path.stem)


def chords_of(job: Job, song: Song, origin: int) -> tuple[int, ...]:
    """The harmony that is given: two classes a bar as they sound, none when it is to be found.

    BadParameter for names that are no chords, NameUnknown for a track that is not there.
    """
    if job.chords and job.chord_track:
        raise click.UsageError("give --chords or --chord-track, not both")
    if job.chord_track:
        track = find_melody(song, job.chord_track)
        chords = chord_track(track, origin, -(-(song.end - origin) // TICKS_PER_BAR))
        if not any(chords):
            raise MidiFileError(f"the track {track.name!r} holds no chords: choose another")
        return chords
    try:
        return parse_chords(job.chords) if job.chords.strip() else ()
    except ValueError as exc:
        raise click.BadParameter(f"{exc}", param_hint="--chords") from exc


def facts_of(
    out: Path, song: Song, melody: Track, wish: AccompanyOptions, done: Accompaniment
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
            f"style {facts['style']}{_like(facts)}, seed {facts['seed']}.",
            f"  melody  {notes['melody']} notes of the track {facts['track']!r}",
            f"  band    {notes['drums']} drum hits and {notes['bass']} bass notes, "
            f"{facts['bass_in_key']:.0%} of the bass in the key",
            f"  chords  {' '.join(chord_line(facts['chords']))}",
            f"Written: {facts['out']}   ({facts['seconds']:.1f} s)",
        ]
    )


def _like(facts: dict[str, Any]) -> str:
    """Which named style a performance's own is most like."""
    return f" (most like {facts['like']})" if facts.get("like") else ""
