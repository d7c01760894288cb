"""``latent-bridge print``: what the band played, or a MIDI file, into the DAW as clips."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import click

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE
from bridge.cli.shared.output import check_target, read_song
from bridge.errors import MidiFileError
from bridge.files.score_file import check_ending, write_song
from bridge.live.daw.clips import ClipSet, cut
from bridge.live.daw.exchange import ScriptedDaw
from bridge.live.daw.install import SESSION, exchange_folder
from bridge.live.daw.registry import AUTO, NAMES, open_daw
from bridge.music.grid import FOUR_FOUR, METRES, Metre
from bridge.music.notes import Note, Part
from bridge.music.smf.song import Song
from bridge.session.messages.daw import USUAL_BARS, PrintWhat
from bridge.session.messages.score import part_of

SESSION_SECONDS: Final = 12.0
"""Longest wait for what a running session prints."""
NO_SESSION: Final = "start one with `latent-bridge play --daw NAME`, or name a MIDI file to print"


@click.command("print")
@click.argument("source", metavar="[FILE.mid]", type=INPUT_FILE, required=False)
@click.option(
    "--bars",
    type=click.IntRange(1, 256),
    metavar="N",
    help=f"The last N bars of the running session. [default: {USUAL_BARS}]",
)
@click.option("--take", is_flag=True, help="The take so far of the running session.")
@click.option("--loop", is_flag=True, help="The last round of the running session's loop.")
@click.option("--undo", is_flag=True, help="Take the running session's last print back.")
@click.option(
    "--daw",
    "name",
    type=click.Choice(NAMES),
    default=AUTO,
    show_default=True,
    help="The DAW that gets the file.",
)
@click.option(
    "--at",
    "bar",
    type=click.IntRange(1),
    metavar="BAR",
    help="The bar of the DAW's song that the file begins at. [default: the cursor's]",
)
@click.option("-o", "--out", type=OUTPUT_FILE,
              help="Write FILE.mid as this file instead: .dawproject or .mid.")  # fmt: skip
def print_command(
    source: Path | None, bars: int | None, take: bool, loop: bool, undo: bool, name: str,
    bar: int | None, out: Path | None,
) -> None:  # fmt: skip
    """Put music into the DAW as clips on tracks Latent Bridge Drums, Bass and Melody.

    Without a file the running session (`latent-bridge play --daw NAME`) prints what the band
    played, at the bars where it was played. With one, the file is printed: a take, or what
    compose and accompany wrote. Nothing in the DAW is written over: what has no room goes into
    the next free place.
    """
    chosen = [word for word, on in (("--take", take), ("--loop", loop), ("--undo", undo),
                                    ("--bars", bars is not None)) if on]  # fmt: skip
    if len(chosen) > 1:
        raise click.UsageError(f"give {' or '.join(chosen)}, not both")
    if source is None:
        if out is not None or bar is not None:
            raise click.UsageError("-o and --at are for a file: name it")
        what = PrintWhat.TAKE if take else PrintWhat.LOOP if loop else PrintWhat.LAST
        click.echo(asked_of_session(what, bars or 0, undo))
        return
    if chosen:
        raise click.UsageError(f"{chosen[0]} is for the running session: leave the file out")
    song = read_song(source)
    if out is not None:
        check_ending(out)
        check_target(source, out)
        write_song(out, song, source.stem)
        click.echo(f"Written: {out}")
        return
    clips = clips_of(song, source.stem, bar)
    with closing(open_daw(name)) as daw:
        printed = daw.print_clips(clips)
        click.echo(f"Printed into {daw.name}: {printed.name}, {printed.where}")


def asked_of_session(what: PrintWhat, bars: int, undo: bool) -> str:
    """Have the running session print, or take back; its line about it. DawError if none runs."""
    session = ScriptedDaw("a session with --daw", exchange_folder(SESSION), NO_SESSION)
    lines = ["do undo"] if undo else ["do print", f"what {what.value}", f"bars {bars}"]
    answer = session.ask(lines, SESSION_SECONDS / 4, SESSION_SECONDS)
    return next((line.removeprefix("said ") for line in answer if line.startswith("said ")), "done")


def clips_of(song: Song, name: str, bar: int | None) -> ClipSet:
    """A song as clips, its tracks by part, from bar ``bar`` (from 1; None: the DAW's cursor) on.
    MidiFileError for a song without notes, or with bars of another length in it."""
    played: dict[Part, list[Note]] = {part: [] for part in Part}
    for track in song.tracks:
        played[part_of(track.name, track.is_drums)] += track.notes
    metre = metre_of(song)
    end = -(-song.end // metre.ticks) * metre.ticks
    clips = cut(name, played, 0, end, metre=metre, bpm=song.bpm)
    return clips.moved_to(None if bar is None else (bar - 1) * metre.ticks)


def metre_of(song: Song) -> Metre:
    """The metre of a song. MidiFileError where it changes, or is none of the band's."""
    signatures = {(s.beats, s.unit) for s in song.signatures} or {(4, 4)}
    if len(signatures) > 1:
        raise MidiFileError(
            "its metre changes on the way: write it as a project in place, with -o NAME.dawproject"
        )
    beats, unit = signatures.pop()
    found = METRES.get(f"{beats}/{unit}")
    return found or Metre(
        f"{beats}/{unit}", beats, unit, beats, 4, 960 // unit, FOUR_FOUR.half_step, ()
    )
