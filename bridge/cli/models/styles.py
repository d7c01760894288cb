"""``latent-bridge styles``: lists the styles of the band, learns and plays them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import click

from bridge.cli.live.demo import begin_sound, demo_session, find_tune, perform
from bridge.cli.shared.file_types import OUTPUT_FILE, SCORES
from bridge.cli.shared.model_options import MODEL_NAME
from bridge.cli.shared.models import open_model
from bridge.cli.shared.options import JSON, LIBRARY_FOLDER, SEED
from bridge.cli.shared.output import named, read_song, report_progress
from bridge.errors import MidiFileError, ModelError, NameUnknown, OutputError
from bridge.live.performer import ScriptedPlayer, tune_keys
from bridge.model.answering.answer import answer
from bridge.model.contract import ModelSpec, Preset, Trio
from bridge.model.messages import BarTokens, Request
from bridge.model.styles.learned_styles import (
    LearnedStyle,
    encoder_of,
    forget_style,
    learned_styles,
    style_path,
    write_style,
)
from bridge.model.worker.child import load_model
from bridge.music.grid import METRES, Grid
from bridge.music.notes import Part
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, TempoChange, Track, signature_of
from bridge.music.tokens import NO_EVENT, pitch_to_class
from bridge.music.tunes import BuiltInTune
from bridge.offline.accompany import AccompanyOptions, accompany
from bridge.offline.render.piano_roll import render_roll
from bridge.offline.render.wav import render_wav
from bridge.offline.restyle import StyleBars, preset_of, style_bars

ROWS: Final = {"kick": 0b0001, "snare": 0b0010, "hat": 0b1100}
"""The rows of a picture, and the drums (bits of a drum class) that show in each."""
TUNE: Final = (60, 64, 67, 72)
"""MIDI notes that the band hears in every bar for the picture: C major, a note each beat."""
SHOWN: Final = 1
"""Bar of the window that is shown: the first may hold a crash, the last a fill."""


@click.group(invoke_without_command=True)
@MODEL_NAME
@LIBRARY_FOLDER
@JSON
@click.pass_context
def styles(ctx: click.Context, model: str, library: Path | None, as_json: bool) -> None:
    """The styles of the band: list, learn, audition, forget. Alone: list.

    The list has usual tempo, swing, and a bar of the drums: what the model plays to a plain chord
    of C at temperature 0. x is a hit, a column a step of the style's metre.
    """
    if ctx.invoked_subcommand is None:
        show_styles(model, library, as_json)


@styles.command("list")
@MODEL_NAME
@LIBRARY_FOLDER
@JSON
def list_styles(model: str, library: Path | None, as_json: bool) -> None:
    """List the styles, as `latent-bridge styles` alone does."""
    show_styles(model, library, as_json)


def show_styles(model: str, library: Path | None, as_json: bool) -> None:
    """Print the list of styles."""
    trio = load_model(model, library)
    shown = {name: (preset, picture(a_bar(trio, preset))) for name, preset in trio.presets.items()}
    if as_json:
        rows = [
            {
                "name": name,
                "tempo": preset.tempo,
                "swing": round(preset.swing, 4),
                "metre": preset.metre,
                "drums": drums,
            }
            for name, (preset, drums) in shown.items()
        ]
        click.echo(json.dumps({"model": trio.spec.name, "styles": rows}))
        return
    width = max((len(name) for name in shown), default=5)
    heads = "  ".join(f"{row:<16}" for row in ROWS).rstrip()
    click.echo(f"{'style':<{width}}  metre  BPM  swing  {heads}")
    for name, (preset, drums) in shown.items():
        hits = "  ".join(drums.values())
        click.echo(
            f"{name:<{width}}  {preset.metre:<5}  {preset.tempo:3.0f}  {preset.swing:5.0%}  {hits}"
        )


@styles.command("learn")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True),
                metavar="FILE|FOLDER...")  # fmt: skip
@click.option("--name", required=True, help="Name of the style: letters, digits, - and _.")
@MODEL_NAME
@LIBRARY_FOLDER
@JSON
def learn_style(
    sources: tuple[Path, ...], name: str, model: str, library: Path | None, as_json: bool
) -> None:
    """Make a style of MIDI files with drums and bass: of the most typical four bars in them.

    Where no bass is played, that of the nearest style is taken. A style of the same name that was
    learned before is replaced.
    """
    style_path(name)
    trio = open_model(model, library)
    if name in trio.presets and name not in learned_styles():
        raise ModelError(f"{name} is a style of the model {model}: choose another name")
    files = midi_files(sources)
    with report_progress(as_json, "file") as progress:
        songs = []
        for number, file in enumerate(files, 1):
            songs.append(read_song(file))
            progress(number, len(files))
    with named(files[0]) if len(files) == 1 else contextlib.nullcontext():
        bars = style_bars(trio, songs)
    preset = preset_of(trio, bars, name)
    source = ", ".join(path.name for path in sources)
    path = write_style(learned(trio.spec, preset, bars, source))
    facts = {"name": name, "file": str(path), "metre": preset.metre, "tempo": preset.tempo,
             "swing": preset.swing, "files": len(files), "bass": bars.played,
             "drums": picture(a_bar(trio, preset))}  # fmt: skip
    if as_json:
        click.echo(json.dumps(facts))
        return
    bass = "" if bars.played else "; nobody plays a bass in it: it has that of the nearest style"
    click.echo(f"{name}: {preset.metre}, {preset.tempo:.0f} BPM, of {len(files)} files{bass}\n"
               f"Hear it: latent-bridge styles audition {name}\nWritten: {path}")  # fmt: skip


@styles.command("audition")
@click.argument("name")
@click.option("--bars", type=click.IntRange(1, 64), default=8, show_default=True,
              help="Length in bars.")  # fmt: skip
@click.option("-o", "--out", type=OUTPUT_FILE,
              help="Write it to a .mid, .wav or .png file; do not play it.")  # fmt: skip
@SEED
@MODEL_NAME
@LIBRARY_FOLDER
def audition(
    name: str, bars: int, out: Path | None, seed: int, model: str, library: Path | None
) -> None:
    """Hear a style under a tune, at its own tempo."""
    trio = open_model(model, library)
    preset = style_of_name(trio, name)
    tune = find_tune("", preset.metre)
    if out is not None:
        click.echo(f"Written: {write_audition(trio, preset, tune, bars, seed, out)}")
        return
    with ExitStack() as stack:
        sound = begin_sound(stack)
        if sound is None:
            raise ModelError("there is no sound here: write it to a file with -o FILE.wav")
        outs = {part: sound.out(part) for part in Part}
        played = replace(tune, bpm=preset.tempo)
        session = demo_session(
            played, model, outs, style=name, seed=seed, metre=METRES[preset.metre], sound=sound
        )
        click.echo(f"{name}: {preset.metre}, {preset.tempo:.0f} BPM, {bars} bars. Ctrl+C ends it.")
        keys = tune_keys(tune.notes(), bars, METRES[preset.metre])
        perform(session, ScriptedPlayer(session, keys, bars), lines=False)


@styles.command("forget")
@click.argument("name")
def forget(name: str) -> None:
    """Remove a style that was learned."""
    click.echo(f"Removed: {forget_style(name)}")


def midi_files(sources: Sequence[Path]) -> list[Path]:
    """The files named, and the MIDI files of the folders named. MidiFileError without any."""
    found: list[Path] = []
    for source in sources:
        inside = sorted(p for p in source.rglob("*") if p.suffix.lower() in SCORES)
        found += inside if source.is_dir() else [source]
    if not found:
        raise MidiFileError(f"{sources[0]}: there is no MIDI file in it: choose another")
    return found


def learned(spec: ModelSpec, preset: Preset, bars: StyleBars, source: str) -> LearnedStyle:
    """The style as its file holds it."""
    return LearnedStyle(
        name=preset.name,
        metre=preset.metre,
        tempo=round(preset.tempo, 2),
        swing=preset.swing,
        bass=tuple(bars.bass.tolist()),
        drums=tuple(bars.drums.tolist()),
        chords=tuple(bars.chords.tolist()),
        encoder=encoder_of(spec),
        vector=tuple(round(v, 5) for v in preset.vector.tolist()),
        source=source,
    )


def style_of_name(trio: Trio, name: str) -> Preset:
    """The style of that name. NameUnknown without one; ModelError for one that was learned with
    another encoder."""
    if name in trio.presets:
        return trio.presets[name]
    style = learned_styles().get(name)
    if style is None:
        raise NameUnknown("style", name, trio.presets, "(see: latent-bridge styles)")
    raise ModelError(
        f"{name} was learned with another model: latent-bridge styles learn {style.source} "
        f"--name {name}"
    )


def write_audition(
    trio: Trio, preset: Preset, tune: BuiltInTune, bars: int, seed: int, out: Path
) -> Path:
    """Accompany a tune in a style, offline, and write it by the suffix of ``out``."""
    kind = out.suffix.lower()
    if kind not in (*SCORES, ".wav", ".png"):
        raise OutputError(f"{out}: write a .mid, .wav or .png file")
    metre = METRES[preset.metre]
    end = metre.bar_start(bars)
    notes = tuple(n for n in tune.notes() if n.tick < end)
    song = Song((Track("Melody", 0, 0, notes),), (TempoChange(0, preset.tempo),),
                (signature_of(metre),), end)  # fmt: skip
    options = AccompanyOptions(preset, tempo=preset.tempo, seed=seed)
    answering = partial(answer, trio.in_metre(metre.name))
    done = accompany(answering, trio.spec.bars, song, song.tracks[0], options, grid=Grid.of(metre))
    if kind == ".wav":
        render_wav(done.song, out)
    elif kind == ".png":
        render_roll(done.song, out, title=preset.name)
    else:
        midi_file.write(out, done.song)
    return out


def a_bar(trio: Trio, preset: Preset) -> BarTokens:
    """The bar that the model plays in that style, at temperature 0."""
    spec, metre = trio.spec, METRES[preset.metre]
    long = metre.steps_per_beat
    pitches = (TUNE * metre.beats)[: metre.beats]
    bar = [c for p in pitches for c in (pitch_to_class(p), *[NO_EVENT] * (long - 1))]
    request = Request(
        generation=0,
        target_bar=0,
        bars=(min(SHOWN, spec.bars - 1),),
        melody=tuple(bar * spec.bars),
        heard=(1,) * (metre.steps * spec.bars),
        style=tuple(preset.vector.tolist()),
        temperature=0.0,
        metre=metre.name,
    )
    return answer(trio, request).bars[0]


def picture(bar: BarTokens) -> dict[str, str]:
    """The drums of a bar as ``x..x`` lines, a character for each step."""
    return {
        row: "".join("x" if cls & bits else "." for cls in bar.drums) for row, bits in ROWS.items()
    }
