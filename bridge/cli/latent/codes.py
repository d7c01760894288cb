"""Composing with codes: ``encode``, ``stats``, ``synth``, ``pattern``, ``decode``, ``codes``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from bridge.cli.shared import codes as cli
from bridge.cli.shared.history_entry import add_to_history
from bridge.cli.shared.models import model_for, open_codec
from bridge.cli.shared.options import BPM, JSON, KEY, LIBRARY, SEED, TEMPERATURE
from bridge.cli.shared.output import check_file, named, read_song, report_progress, written_line
from bridge.errors import ModelError
from bridge.files.history import History, packed
from bridge.latent.code_file import CodeSet, codes_per_second, loop_rate
from bridge.latent.code_statistics import BINS, DISTRIBUTIONS, histogram, moments, synthesise
from bridge.latent.patterns import Pair, chain, parse_step
from bridge.latent.space import Floats, checked, statistics
from bridge.model import library
from bridge.model.windows import windows_of
from bridge.offline import codes as studio
from bridge.system.atomic_write import write_whole

TEMPI: Final = (60.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 140.0, 160.0, 180.0)
BLOCKS: Final = " ▁▂▃▄▅▆▇█"
"""Heights of a histogram's bars in the terminal."""
PAIRS: Final = 5
CODES_OUT = click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path),
    help="A code file: .npz, .npy, or .wav (64-bit, a channel a dimension).",
)  # fmt: skip
CODES = click.argument("codes", type=click.Path(path_type=Path))
ASKED_MODEL = click.option("--model", default=None, help="Of the library. [default: the file's]")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@CODES_OUT
@click.option("--hop", type=click.IntRange(1), help="Bars from window to window. [default: all]")
@click.option("--model", default=library.DEFAULT, show_default=True, help="Of the library.")
@LIBRARY
@JSON
def encode(
    files: tuple[Path, ...],
    out: Path,
    hop: int | None,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Turn MIDI files into codes, a window of the model each, one after another.

    Windows in which there is nothing to hear are left out.
    """
    cli.check_code_target(out)
    opened = open_codec(model, folder)
    if not opened.codec.can_encode:
        raise ModelError(f"the model {opened.spec.name} has no encoder: choose another (--model)")
    windows = []
    for file in files:
        song = read_song(file)
        with named(file):
            windows.append(windows_of(opened.spec, song, hop=hop or 0))
    with report_progress(as_json, "window") as progress:
        codes = studio.encoded(opened.codec, np.concatenate(windows), progress)
    cli.write_codes(out, CodeSet(codes, opened.spec.name))
    facts = {"out": str(out), "model": opened.spec.name, "codes": len(codes), "dimensions":
             codes.shape[1], "files": {str(f): len(w) for f, w in
                                       zip(files, windows, strict=True)}}  # fmt: skip
    say(facts, as_json, f"{len(codes)} codes of {codes.shape[1]} dimensions by {opened.spec.name}")


@click.command()
@CODES
@click.option("--bins", type=click.IntRange(1, 1000), default=BINS, show_default=True,
              help="Bins of each histogram.")  # fmt: skip
@click.option("-n", "--rows", type=click.IntRange(1), default=16, show_default=True,
              help="Dimensions to print, those that move most.")  # fmt: skip
@click.option("--png", type=click.Path(path_type=Path), help="Draw all of it into this PNG.")
@JSON
def stats(codes: Path, bins: int, rows: int, png: Path | None, as_json: bool) -> None:
    """Mean, deviation and histogram of each dimension of CODES, and how they go together."""
    if png is not None:
        check_file(png)
    table = cli.read_codes(codes)
    mean, deviation = moments(table.codes)
    found = histogram(table.codes, bins)
    pairs = strongest(statistics(table.codes).correlation)
    if as_json:
        click.echo(json.dumps({
            "codes": len(table.codes), "dimensions": len(mean), "model": table.model,
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
        from bridge.render.code_plot import picture

        write_whole(png, picture(str(codes.name), table.codes, bins))
        click.echo(f"Written: {png}", err=as_json)


def strongest(correlation: np.ndarray) -> list[tuple[int, int, float]]:
    """The pairs of dimensions that correlate most, either way."""
    upper = np.triu(np.abs(correlation), 1)
    order = np.argsort(-upper, axis=None, kind="stable")[:PAIRS]
    pairs = [divmod(int(at), len(correlation)) for at in order]
    return [(a, b, round(float(correlation[a, b]), 4)) for a, b in pairs if upper[a, b] > 0]


def bars_of(counts: np.ndarray) -> str:
    """A histogram as a line of blocks; only an empty bin is blank."""
    most = max(1, int(counts.max()))
    heights = np.ceil(counts / most * (len(BLOCKS) - 1)).astype(int)
    return "".join(BLOCKS[h] for h in heights.tolist())


@click.command()
@CODES
@click.option("--distribution", default="normal", show_default=True,
              help=f"{', '.join(DISTRIBUTIONS)}.")  # fmt: skip
@click.option("--length", type=click.IntRange(1, 100_000), default=16, show_default=True,
              help="Codes to make.")  # fmt: skip
@SEED
@CODES_OUT
@JSON
def synth(codes: Path, distribution: str, length: int, seed: int, out: Path, as_json: bool) -> None:
    """Make new codes with the statistics of CODES.

    normal and uniform keep each dimension's mean and deviation, correlated also how the
    dimensions go together.
    """
    cli.check_code_target(out)
    table = cli.read_codes(codes)
    made = synthesise(table.codes, distribution, length, seed)
    cli.write_codes(out, CodeSet(made, table.model))
    number = kept(out, table.model, made, seed)
    facts = {"out": str(out), "codes": length, "distribution": distribution, "seed": seed,
             "history": number}  # fmt: skip
    say(facts, as_json, f"{length} codes, {distribution}, seed {seed}")


def kept(out: Path, model: str, codes: Floats, seed: int) -> int | None:
    """Codes that were made, in the history; their number there."""
    return add_to_history(
        out, model=model or library.DEFAULT, width=codes.shape[1], codes=packed(codes), seed=seed
    )


@click.command()
@CODES
@click.argument("steps", nargs=-1, required=True, metavar="PATTERN...")
@click.option("--with", "other", type=click.Path(path_type=Path), metavar="CODES",
              help="The second sequence, for blender and swapper.")  # fmt: skip
@SEED
@CODES_OUT
@JSON
def pattern(
    codes: Path, steps: tuple[str, ...], other: Path | None, seed: int, out: Path, as_json: bool
) -> None:
    """Put patterns over CODES, one after another.

    fibo; orale:amount=0.15,times=2; blender:times=1,dims=1; swapper:times=16. Each PATTERN may
    have its settings after a colon.
    """
    cli.check_code_target(out)
    todo = [parse_step(text) for text in steps]
    table = cli.read_codes(codes)
    second = cli.read_codes(other).codes if other is not None else None
    made = chain(todo, Pair(table.codes, second), seed).codes
    cli.write_codes(out, CodeSet(made, table.model))
    number = kept(out, table.model, made, seed)
    facts = {"out": str(out), "codes": len(made), "patterns": list(steps), "seed": seed,
             "history": number}  # fmt: skip
    say(facts, as_json, f"{len(table.codes)} codes became {len(made)} ({', '.join(steps)})")


@click.command()
@CODES
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path),
              help="The MIDI file to write.")  # fmt: skip
@TEMPERATURE
@SEED
@BPM
@KEY
@ASKED_MODEL
@LIBRARY
@JSON
def decode(
    codes: Path,
    out: Path,
    temperature: float,
    seed: int,
    bpm: float,
    key: str,
    model: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Turn CODES into a MIDI file, one after another; kept in the history too."""
    check_file(out)
    table = cli.read_codes(codes)
    opened = open_codec(model_for(table, model), folder)
    checked(table.codes, opened.spec.latent)
    entry = cli.entry_of(opened, f"decode {codes.name}", table.codes, seed=seed,
                         temperature=temperature, bpm=bpm, key=key)  # fmt: skip
    facts = cli.export(opened, entry, out, as_json)
    number = History().add([entry])
    facts |= {"model": opened.spec.name, "codes": len(table.codes), "history": number}
    click.echo(json.dumps(facts) if as_json else written_line(facts))


def say(facts: dict[str, Any], as_json: bool, line: str) -> None:
    """The facts as JSON, or a line for a person and what was written."""
    click.echo(json.dumps(facts) if as_json else f"{line}.\nWritten: {facts['out']}")


# --- files --------------------------------------------------------------------------------


@click.group()
def codes() -> None:
    """Code files: convert between their kinds, and the rates that they loop at."""


@codes.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def convert(source: Path, target: Path) -> None:
    """Write the codes of SOURCE as TARGET: .npz, .npy, or .wav for Pure Data."""
    cli.check_code_target(target)
    table = cli.read_codes(source)
    cli.write_codes(target, table)
    click.echo(f"{len(table.codes)} codes of {table.codes.shape[1]} dimensions.\nWritten: {target}")


@codes.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--bpm", "tempi", type=click.FloatRange(1, 1000), multiple=True,
              help="A tempo of the table; again for more. [default: 60 to 180]")  # fmt: skip
@click.option("--bars", type=click.FloatRange(min=0, min_open=True),
              help="Bars of 4/4 a code lasts. [default: the model's window]")  # fmt: skip
@click.option("--per-second", type=click.FloatRange(min=0, min_open=True),
              help="Codes a second, whatever the tempo (an audio model's).")  # fmt: skip
@ASKED_MODEL
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
    """How fast SOURCE has to loop for each tempo: 60 * codes per second / codes, a minute.

    The last column is the frequency for Pure Data's phasor~ in hertz.
    """
    table = cli.read_codes(source)
    count = len(table.codes)
    if bars is None and per_second is None:
        name = model_for(table, model)
        bars = float(open_codec(name, folder).spec.bars)
    rows = []
    for bpm in tempi or TEMPI:
        rate = per_second or codes_per_second(bpm, bars or 1.0)
        loops = loop_rate(rate, count)
        rows.append({"bpm": bpm, "codes_per_second": rate, "loops_per_minute": loops,
                     "hertz": loops / 60})  # fmt: skip
    if as_json:
        click.echo(json.dumps({"codes": count, "bars": bars, "rates": rows}))
        return
    length = f", {bars:g} bars each" if bars else ""
    click.echo(f"{count} codes{length}: loops a minute = 60 * codes per second / codes")
    click.echo("    BPM  codes/s  loops/min         Hz")
    for line in rows:
        click.echo(f"{line['bpm']:>7g}  {line['codes_per_second']:7.4f}  "
                   f"{line['loops_per_minute']:9.4f}  {line['hertz']:9.6f}")  # fmt: skip
