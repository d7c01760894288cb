"""``latent-bridge chords``: the chords of a MIDI file, bar by bar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import open_model
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import FILES_METRE, JSON, LIBRARY, OUTPUT
from bridge.cli.shared.output import check_target, json_line, named, read_song, say_of
from bridge.files.score_file import check_ending, write_song
from bridge.listening.chord_symbol import ChordSymbol, runs
from bridge.listening.harmony import half_beats
from bridge.listening.key_finder import find_key
from bridge.music.grid import METRES, TICKS_PER_BEAT, Grid
from bridge.music.key import pitch_class_weights
from bridge.music.melody_track import find_melody
from bridge.music.rhythm.found_metre import believed_bars
from bridge.music.rhythm.song_bars import SongBars
from bridge.music.smf.song import Song, TimeSignature, Track
from bridge.offline.heard_chords import (
    ALL,
    bar_names,
    chord_notes,
    chords_of,
    tracks_to_hear,
)

INPUT: Final = "Input"
BARS_A_LINE: Final = 4
CHORD_CHANNEL: Final = 3


@click.command(cls=GroupedCommand)
@click.argument("source", metavar="IN.mid", type=INPUT_FILE)
@option("--listen", group=INPUT, default=ALL, metavar="all|melody|TRACKS", show_default=True,
        help="The tracks to hear: numbers or names, with commas between.")  # fmt: skip
@option("--track", group=INPUT, help="The melody's track, by number or name. [default: found]")
@option("--force", group=INPUT, is_flag=True,
        help="Take a piece in a metre that is not known as if it were in 4/4.")  # fmt: skip
@FILES_METRE
@option("-o", "--out", group=OUTPUT, type=OUTPUT_FILE, metavar="CHORDS.mid",
        help="Write the chords as a track of this file: .mid, or .dawproject.")  # fmt: skip
@option("--line", "as_line", group=OUTPUT, is_flag=True,
        help="Print one line of bars, as lead sheets and ChordPro grids have them.")  # fmt: skip
@MODEL_NAME
@LIBRARY
@JSON
def chords(source: Path, out: Path | None, as_line: bool, **flags: Any) -> None:
    """Print the chords of a MIDI file, as they are heard in all its pitched tracks.

    Where only a single line sounds, the model's chord reader names the chords that go with it.
    """
    if out is not None:
        check_ending(out)
    song = read_song(source)
    if out is not None:
        check_target(source, out)
    with named(source):
        melody = find_melody(song, flags["track"])
        placed, remark = believed_bars(song, METRES.get(flags["metre"]), force=flags["force"])
        heard = sorted(
            n for t in tracks_to_hear(song, flags["listen"], melody) for n in t.notes
        )  # fmt: skip
    say_of(source, remark)
    read = open_model(flags["model"], flags["folder"]).harmony
    beats = chords_of(heard, melody.notes, placed, read)
    if out is not None:
        write_song(out, chord_song(song, beats, placed), source.stem)
    if flags["as_json"]:
        click.echo(json_line(facts_of(song, beats, placed)))
    else:
        click.echo(grid_line(beats, placed.grid) if as_line else table(beats, placed.grid))


def table(beats: Sequence[ChordSymbol | None], grid: Grid) -> str:
    """The chords as lines of four bars, each with the number of its first bar."""
    names = [" ".join(bar) for bar in bar_names(beats, grid)]
    width = max(map(len, names), default=1)
    rows = []
    for start in range(0, len(names), BARS_A_LINE):
        row = " | ".join(name.ljust(width) for name in names[start : start + BARS_A_LINE])
        rows.append(f"{start + 1:4d}  | {row} |")
    return "\n".join(rows)


def grid_line(beats: Sequence[ChordSymbol | None], grid: Grid) -> str:
    """The chords as one line: bars between bar lines, ``%`` for a bar like the one before."""
    names = [" ".join(bar) for bar in bar_names(beats, grid)]
    cells = [
        "%" if number and name == names[number - 1] else name for number, name in enumerate(names)
    ]
    return f"| {' | '.join(cells)} |"


def facts_of(song: Song, beats: Sequence[ChordSymbol | None], placed: SongBars) -> dict[str, Any]:
    """The chords as JSON values: ``bars`` have the names of their changes, ``chords`` each stretch
    with its first beat (from 0), its beats, and its parts. Beats are those of the metre."""
    weights = pitch_class_weights(
        (n.pitch, n.length / TICKS_PER_BEAT) for t in song.tracks if not t.is_drums for n in t.notes
    )
    halves = half_beats(placed.grid, len(beats))
    return {
        "metre": placed.metre.name,
        "key": find_key([beats[b] for b in halves], weights).name,
        "first_bar_tick": placed.origin,
        "bars": bar_names(beats, placed.grid),
        "chords": [
            {
                "beat": start,
                "beats": length,
                "name": chord.name,
                "root": chord.root,
                "quality": chord.quality.value,
                "bass": chord.bass_note,
            }
            for start, length, chord in runs(beats)
        ],
    }


def chord_song(song: Song, beats: Sequence[ChordSymbol | None], placed: SongBars) -> Song:
    """A song of one track that holds the chords, with markers of their names, at the tempo of
    ``song``."""
    notes = chord_notes(beats, placed)
    metre, origin = placed.metre, placed.origin
    return Song(
        tracks=(Track("Chords", CHORD_CHANNEL, 0, notes),),
        tempi=song.tempi,
        signatures=(TimeSignature(0, metre.numerator, metre.denominator),)
        if not origin
        else song.signatures,
        length=song.end,
        markers=tuple(
            (origin + placed.grid.beat_start(start), chord.name) for start, _, chord in runs(beats)
        ),
    )
