"""``latent-bridge accompany``: drums and bass for a melody in a MIDI file."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE, SCORES, Number, kind_of
from bridge.cli.shared.history_entry import add_to_history
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import open_model
from bridge.cli.shared.option_groups import GroupedCommand, option, option_list
from bridge.cli.shared.options import FILES_METRE, JSON, LIBRARY, MUSIC, OUTPUT, SEED
from bridge.cli.shared.output import (
    bar_count,
    bars_of_song,
    check_target,
    chord_line,
    json_line,
    named,
    progress_bar,
    read_song,
    say_of,
)
from bridge.errors import MidiFileError
from bridge.files.score_file import Added, check_ending, write_song
from bridge.live.performer import share_in_key
from bridge.model.answering.answer import MAX_TEMPERATURE, answer
from bridge.model.contract import Preset, Trio
from bridge.model.styles.style_metres import suits
from bridge.music.chords import class_name, parse_chords
from bridge.music.melody_track import find_melody
from bridge.music.notes import Part
from bridge.music.rhythm.song_bars import SongBars
from bridge.music.smf.song import Song, Track
from bridge.music.trio_windows import find_bass
from bridge.offline.accompany import Accompaniment, AccompanyOptions, chord_track
from bridge.offline.accompany import accompany as add_band
from bridge.offline.codes import decoder_of
from bridge.offline.compose import find_preset
from bridge.offline.heard_chords import ALL, bar_names, tracks_to_hear
from bridge.offline.restyle import nearest_style, style_from

INPUT: Final = "Input"
OWN: Final = "own"
"""The value of ``--style`` that means the file's own drums."""

band_options = option_list(
    option("-o", "--out", group=OUTPUT, required=True, type=OUTPUT_FILE,
           help="The file to write: .mid, or .dawproject for a DAW project."),
    SEED,
    option("--temperature", group=MUSIC, type=Number(0.0, MAX_TEMPERATURE), default=0.4,
           show_default=True,
           help="Randomness of what the band plays; 0 takes the likeliest notes."),
    option("--track", group=INPUT, help="The melody's track, by number or name. [default: found]"),
    option("--listen", group=INPUT, default=ALL, metavar="all|melody|TRACKS", show_default=True,
           help="The tracks that the harmony is heard in: numbers or names, with commas between."),
    option("--chords", group=MUSIC, default="", metavar="CHORDS",
           help="The harmony, a chord a bar: 'Am F C G' (two share a bar: 'Am F | C G')."),
    option("--chord-track", group=INPUT, help="A track of IN.mid that holds the chords."),
    option("--force", group=INPUT, is_flag=True,
           help="Treat a piece in a metre that the band does not play as if it were in 4/4."),
    FILES_METRE,
    MODEL_NAME,
    LIBRARY,
    JSON,
)  # fmt: skip
"""Options of both commands."""


@click.command(cls=GroupedCommand)
@click.argument("source", metavar="IN.mid", type=INPUT_FILE)
@option("--style", group=MUSIC, default="",
        help="A style of `latent-bridge styles`, or 'own': the groove of IN.mid's own drums. "
             "[default: the first]")  # fmt: skip
@option("--style-from", group=MUSIC, type=INPUT_FILE, metavar="OTHER.mid",
        help="Take the style from the band in this file.")  # fmt: skip
@option("--style-to", group=MUSIC, default="", metavar="STYLE|OTHER.mid",
        help="Move to this style until the end.")  # fmt: skip
@option("--replace", "replaced", group=INPUT, default="", metavar="PARTS",
        help="Take the place of the file's own 'drums', 'bass' or 'drums,bass'.")  # fmt: skip
@band_options
def accompany(
    source: Path,
    out: Path,
    style: str,
    style_from: Path | None,
    style_to: str,
    replaced: str,
    **flags: Any,
) -> None:
    """Add drums and bass to a MIDI file. Its own tracks, tempo and length stay.

    The same file, style and seed give the same music again. The harmony is heard in all pitched
    tracks (--listen), or yours (--chords, --chord-track); the style is chosen, the file's own
    (--style own), or another performance's (--style-from).
    """
    if style and style_from:
        raise click.UsageError("give --style or --style-from, not both")
    run(Job(source, out, style, style_from, style_to, replaced=parts_of(replaced), **flags))


def parts_of(text: str) -> frozenset[Part]:
    """The parts of ``--replace``. BadParameter for any other than drums and bass."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    wrong = [name for name in names if name not in (Part.DRUMS, Part.BASS)]
    if wrong:
        raise click.BadParameter(
            f"{wrong[0]!r} is no part of the band: give drums, bass or drums,bass",
            param_hint="--replace",
        )
    return frozenset(map(Part, names))


@click.command(cls=GroupedCommand)
@click.argument("source", metavar="MELODY.mid", type=INPUT_FILE)
@option("--style-from", group=MUSIC, required=True, type=INPUT_FILE,
        metavar="OTHER.mid", help="The performance whose style is used.")  # fmt: skip
@band_options
def restyle(source: Path, out: Path, style_from: Path, **flags: Any) -> None:
    """Play the melody of one file as the band of another plays: its style, not its notes.

    Of MELODY.mid only the melody is kept; tempo and length stay its own.
    """
    run(Job(source, out, "", style_from, "", alone=True, **flags))


@dataclass(frozen=True)
class Job:
    """Arguments and options of ``accompany`` and ``restyle``.

    ``alone`` leaves out the tracks of ``source`` besides the melody; ``replaced`` are the parts
    whose own tracks the band takes the place of.
    """

    source: Path
    out: Path
    style: str
    style_from: Path | None
    style_to: str
    seed: int
    temperature: float
    track: str | None
    listen: str
    chords: str
    chord_track: str | None
    force: bool
    metre: str | None
    model: str
    folder: Path | None
    as_json: bool
    alone: bool = False
    replaced: frozenset[Part] = frozenset()


def run(job: Job) -> None:
    """Read the file, add the band, write the result and print a summary."""
    begun = time.perf_counter()
    check_ending(job.out)
    song = read_song(job.source)
    check_target(job.source, job.out)
    if job.style_from is not None:
        check_target(job.style_from, job.out)
    with named(job.source):
        melody = find_melody(song, job.track)
        listen = tracks_to_hear(song, job.listen, melody)
        leaving = own_tracks(song, melody, job.replaced)
    trio = open_model(job.model, job.folder)
    placed = bars_of_song(job.source, song, trio.spec, job.metre, force=job.force)
    chords = chords_of(job, song, placed)
    options = options_of(job, trio, song, chords, placed.metre.name)
    if job.alone:
        song = replace(song, tracks=(melody,), set_up=frozenset())
    song, gone = without(song, leaving)
    with progress_bar(sys.stderr.isatty() and not job.as_json) as progress:
        done = add_band(
            partial(answer, trio), trio.spec.bars, song, melody, options,
            origin=placed.origin, grid=placed.grid, listen=listen, progress=progress,
        )  # fmt: skip
    say_of(job.source, done.remark)
    added = Added(job.source, done.song.tracks[len(song.tracks) :], done.song.end, gone)
    written = write_song(job.out, done.song, job.source.stem, None if job.alone else added)
    facts = facts_of(job.out, song, melody, options, done) | {
        "seconds": round(time.perf_counter() - begun, 3),
        "history": add_to_history(
            written, model=trio.spec.name, width=trio.spec.latent, codes=b"", seed=options.seed,
            temperature=options.temperature, bpm=song.bpm, decoder=decoder_of(trio.spec),
            metre=placed.metre.name,
        ),
    }  # fmt: skip
    if job.style_from is not None:
        facts["like"] = nearest_style(trio, options.style)
    click.echo(json_line(facts) if job.as_json else summary(facts))


def options_of(
    job: Job, trio: Trio, song: Song, chords: tuple[int, ...], metre: str
) -> AccompanyOptions:
    """The options of the band. NameUnknown, MidiFileError or ModelError for an invalid style, or
    one of another metre."""
    style = style_of(job, trio, song, metre)
    goal = None
    if kind_of(Path(job.style_to)) in SCORES:
        goal = style_of_file(trio, Path(job.style_to), metre)
    elif job.style_to:
        goal = find_preset(trio, job.style_to, metre)
    return AccompanyOptions(
        style, seed=job.seed, temperature=job.temperature, tempo=song.bpm, style_to=goal,
        chords=chords,
    )  # fmt: skip


def style_of(job: Job, trio: Trio, song: Song, metre: str) -> Preset:
    """The style that the band begins with, for a melody in ``metre``. MidiFileError for
    ``--style own`` without drums."""
    if job.style_from:
        return style_of_file(trio, job.style_from, metre)
    if job.style != OWN or OWN in trio.presets:
        return find_preset(trio, job.style, metre)
    with named(job.source):
        if not any(track.is_drums and track.notes for track in song.tracks):
            raise MidiFileError("there are no drums in it to take the style of: name a --style")
        return style_from(trio, song, OWN)


def own_tracks(song: Song, melody: Track, parts: frozenset[Part]) -> tuple[Track, ...]:
    """The song's own tracks of the parts that the band takes the place of. MidiFileError where it
    has none."""
    bass = find_bass(song, melody)
    found = {
        Part.DRUMS: tuple(t for t in song.tracks if t.is_drums and t.notes),
        Part.BASS: () if bass is None else (bass,),
    }
    for part in sorted(parts):
        if not found[part]:
            raise MidiFileError(f"there is no {part} track in it to replace: leave --replace out")
    return tuple(track for part in sorted(parts) for track in found[part])


def without(song: Song, leaving: Sequence[Track]) -> tuple[Song, frozenset[int]]:
    """The song without some of its tracks, and their numbers (from 0) in it."""
    gone = frozenset(i for i, t in enumerate(song.tracks) if any(t is other for other in leaving))
    kept = tuple(t for i, t in enumerate(song.tracks) if i not in gone)
    return replace(song, tracks=kept, length=song.end), gone


def style_of_file(trio: Trio, path: Path, metre: str) -> Preset:
    """The style of the performance in a file, for a melody in ``metre``."""
    song = read_song(path)
    with named(path):
        style = style_from(trio, song, path.stem)
    if not suits(style, metre):
        raise MidiFileError(
            f"{path}: it is in {style.metre}, the melody in {metre}: choose another"
        )
    return style


def chords_of(job: Job, song: Song, placed: SongBars) -> tuple[int, ...]:
    """The given chord classes, two a bar as they sound; empty where the model finds them.

    BadParameter for unknown names of chords, NameUnknown for a missing track.
    """
    if job.chords and job.chord_track:
        raise click.UsageError("give --chords or --chord-track, not both")
    if job.chord_track:
        track = find_melody(song, job.chord_track)
        bars = placed.grid.bar_of(max(1, song.end - placed.origin) - 1) + 1
        chords = chord_track(track, placed.origin, bars, placed.grid)
        if not any(chords):
            raise MidiFileError(
                f"{job.source}: the track {track.name!r} holds no chords: choose another"
            )
        return chords
    try:
        return parse_chords(job.chords) if job.chords.strip() else ()
    except ValueError as exc:
        raise click.BadParameter(f"{exc}", param_hint="--chords") from exc


def facts_of(
    out: Path, song: Song, melody: Track, options: AccompanyOptions, done: Accompaniment
) -> dict[str, Any]:
    """Facts about the result, as JSON values.

    ``chords`` are two names a bar, ``-`` for none; ``full_chords`` have each bar's changes with
    qualities and bass notes; ``length_seconds`` is that of the music.
    """
    return {
        "out": str(out),
        "bars": done.bars,
        "metre": done.grid.metre.name,
        "key": done.key.name,
        "style": options.style.name,
        "seed": options.seed,
        "temperature": options.temperature,
        "tempo": round(song.bpm, 3),
        "track": melody.name,
        "notes": {
            "melody": len(melody.notes),
            "bass": len(done.bass),
            "drums": len(done.drums),
        },
        "chords": [class_name(chord) for chord in done.chords],
        "full_chords": bar_names(done.beats, done.grid),
        "bass_in_key": round(share_in_key(done.bass, done.key), 4),
        "length_seconds": round(song.seconds_at(song.end), 3),
    }


def summary(facts: dict[str, Any]) -> str:
    """The facts in a few lines for a person."""
    notes = facts["notes"]
    return "\n".join(
        [
            f"Added a band to {bar_count(facts['bars'], facts['metre'])} in {facts['key']} at "
            f"{facts['tempo']:g} BPM, style {facts['style']}{_like(facts)}, seed {facts['seed']}.",
            f"  melody  {notes['melody']} notes of the track {facts['track']!r}",
            f"  band    {notes['drums']} drum hits and {notes['bass']} bass notes, "
            f"{facts['bass_in_key']:.0%} of the bass in the key",
            f"  chords  {' '.join(chord_line([n for bar in facts['full_chords'] for n in bar]))}",
            f"Written: {facts['out']}   ({facts['seconds']:.1f} s)",
        ]
    )


def _like(facts: dict[str, Any]) -> str:
    """The named style nearest to that of a performance, in brackets."""
    return f" (most like {facts['like']})" if facts.get("like") else ""
