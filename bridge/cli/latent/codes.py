"""Commands on codes: ``encode``, ``stats``, ``synth``, ``pattern``, ``decode``, ``codes``."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from bridge.cli.shared.code_files import check_code_target, read_codes, write_codes
from bridge.cli.shared.code_music import entry_of, export
from bridge.cli.shared.file_types import INPUT_FILE, OUTPUT_FILE, Number
from bridge.cli.shared.history_entry import add_to_history, keep
from bridge.cli.shared.model_options import FILES_MODEL, MODEL_NAME, TEMPERATURE
from bridge.cli.shared.models import model_for, open_codec
from bridge.cli.shared.option_groups import GroupedCommand, option
from bridge.cli.shared.options import FILES_BPM, FILES_KEY, FILES_METRE, JSON, LIBRARY, OUTPUT, SEED
from bridge.cli.shared.output import (
    bars_of_song,
    check_file,
    counted,
    named,
    read_song,
    report_progress,
    say_of,
    written_line,
)
from bridge.errors import MidiFileError, ModelError
from bridge.files.history import escaped, packed
from bridge.latent.code_file import CodeSet, codes_per_second, loop_rate
from bridge.latent.code_statistics import BINS, DISTRIBUTIONS, histogram, moments, synthesise
from bridge.latent.patterns import Pair, chain, parse_step
from bridge.latent.space import Floats, statistics
from bridge.model import library
from bridge.model.contract import Window
from bridge.model.two_level.window_chords import chords_of_windows
from bridge.model.windows import windows_of
from bridge.music.grid import METRES
from bridge.music.melody_track import find_melody
from bridge.music.phrase import skyline
from bridge.music.trio_windows import key_of_line
from bridge.offline.codes import encoded, fitted
from bridge.system.atomic_write import write_whole
from bridge.timing.tempo import BPM_USUAL

TEMPI: Final = (60.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 140.0, 160.0, 180.0)
"""Tempi (beats per minute) of ``codes rates`` unless others are given."""
BLOCKS: Final = " ▁▂▃▄▅▆▇█"
"""Heights of a histogram's bars in the terminal."""
PAIRS: Final = 5
"""Pairs of dimensions that ``stats`` names, the most correlated ones."""
CODES_OUT = click.option(
    "-o", "--out", required=True, type=OUTPUT_FILE,
    help="A code file: .npz, .npy, or .wav (64-bit, a channel a dimension).",
)  # fmt: skip
CODES = click.argument("codes", type=INPUT_FILE)


@click.command()
@click.argument("files", nargs=-1, required=True, type=INPUT_FILE)
@CODES_OUT
@click.option(
    "--hop", type=click.IntRange(1), help="Bars from window to window. [default: a window's length]"
)
@FILES_METRE
@MODEL_NAME
@LIBRARY
@JSON
def encode(
    files: tuple[Path, ...],
    out: Path,
    hop: int | None,
    metre: str | None,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Turn MIDI files into codes, one for each window of the model.

    The file also keeps key, tempo, metre and chords, so that `decode` gives back the same music.
    Silence before and after it is left out.
    """
    check_code_target(out)
    opened = open_codec(model, folder)
    if not opened.codec.can_encode:
        raise ModelError(f"the model {opened.spec.name} has no encoder: choose another (--model)")
    windows = []
    metres: dict[str, Path] = {}
    keys, tempi = set(), set()
    for file in files:
        song = read_song(file)
        placed = bars_of_song(file, song, opened.spec, metre)
        metres.setdefault(placed.metre.name, file)
        with named(file):
            found = windows_of(opened.spec, song, hop=hop or 0, silent=True, placed=placed)
        windows.append(sounding_part(found, file))
        keys.add(key_of_line(skyline(find_melody(song).notes)).name)
        tempi.add(song.bpm)
    if len(metres) > 1:
        both = ", ".join(f"{file} in {name}" for name, file in metres.items())
        raise MidiFileError(f"a code file has one metre: {both}: encode them one by one")
    (name,) = metres
    rows = np.concatenate(windows)
    with report_progress(as_json, "window") as progress:
        codes = encoded(opened.codec.in_metre(name), rows, progress)
    table = CodeSet(
        codes, opened.spec.name, name,
        key=keys.pop() if opened.spec.common_key and len(keys) == 1 else "",
        bpm=tempi.pop() if len(tempi) == 1 else 0.0,
        chords=chords_of_windows(rows[..., 0], rows[..., 1]) if opened.spec.coarse else None,
    )  # fmt: skip
    write_codes(out, table)
    facts = {
        "out": str(out), "model": opened.spec.name, "codes": len(codes),
        "dimensions": codes.shape[1], "metre": name, "key": table.key, "bpm": table.bpm,
        "files": {str(f): len(w) for f, w in zip(files, windows, strict=True)},
    }  # fmt: skip
    show(facts, as_json, f"{len(codes)} codes of {codes.shape[1]} dimensions by {opened.spec.name}")


def sounding_part(windows: Window, file: Path) -> Window:
    """Windows [N, T, C] from the first in which something sounds to the last. MidiFileError where
    none does."""
    heard = np.flatnonzero((windows > 0).any(axis=(1, 2)))
    if not len(heard):
        raise MidiFileError(f"{file}: no bar of it holds notes that the model takes")
    return windows[heard[0] : heard[-1] + 1]


@click.command()
@CODES
@click.option("--bins", type=click.IntRange(1, 1000), default=BINS, show_default=True,
              help="Bins of each histogram.")  # fmt: skip
@click.option("-n", "--rows", type=click.IntRange(1), default=16, show_default=True,
              help="Number of dimensions to print, those with the largest deviation.")  # fmt: skip
@click.option("--png", type=OUTPUT_FILE, help="Draw the statistics into this PNG file.")
@JSON
def stats(codes: Path, bins: int, rows: int, png: Path | None, as_json: bool) -> None:
    """Show mean, deviation and histogram of each dimension of CODES, and correlations."""
    if png is not None:
        check_file(png)
    table = read_codes(codes)
    mean, deviation = moments(table.codes)
    found = histogram(table.codes, bins)
    pairs = strongest(statistics(table.codes).correlation)
    if as_json:
        click.echo(json.dumps({
            "codes": len(table.codes), "dimensions": len(mean), "model": table.model,
            "metre": table.metre,
            "mean": [round(v, 6) for v in mean.tolist()],
            "deviation": [round(v, 6) for v in deviation.tolist()],
            "edges": [round(v, 6) for v in found.edges.tolist()],
            "histogram": found.counts.tolist(),
            "correlations": [{"dimensions": [a, b], "correlation": r} for a, b, r in pairs],
        }))  # fmt: skip
    else:
        order = np.argsort(-deviation, kind="stable")[:rows]
        click.echo(f"{len(table.codes)} codes of {len(mean)} dimensions"
                   + (f", model {table.model}" if table.model else ""))  # fmt: skip
        ends = f"{found.edges[0]:.2f} to {found.edges[-1]:.2f}"
        click.echo(f"dimension     mean  deviation  from {ends}")
        for at in order.tolist():
            bar = bars_of(found.counts[at])
            click.echo(f"{at:>9}  {mean[at]:7.3f}  {deviation[at]:9.3f}  |{bar}|")
        click.echo("go together: " + (", ".join(f"{a} and {b} {r:+.2f}" for a, b, r in pairs)
                                      or "none"))  # fmt: skip
    if png is not None:
        from bridge.offline.render.code_plot import picture

        write_whole(png, picture(escaped(codes.name), table.codes, bins))
        click.echo(f"Written: {png}", err=as_json)


def strongest(correlation: np.ndarray) -> list[tuple[int, int, float]]:
    """The pairs of dimensions with the largest absolute correlation, and that correlation."""
    upper = np.triu(np.abs(correlation), 1)
    order = np.argsort(-upper, axis=None, kind="stable")[:PAIRS]
    pairs = [divmod(int(at), len(correlation)) for at in order]
    return [(a, b, round(float(correlation[a, b]), 4)) for a, b in pairs if upper[a, b] > 0]


def bars_of(counts: np.ndarray) -> str:
    """A histogram as a line of block characters; a blank is an empty bin."""
    most = max(1, int(counts.max()))
    heights = np.ceil(counts / most * (len(BLOCKS) - 1)).astype(int)
    return "".join(BLOCKS[h] for h in heights.tolist())


@click.command()
@CODES
@click.option("--distribution", default="normal", show_default=True,
              help=f"Distribution to draw from: {', '.join(DISTRIBUTIONS)}.")  # fmt: skip
@click.option("--length", type=click.IntRange(1, 100_000), default=16, show_default=True,
              help="Number of codes to make.")  # fmt: skip
@SEED
@CODES_OUT
@JSON
def synth(codes: Path, distribution: str, length: int, seed: int, out: Path, as_json: bool) -> None:
    """Make new codes with the statistics of CODES.

    normal and uniform keep each dimension's mean and deviation; correlated keeps the
    correlations between dimensions, too.
    """
    check_code_target(out)
    table = read_codes(codes)
    made = synthesise(table.codes, distribution, length, seed)
    write_codes(out, replace(table, codes=made, chords=None))
    number = add_codes(table, made, seed)
    facts = {"out": str(out), "codes": length, "distribution": distribution, "seed": seed,
             "history": number}  # fmt: skip
    show(facts, as_json, f"{length} codes, {distribution}, seed {seed}")


def add_codes(table: CodeSet, codes: Floats, seed: int) -> int | None:
    """Add new codes, made of those of ``table``, to the history; the entry's number, None where it
    cannot be written."""
    return add_to_history(
        model=table.model or library.DEFAULT, width=codes.shape[1], codes=packed(codes), seed=seed,
        metre=table.metre,
    )  # fmt: skip


@click.command()
@CODES
@click.argument("steps", nargs=-1, required=True, metavar="PATTERN...")
@click.option("--with", "other", type=INPUT_FILE, metavar="CODES",
              help="Second sequence of codes, for blender and swapper.")  # fmt: skip
@SEED
@CODES_OUT
@JSON
def pattern(
    codes: Path, steps: tuple[str, ...], other: Path | None, seed: int, out: Path, as_json: bool
) -> None:
    """Transform CODES with patterns, one after another.

    fibo; orale:amount=0.15,times=2; blender:times=1,dims=1; swapper:times=16. Each PATTERN may
    have its settings after a colon.
    """
    check_code_target(out)
    todo = [parse_step(text) for text in steps]
    table = read_codes(codes)
    second = read_codes(other).codes if other is not None else None
    made = chain(todo, Pair(table.codes, second), seed).codes
    write_codes(out, replace(table, codes=made, chords=None))
    number = add_codes(table, made, seed)
    facts = {"out": str(out), "codes": len(made), "patterns": list(steps), "seed": seed,
             "history": number}  # fmt: skip
    show(facts, as_json, f"{len(table.codes)} codes became {len(made)} ({', '.join(steps)})")


@click.command(cls=GroupedCommand)
@CODES
@option("-o", "--out", group=OUTPUT, required=True, type=OUTPUT_FILE,
        help="The MIDI file to write.")  # fmt: skip
@TEMPERATURE
@SEED
@FILES_BPM
@FILES_KEY
@FILES_METRE
@FILES_MODEL
@LIBRARY
@JSON
def decode(
    codes: Path,
    out: Path,
    temperature: float,
    seed: int,
    bpm: float | None,
    key: str | None,
    metre: str | None,
    model: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Turn CODES into a MIDI file, one after another. They are added to the history, too."""
    check_file(out)
    table = read_codes(codes)
    opened = open_codec(model_for(table, model), folder)
    rows, chords = fitted(opened.codec, table.codes, partial(say_of, codes))
    entry = entry_of(
        opened, f"decode {codes.name}", rows, seed=seed, temperature=temperature,
        bpm=bpm or table.bpm or BPM_USUAL, key=table.key if key is None else key,
        metre=metre or table.metre, chords=table.chords if chords is None else chords,
    )  # fmt: skip
    facts = export(opened, entry, out, as_json)
    number = keep([entry])
    facts |= {"model": opened.spec.name, "codes": len(table.codes), "metre": entry.metre,
              "key": entry.key, "bpm": entry.bpm, "history": number}  # fmt: skip
    click.echo(json.dumps(facts) if as_json else written_line(facts))


def show(facts: dict[str, Any], as_json: bool, line: str) -> None:
    """Print facts as JSON, or for a person ``line`` and the file that was written."""
    click.echo(json.dumps(facts) if as_json else f"{line}.\nWritten: {facts['out']}")


# --- files --------------------------------------------------------------------------------


@click.group()
def codes() -> None:
    """Code files: convert them, and calculate rates to loop them at."""


@codes.command()
@click.argument("source", type=INPUT_FILE)
@click.argument("target", type=OUTPUT_FILE, required=False)
@click.option("-o", "--out", type=OUTPUT_FILE, help="The file to write, in place of TARGET.")
def convert(source: Path, target: Path | None, out: Path | None) -> None:
    """Write the codes of SOURCE as TARGET: .npz, .npy, or .wav for Pure Data."""
    if (target is None) == (out is None):
        raise click.UsageError("give one file to write: --out FILE, or TARGET")
    target = out or target
    assert target is not None
    check_code_target(target)
    table = read_codes(source)
    write_codes(target, table)
    click.echo(f"{len(table.codes)} codes of {table.codes.shape[1]} dimensions.\nWritten: {target}")


@codes.command()
@click.argument("source", type=INPUT_FILE)
@click.option("--bpm", "tempi", type=Number(1, 1000), multiple=True,
              help="A tempo of the table. May be given again. [default: 60 to 180]")  # fmt: skip
@click.option("--bars", type=Number(min=0, min_open=True),
              help="Length of a code in bars. [default: the model's window]")  # fmt: skip
@click.option("--per-second", type=Number(min=0, min_open=True),
              help="Codes per second at any tempo (of an audio model).")  # fmt: skip
@FILES_MODEL
@LIBRARY
@JSON
def rates(
    source: Path,
    tempi: tuple[float, ...],
    bars: float | None,
    per_second: float | None,
    model: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Show how fast SOURCE has to loop at each tempo: 60 * codes per second / codes, a minute.

    The last column is the frequency for Pure Data's phasor~ in hertz.
    """
    table = read_codes(source)
    count = len(table.codes)
    if bars is None and per_second is None:
        name = model_for(table, model)
        bars = float(open_codec(name, folder).spec.bars)
    rows = []
    for bpm in tempi or TEMPI:
        rate = per_second or codes_per_second(bpm, bars or 1.0, METRES[table.metre])
        loops = loop_rate(rate, count)
        rows.append({"bpm": bpm, "codes_per_second": rate, "loops_per_minute": loops,
                     "hertz": loops / 60})  # fmt: skip
    if as_json:
        click.echo(json.dumps({"codes": count, "bars": bars, "rates": rows}))
        return
    length = f", {bars:g} bars each" if bars else ""
    click.echo(f"{counted(count, 'code')}{length}: loops a minute = 60 * codes per second / codes")
    click.echo("    BPM  codes/s  loops/min         Hz")
    for line in rows:
        click.echo(f"{line['bpm']:>7g}  {line['codes_per_second']:7.4f}  "
                   f"{line['loops_per_minute']:9.4f}  {line['hertz']:9.6f}")  # fmt: skip
