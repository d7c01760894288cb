"""``latent-bridge compose``: a whole piece from a form and a seed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE, Number
from bridge.cli.shared.history_entry import add_to_history
from bridge.cli.shared.model_options import MODEL_NAME, TEMPERATURE
from bridge.cli.shared.models import open_model
from bridge.cli.shared.option_groups import GroupedCommand, option, option_list
from bridge.cli.shared.options import BPM_RANGE, JSON, LATENT, LIBRARY, METRE, MUSIC, OUTPUT, SEED
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
from bridge.errors import NameUnknown, OutputError
from bridge.files.forms import find_form, forms, read_form
from bridge.files.history import packed
from bridge.files.score_file import Added, check_ending, write_song
from bridge.latent.prior import MAX_STEPS, STEPS
from bridge.live.performer import share_in_key
from bridge.model.contract import ModelSpec, check_metre
from bridge.music.chords import class_name
from bridge.music.grid import FOUR_FOUR, METRES, TICKS_PER_BEAT, Metre
from bridge.music.key import Key, estimate_key, pitch_class_weights
from bridge.music.melody_track import find_melody
from bridge.music.notes import Note
from bridge.music.smf.song import Song, Track, placed_beside
from bridge.music.song_form import FormLayout, SongForm, bars_for_minutes, lay_out
from bridge.offline.codes import decoder_of
from bridge.offline.compose import ComposeOptions, Piece, PriorOptions, find_preset
from bridge.offline.compose import compose as make_piece
from bridge.offline.render.piano_roll import render_roll
from bridge.offline.render.wav import render_wav
from bridge.system.streams import is_stream

USUAL_FORM: Final = "song"
FORM: Final = "Form"
INPUT: Final = "Input"
PRIOR: Final = "Prior"

compose_options = option_list(
    option("--form", group=FORM, default=USUAL_FORM, show_default=True, metavar="NAME|FILE",
           help="A form (see --list), or the path of your own."),
    option("-o", "--out", group=OUTPUT, type=OUTPUT_FILE,
           help="The file to write: .mid, or .dawproject for a DAW project."),
    SEED,
    option("--minutes", group=FORM, type=Number(0.05, 30),
           help="Approximate length in minutes. [default: as the form is written]"),
    option("--bpm", group=MUSIC, type=BPM_RANGE,
           help="Tempo in beats per minute. [default: the form's]"),
    METRE,
    option("--key", "key_name", group=MUSIC,
           help="Key, such as 'A minor'. [default: one of the form's]"),
    option("--style", group=MUSIC, default="",
           help="Style of sections without their own. [default: the form's]"),
    option("--density", group=LATENT, type=Number(-1, 1),
           help="The same as --set density=VALUE."),
    option("--set", "settings", group=LATENT, metavar="NAME=VALUE", multiple=True,
           help="A direction of the model for the whole piece, -1 to 1. May be given again."),
    option("--melody", group=INPUT, type=INPUT_FILE, metavar="IN.mid",
           help="Follow this melody through the form. [default: the model's own]"),
    option("--track", group=INPUT,
           help="The melody's track, by number (from 1) or name. [default: found]"),
    TEMPERATURE,
    option("--spread", group=LATENT, type=Number(0.0, 1.0), default=0.8,
           show_default=True, help="Distance of sections from the likeliest codes."),
    option("--prior", group=PRIOR, is_flag=True,
           help="Let the model's prior lead from phrase to phrase."),
    option("--steps", group=PRIOR, type=click.IntRange(1, MAX_STEPS), default=STEPS,
           show_default=True, help="Steps of the prior's diffusion: fewer are faster."),
    option("--surprise", group=PRIOR, type=Number(0.0, 2.0), default=1.0,
           show_default=True, help="Temperature of the prior; 0 takes the likeliest codes."),
    option("--normalize", group=PRIOR, is_flag=True,
           help="Scale the prior's codes to the length that is usual for them."),
    option("--wav", group=OUTPUT, is_flag=True,
           help="Write a WAV file, too, beside the MIDI file."),
    option("--png", group=OUTPUT, is_flag=True,
           help="Write a piano roll as PNG, too, beside the MIDI file."),
    MODEL_NAME,
    LIBRARY,
    option("--list", "listing", group=FORM, is_flag=True, help="List the forms and exit."),
    JSON,
)  # fmt: skip


@click.command(cls=GroupedCommand)
@compose_options
def compose(
    form: str,
    out: Path | None,
    listing: bool,
    model: str,
    folder: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Compose a whole piece of several minutes: sections that come again, fills, an ending.

    The same form, seed and flags give the same piece again. Forms are YAML files
    (docs/forms.md); your own may be anywhere.
    """
    if listing:
        rows = form_rows()
        found = {"forms": [{"name": name, "about": about} for name, about in rows]}
        click.echo(json_line(found) if as_json else form_table(rows))
        return
    if out is None:
        raise click.UsageError("name the file to write: -o OUT.mid")
    begun = time.perf_counter()
    song_form = read_form(find_form(form))
    check_out(out, beside=flags["wav"] or flags["png"])
    trio = open_model(model, folder)
    song, tune = read_melody(flags["melody"], flags["track"], out, trio.spec, flags["metre"])
    options = options_of(song_form, flags, song, tune)
    check_metre(trio.spec, options.metre.name)
    find_preset(trio, options.style, options.metre.name)
    with progress_bar(sys.stderr.isatty() and not as_json) as progress:
        piece = make_piece(trio, options, tune.notes if tune else (), progress=progress)
    data, written = write_files(out, piece, options, song_form, flags, song, tune)
    facts = facts_of(song_form, options, piece, written) | {
        "seconds": round(time.perf_counter() - begun, 3),
        "history": add_to_history(
            data, model=trio.spec.name, width=trio.spec.latent, codes=packed(piece.codes), bars=1,
            seed=options.seed, temperature=options.temperature, bpm=options.bpm,
            key=options.key.name, decoder=decoder_of(trio.spec), metre=options.metre.name,
        ),
    }  # fmt: skip
    click.echo(json_line(facts) if as_json else summary(facts))


@dataclass(frozen=True)
class GivenMelody:
    """The melody to follow: notes in ticks from its first full bar, which begins at the tick
    ``origin`` of the file ``source``, in ``metre``."""

    source: Path
    origin: int
    notes: tuple[Note, ...]
    metre: Metre = FOUR_FOUR

    @property
    def bars(self) -> int:
        """The length in whole bars."""
        return self.metre.bars_until(max(n.end for n in self.notes))


def check_out(out: Path, beside: bool) -> None:
    """Raise OutputError, before any work, for an ``out`` that is a folder, or a stream where
    other files are wanted ``beside`` it."""
    check_ending(out)
    if is_stream(out):
        if beside:
            raise OutputError(f"{out}: has no files beside it: leave out --wav and --png")
        return
    if out.is_dir():
        raise OutputError(f"{out}: is a folder: name a file in it, such as {out / 'piece.mid'}")


def read_melody(
    source: Path | None, track: str | None, out: Path, spec: ModelSpec, metre: str | None
) -> tuple[Song | None, GivenMelody | None]:
    """The song in the file ``source``, and its melody; None for both without a file."""
    if source is None:
        return None, None
    song = read_song(source)
    check_target(source, out)
    with named(source):
        melody = find_melody(song, track)
    placed = bars_of_song(source, song, spec, metre)
    origin = placed.origin
    notes = tuple(replace(n, tick=n.tick - origin) for n in melody.notes if n.end > origin)
    return song, GivenMelody(source, origin, notes, placed.metre)


def options_of(
    form: SongForm, flags: dict[str, Any], song: Song | None, tune: GivenMelody | None
) -> ComposeOptions:
    """The options of the piece: those of the command line, else the form's choices."""
    drawn = form.drawn(flags["seed"])
    bpm = flags["bpm"] or (song.bpm if song else drawn.bpm)
    named_metre = flags["metre"] or form.metre or FOUR_FOUR.name
    metre = tune.metre if tune else METRES[named_metre]
    layout = laid_out(form, bpm, flags["minutes"], tune, metre)
    key = Key.parse(flags["key_name"] or drawn.key)
    prior = PriorOptions(flags["steps"], flags["surprise"], flags["normalize"])
    if tune is not None and not flags["key_name"]:
        weights = pitch_class_weights((n.pitch, float(n.length)) for n in tune.notes)
        key = estimate_key(weights)
    return ComposeOptions(
        layout=layout,
        key=key,
        bpm=bpm,
        style=flags["style"] or form.style,
        knobs={**drawn.knobs, **knobs_of(flags["settings"], flags["density"])},
        enter=form.enter,
        seed=flags["seed"],
        temperature=flags["temperature"],
        spread=flags["spread"],
        prior=prior if flags["prior"] else None,
        metre=metre,
    )


def laid_out(
    form: SongForm, bpm: float, minutes: float | None, tune: GivenMelody | None, metre: Metre
) -> FormLayout:
    """The sections of the form: as long as the melody, else about ``minutes``, else as written."""
    if tune is not None:
        return lay_out(form, tune.bars).fitted(tune.bars)
    return lay_out(form, bars_for_minutes(minutes, bpm, metre) if minutes else 0)


def knobs_of(settings: Sequence[str], density: float | None) -> dict[str, float]:
    """Knob positions (-1 to 1) of ``NAME=VALUE`` texts. BadParameter for an invalid one."""
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


# --- results ------------------------------------------------------------------------------


def write_files(
    out: Path,
    piece: Piece,
    options: ComposeOptions,
    form: SongForm,
    flags: dict[str, Any],
    song: Song | None,
    tune: GivenMelody | None,
) -> tuple[bytes, list[str]]:
    """Write the MIDI file, and WAV and PNG files where asked for; its bytes, and all names."""
    whole = piece.song
    if song is not None and tune is not None:
        band, remark = placed_beside(song, band_for(piece, tune))
        say_of(tune.source, remark)
        end = max(song.end, *(n.end for track in band for n in track.notes), 0)
        whole = replace(
            song,
            tracks=song.tracks + band,
            length=end,
            markers=tuple(labels(piece, tune, options.metre)),
        )
        data = write_song(out, whole, form.name, Added(tune.source, band, end))
    else:
        data = write_song(out, whole, form.name)
    jobs: dict[str, Callable[[Path], object]] = {
        "wav": lambda path: render_wav(whole, path),
        "png": lambda path: render_roll(
            whole, path, title=form.name, chords=labels(piece, tune, options.metre),
            subtitle=f"{options.key.name} · seed {options.seed}",
        ),
    }  # fmt: skip
    names = [str(out)]
    for kind, write in jobs.items():
        if flags[kind]:
            path = out.with_suffix(f".{kind}")
            write(path)
            names.append(str(path))
    return data, names


def band_for(piece: Piece, tune: GivenMelody) -> tuple[Track, ...]:
    """Bass and drums of a piece, in the ticks of the melody's file."""
    return tuple(
        replace(track, notes=tuple(replace(n, tick=n.tick + tune.origin) for n in track.notes))
        for track in piece.song.tracks
        if track.name != "Melody"
    )


def labels(piece: Piece, tune: GivenMelody | None, metre: Metre) -> list[tuple[int, str]]:
    """The tick at which each section begins and its name, for the picture."""
    origin = tune.origin if tune else 0
    return [(metre.bar_start(s.start) + origin, s.section.name) for s in piece.layout.sections]


def facts_of(
    form: SongForm, options: ComposeOptions, piece: Piece, written: list[str]
) -> dict[str, Any]:
    """Facts about the piece, as JSON values; bars count from 1, ``chords`` are two names a bar."""
    bass = [n for track in piece.song.tracks if track.name == "Bass" for n in track.notes]
    return {
        "form": form.name,
        "out": written,
        "seed": options.seed,
        "bars": piece.layout.bars,
        "metre": options.metre.name,
        "key": options.key.name,
        "tempo": options.bpm,
        "style": options.style,
        "knobs": dict(options.knobs),
        "sections": [
            {"name": s.section.name, "bar": s.start + 1, "bars": s.bars, "time": s.time + 1}
            for s in piece.layout.sections
        ],
        "notes": {track.name: len(track.notes) for track in piece.song.tracks},
        "chords": [class_name(chord) for chord in piece.chords],
        "bass_in_key": round(share_in_key(bass, options.key), 4),
        "length_seconds": round(
            options.metre.bar_start(piece.layout.bars) / TICKS_PER_BEAT * 60 / options.bpm, 3
        ),
    }


def summary(facts: dict[str, Any]) -> str:
    """The facts in a few lines for a person."""
    minutes, seconds = divmod(round(facts["length_seconds"]), 60)
    sections = " ".join(f"{s['name']} {s['bars']}" for s in facts["sections"])
    notes = ", ".join(f"{count} {name.lower()}" for name, count in facts["notes"].items())
    knobs = "".join(f", {name} {value:+g}" for name, value in facts["knobs"].items())
    return "\n".join(
        [
            f"Composed {bar_count(facts['bars'], facts['metre'])} ({minutes}:{seconds:02d}) in "
            f"{facts['key']} at {facts['tempo']:g} BPM: form {facts['form']}, "
            f"style {facts['style']}, seed {facts['seed']}{knobs}.",
            f"  sections  {sections}",
            f"  notes     {notes}; {facts['bass_in_key']:.0%} of the bass in the key",
            f"  chords    {' '.join(chord_line(facts['chords']))}",
            *(f"Written: {name}" for name in facts["out"]),
        ]
    )


def form_rows() -> list[tuple[str, str]]:
    """The name and description of each form. NameUnknown where there are none."""
    rows = [(name, read_form(path).about) for name, path in forms().items()]
    if not rows:
        raise NameUnknown("form", USUAL_FORM, ())
    return rows


def form_table(rows: list[tuple[str, str]]) -> str:
    """Forms by name and description, a line each."""
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{wide}}  {about}" for name, about in rows)
