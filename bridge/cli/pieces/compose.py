"""``latent-bridge compose``: a whole piece from a form and a seed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from bridge.cli.shared.history_entry import add_to_history
from bridge.cli.shared.models import open_model
from bridge.cli.shared.output import (
    check_target,
    chord_line,
    named,
    progress_bar,
    read_song,
    say_of,
)
from bridge.errors import NameUnknown, OutputError
from bridge.files.forms import find_form, forms, read_form
from bridge.files.history import packed
from bridge.latent.prior import MOST_STEPS, STEPS
from bridge.live.performer import share_in_key
from bridge.model.answering import answer
from bridge.music.chords import class_name
from bridge.music.grid import TICKS_PER_BAR, bar_of, bar_start
from bridge.music.key import Key, estimate_key, pitch_class_weights
from bridge.music.melody_track import bar_origin, find_melody
from bridge.music.notes import Note
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track, placed_beside
from bridge.music.song_form import FormLayout, SongForm, bars_in, lay_out
from bridge.offline.codes import decoder_of
from bridge.offline.compose import ComposeOptions, Piece, PriorOptions, find_preset
from bridge.offline.compose import compose as make_piece
from bridge.render.piano_roll import render_roll
from bridge.render.wav import render_wav

USUAL_FORM = "song"


@click.command()
@click.option("--form", default=USUAL_FORM, show_default=True, metavar="NAME|FILE",
              help="A form (see --list), or the path of your own.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The MIDI file to write.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another piece.")
@click.option(
    "--minutes", type=click.FloatRange(0.05, 30), help="About how long. [default: as written]"
)
@click.option("--bpm", type=click.FloatRange(30, 300), help="Tempo. [default: the form's]")
@click.option("--key", "key_name", help="Key, such as 'A minor'. [default: one of the form's]")
@click.option("--style", default="", help="For sections without one. [default: the form's]")
@click.option("--density", type=click.FloatRange(-1, 1), help="The same as --set density=VALUE.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True,
              help="A direction of the model for the whole piece, -1 to 1.")  # fmt: skip
@click.option("--melody", type=click.Path(path_type=Path), metavar="IN.mid",
              help="Follow this melody through the form. [default: the model's own]")  # fmt: skip
@click.option("--track", help="The melody's track, by number (from 1) or name. [default: found]")
@click.option("--temperature", type=click.FloatRange(0.0, answer.HOTTEST), default=0.5,
              show_default=True, help="How freely notes are chosen.")  # fmt: skip
@click.option("--spread", type=click.FloatRange(0.0, 1.0), default=0.8, show_default=True,
              help="How far sections lie from what is likeliest.")  # fmt: skip
@click.option("--prior", is_flag=True, help="Let the model's prior lead from phrase to phrase.")
@click.option("--steps", type=click.IntRange(1, MOST_STEPS), default=STEPS, show_default=True,
              help="Steps of the prior: fewer are faster.")  # fmt: skip
@click.option("--surprise", type=click.FloatRange(0.0, 2.0), default=1.0, show_default=True,
              help="The prior's temperature: 0 is its likeliest course.")  # fmt: skip
@click.option("--normalize", is_flag=True, help="Bring the prior's codes to their usual length.")
@click.option("--wav", is_flag=True, help="Write the sound of it too, beside the MIDI file.")
@click.option("--png", is_flag=True, help="Write its piano roll too, beside the MIDI file.")
@click.option("--model", default="trio-4bar", show_default=True, help="A model of the library.")
@click.option("--library", "folder", type=click.Path(path_type=Path), help="A folder of models.")
@click.option("--list", "listing", is_flag=True, help="Name the forms there are, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compose(
    form: str,
    out: Path | None,
    listing: bool,
    model: str,
    folder: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compose a whole piece of several minutes: sections that come again, fills, an ending.

    The same form, seed and options give the same piece again. Forms are YAML files
    (docs/forms.md); your own may be anywhere.
    """
    if listing:
        click.echo(form_table())
        return
    if out is None:
        raise click.UsageError("name the file to write: -o OUT.mid")
    begun = time.perf_counter()
    structure = read_form(find_form(form))
    check_out(out)
    song, tune = read_melody(options["melody"], options["track"], out)
    wish = commission(structure, options, song, tune)
    trio = open_model(model, folder)
    find_preset(trio, wish.style)
    with progress_bar(sys.stderr.isatty() and not as_json) as progress:
        piece = make_piece(trio, wish, tune.notes if tune else (), progress=progress)
    written = write_files(out, piece, wish, structure, options, song, tune)
    facts = facts_of(structure, wish, piece, written) | {
        "seconds": round(time.perf_counter() - begun, 3),
        "history": add_to_history(
            out, model=trio.spec.name, width=trio.spec.latent, codes=packed(piece.codes), bars=1,
            seed=wish.seed, temperature=wish.temperature, bpm=wish.bpm, key=wish.key.name,
            decoder=decoder_of(trio.spec),
        ),
    }  # fmt: skip
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else summary(facts))


@dataclass(frozen=True)
class Tune:
    """The melody that is followed: notes from its first full bar on, at ``origin`` in the
    file ``source``."""

    source: Path
    origin: int
    notes: tuple[Note, ...]

    @property
    def bars(self) -> int:
        """Its length in whole bars."""
        return bar_of(max(n.end for n in self.notes) - 1) + 1


def check_out(out: Path) -> None:
    """Refuse, before any work, what is no place for a file."""
    if out.is_dir():
        raise OutputError(f"{out}: is a folder: name a file in it, such as {out / 'piece.mid'}")


def read_melody(
    source: Path | None, track: str | None, out: Path
) -> tuple[Song | None, Tune | None]:
    """The song with the melody to follow, and that melody; None where none is given."""
    if source is None:
        return None, None
    song = read_song(source)
    check_target(source, out)
    with named(source):
        melody = find_melody(song, track)
        origin = bar_origin(song)
    notes = tuple(replace(n, tick=n.tick - origin) for n in melody.notes if n.end > origin)
    return song, Tune(source, origin, notes)


def commission(
    structure: SongForm, options: dict[str, Any], song: Song | None, tune: Tune | None
) -> ComposeOptions:
    """What the options ask for, and the form's own choices for the rest."""
    drawn = structure.drawn(options["seed"])
    bpm = options["bpm"] or (song.bpm if song else drawn.bpm)
    layout = laid_out(structure, bpm, options["minutes"], tune)
    key = Key.parse(options["key_name"] or drawn.key)
    course = PriorOptions(options["steps"], options["surprise"], options["normalize"])
    if tune is not None and not options["key_name"]:
        weights = pitch_class_weights((n.pitch, float(n.length)) for n in tune.notes)
        key = estimate_key(weights)
    return ComposeOptions(
        layout=layout,
        key=key,
        bpm=bpm,
        style=options["style"] or structure.style,
        knobs={**drawn.knobs, **knobs_of(options["settings"], options["density"])},
        enter=structure.enter,
        seed=options["seed"],
        temperature=options["temperature"],
        spread=options["spread"],
        course=course if options["prior"] else None,
    )


def laid_out(
    structure: SongForm, bpm: float, minutes: float | None, tune: Tune | None
) -> FormLayout:
    """The form as long as the melody, else about as long as asked, else as written."""
    if tune is not None:
        return lay_out(structure, tune.bars).fitted(tune.bars)
    return lay_out(structure, bars_in(minutes, bpm) if minutes else 0)


def knobs_of(settings: Sequence[str], density: float | None) -> dict[str, float]:
    """``NAME=VALUE`` texts as knob positions. BadParameter for what is none."""
    found = {} if density is None else {"density": density}
    for text in settings:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as exc:
            raise click.BadParameter(f"{text!r} is not NAME=NUMBER") from exc
        if not -1 <= found[name.strip()] <= 1:
            raise click.BadParameter(f"{text!r}: give a value from -1 to 1")
    return found


# --- what comes of it ---------------------------------------------------------------------


def write_files(
    out: Path,
    piece: Piece,
    wish: ComposeOptions,
    structure: SongForm,
    options: dict[str, Any],
    song: Song | None,
    tune: Tune | None,
) -> list[str]:
    """Write the MIDI file, sound and picture as wanted; their names."""
    whole = piece.song
    if song is not None and tune is not None:
        band, remark = placed_beside(song, band_for(piece, tune))
        say_of(tune.source, remark)
        end = max(song.end, *(n.end for track in band for n in track.notes), 0)
        midi_file.write_added(out, tune.source, band, end)
        whole = replace(song, tracks=song.tracks + band, length=end)
    else:
        midi_file.write(out, whole)
    jobs: dict[str, Callable[[Path], object]] = {
        "wav": lambda path: render_wav(whole, path),
        "png": lambda path: render_roll(
            whole, path, title=structure.name, chords=labels(piece, tune),
            subtitle=f"{wish.key.name} · seed {wish.seed}",
        ),
    }  # fmt: skip
    names = [str(out)]
    for kind, write in jobs.items():
        if options[kind]:
            path = out.with_suffix(f".{kind}")
            write(path)
            names.append(str(path))
    return names


def band_for(piece: Piece, tune: Tune) -> tuple[Track, ...]:
    """Bass and drums of a piece, in the ticks of the melody's file."""
    return tuple(
        replace(track, notes=tuple(replace(n, tick=n.tick + tune.origin) for n in track.notes))
        for track in piece.song.tracks
        if track.name != "Melody"
    )


def labels(piece: Piece, tune: Tune | None) -> list[tuple[int, str]]:
    """The names of sections where they begin, for the picture."""
    origin = tune.origin if tune else 0
    return [(bar_start(s.start) + origin, s.section.name) for s in piece.layout.stretches]


def facts_of(
    structure: SongForm, wish: ComposeOptions, piece: Piece, written: list[str]
) -> dict[str, Any]:
    """What was made, as JSON values; bars count from 1, ``chords`` two names a bar."""
    bass = [n for track in piece.song.tracks if track.name == "Bass" for n in track.notes]
    return {
        "form": structure.name,
        "out": written,
        "seed": wish.seed,
        "bars": piece.layout.bars,
        "key": wish.key.name,
        "tempo": wish.bpm,
        "style": wish.style,
        "knobs": dict(wish.knobs),
        "sections": [
            {"name": s.section.name, "bar": s.start + 1, "bars": s.bars, "time": s.time + 1}
            for s in piece.layout.stretches
        ],
        "notes": {track.name: len(track.notes) for track in piece.song.tracks},
        "chords": [class_name(chord) for chord in piece.chords],
        "bass_in_key": round(share_in_key(bass, wish.key), 4),
        "length_seconds": round(piece.layout.bars * TICKS_PER_BAR / 960 * 60 / wish.bpm, 3),
    }


def summary(facts: dict[str, Any]) -> str:
    """The facts in a few lines for a person."""
    minutes, seconds = divmod(round(facts["length_seconds"]), 60)
    course = " ".join(f"{s['name']} {s['bars']}" for s in facts["sections"])
    notes = ", ".join(f"{count} {name.lower()}" for name, count in facts["notes"].items())
    knobs = "".join(f", {name} {value:+g}" for name, value in facts["knobs"].items())
    return "\n".join(
        [
            f"Composed {facts['bars']} bars ({minutes}:{seconds:02d}) in {facts['key']} at "
            f"{facts['tempo']:g} BPM: form {facts['form']}, style {facts['style']}, "
            f"seed {facts['seed']}{knobs}.",
            f"  sections  {course}",
            f"  notes     {notes}; {facts['bass_in_key']:.0%} of the bass in the key",
            f"  chords    {' '.join(chord_line(facts['chords']))}",
            *(f"Written: {name}" for name in facts["out"]),
        ]
    )


def form_table() -> str:
    """The forms there are, a line each."""
    rows = [(name, read_form(path).about) for name, path in forms().items()]
    if not rows:
        raise NameUnknown("form", USUAL_FORM, ())
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{wide}}  {about}" for name, about in rows)
