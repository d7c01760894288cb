"""Write a model folder's CARD.md from its figures: ``python -m tools.evaluate.card --help``.

``--figures`` is the file that ``python -m tools.evaluate --split test --out`` wrote, ``--training``
the folder of the checkpoint and log. This command measures nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bridge.model.contract import DRUMMER_WIDTH
from bridge.system.atomic_write import write_whole
from tools.export.card_sections import marked_sections
from tools.network.config import ModelConfig

Figures = dict[str, Any]

# Key of the figure, its description, the aim (None: only for comparison).
ROWS: tuple[tuple[str, str, float | None], ...] = (
    ("recon.melody", "reconstruction, per step: melody", 0.90),
    ("recon.bass", "reconstruction, per step: bass", 0.95),
    ("recon.drums", "reconstruction, per step: drums", 0.95),
    ("recon_events.melody", "the same on steps where something happens: melody", None),
    ("recon_events.bass", "the same: bass", None),
    ("recon_events.drums", "the same: drums", None),
    ("bass_root_heard", "downbeat bass is the chord's root, bars heard", 0.60),
    ("bass_root_next", "downbeat bass is the chord's root, the bar not yet heard", 0.42),
    ("bass_root_given", "downbeat bass is the chord's root, chords given by the player", None),
    ("bass_root_rough", "bars heard, played roughly: wrong, late, dropped and held notes", None),
    ("bass_root_real", "the real accompaniment", None),
    ("bass_root_tonic", "always playing C", None),
    ("plain_bass_root_heard", "a plain-MSE surrogate, bars heard", None),
    ("plain_bass_root_next", "a plain-MSE surrogate, the bar not yet heard", None),
    ("bass_root_next_first", "live: the bar not yet heard, first time round", 0.42),
    ("bass_root_next_second", "live: the bar not yet heard, second time round", 0.55),
    ("chord_root_whole", "root named, the whole tune heard", 0.75),
    ("chord_root_heard", "root named, heard up to the bar itself", 0.73),
    ("chord_root_next", "root named, the bar not yet heard", 0.52),
    ("chord_root_next_first", "live: what the band expects, first time round", None),
    ("chord_root_next_second", "live: what the band expects, second time round", 0.70),
    ("chord_root_majority", "always the tune's commonest root, known in hindsight", None),
    ("chord_root_tonic", "always its tonic, known in hindsight", None),
    ("bass_in_harmony", "bass notes in the chord or its scale", 0.97),
    ("bass_in_harmony_real", "the real accompaniment", None),
    ("drums_style", "drums agree with the style asked for, per step, bars heard", 0.95),
    ("drums_style_next", "the same, the bar not yet heard", None),
    ("drums_style_copied", "copying the style window's drums", None),
    ("drums_style_copied_in_phase", "copying them, turned to the same bar of the groove", None),
    ("plain_drums_style", "a plain-MSE surrogate", None),
    ("empty_bass_bars", "bars with no bass note", None),
    ("empty_drum_bars", "bars with no drum", None),
    ("demo_bass_in_key", "bass notes in key on a tune in C, all presets", None),
    ("distinct_styles", "distinct drum bars of the first 20 presets on one melody", 20),
    ("distinct_styles_all", "distinct drum bars of all presets on one melody", None),
)

SOURCES = """\
| source | what | licence |
|---|---|---|
| [jukedeck/nottingham-dataset](https://github.com/jukedeck/nottingham-dataset) | folk tunes in \
4/4, melody and chords, mostly traditional | GPL-3.0 (the data set's own) |
| [00sapo/OpenEWLD](https://github.com/00sapo/OpenEWLD) | lead sheets, traditional or \
published in 1930 or before by the data set's own database | MIT (the data set's own) |
| [MMA 21.09](https://www.mellowood.ca/mma/) (Debian package `mma`) | rendered those tunes in \
604 grooves of its library | GPL-2.0-or-later (the program and its library) |
| O'Neill's and Ryan's collections (1850 to 1903) as distributed with \
[music21](https://github.com/cuthbertLab/music21) | 1,563 more melodies without chords, for the \
chord reader alone | public domain |
| [Groove MIDI Dataset](https://magenta.tensorflow.org/datasets/groove) (Gillick et al. 2019) | \
drummers' velocities and timing, for `feel.onnx` alone | CC-BY 4.0 |
"""

TEXT = """\
# {title}

`{name}`: a MusicVAE over four bars of melody, bass and drums on a 16th grid, with a style \
encoder and a surrogate encoder that goes from a melody (as far as it was heard), a style and \
chords (as far as they are given) to the same latent code. Everything happens in a common key \
(C major, A minor); the program moves music there and back.

## Licence

{licence}. No file of the data is in this folder. Whether weights are a work derived from what \
they were trained on is not settled; so the folder carries the strictest licence among its \
sources, and is data beside the program, not part of it.

## Data

{sources}
{tunes}
Split by tune: a lead whose `sha1(id)` ends in hex digit 0 or 1 is test, in 2 validation; the \
rest trains. No figure was tuned on the test split. Presets and directions come from training \
windows only.

## Networks

| graph | kB |
|---|---|
{sizes}

Encoder: a BiLSTM over 16 beats, each beat four steps of three tracks. Decoder: two conductor \
LSTMs over four bars (one for the melody, which reads the whole code; one for the band, which \
reads its last {band} of {latent} dimensions), then an LSTM a track over 16 steps with a plan \
for each step, to which the band's code has a straight way too; feedback within the bar only, \
so bars decode as one batch. Surrogate: a BiLSTM over beats, a chord head (25 classes, two a \
bar), and a BiLSTM over half bars that reads the chords, given or guessed, the style, and which \
bar of the groove the window begins with; its answer is a normal distribution fitted to the \
trio's posterior and, through its samples, to bass and drums themselves. Bass notes outside the \
chord's scale cost extra there, so that what it is not sure of is played safe. Weights are \
rounded to half precision and stored so; in memory they are single.

A style is {style} numbers, made of four bars of bass and drums that begin where their groove \
does. Grooves turn round in four bars, with a fill in its place: of a groove's own windows as \
many bars apart as may be, two that begin with the same bar of it share 0.95 of their drum \
steps, others 0.86 to 0.91 (measured on the validation tunes; nearly the same between tunes). \
So the surrogate is told the bar, and the program counts it from the beginning of the music or \
of the section.

Chord reader (`harmony.onnx`): BiLSTMs over half bars, which vote; they hear up to 24 \
bars and name two chords a bar, of bars not yet heard too. Lead sheets taught the first ones; \
those labelled the melodies without chords and the second ones learned from both, hearing only a \
part. What it names is given to the surrogate as a player's chords would be.

Touch (`feel.onnx`): a small conditional variational autoencoder from a bar's pattern, a tempo \
and {drummer} numbers that stand for a drummer to each hit's velocity and offset. {touch}

Trained jointly in {minutes} minutes on two shared CPU cores: {windows} windows, {steps} steps; \
averaged weights. {note}

## Figures

{split} split, {count} windows, temperature 0, through the ONNX graphs.

| what | figure | aim |
|---|---|---|
{rows}

{pieces}Samples that leave the mean code by this many standard deviations change this share of the \
bass and drum steps: {variation}.

One thread, p50 / p99 in ms on the machine that made this card, while it did other work: \
{speed}.

## Presets

{presets}

## Limits

- 4/4 only, a grid of sixteenths: triplets and swing lie on the nearest sixteenth.
- Accompaniments were rendered by a program from chord symbols: the bass is MMA's, the drums \
are its patterns. There is no reggae among its grooves, so there is no such preset.
- 571 training tunes, most of them folk: the chord head names what it has seen of such tunes \
far more surely (see the gap to the training split in `python -m tools.evaluate --split \
train`) than what it has not.
- The window is four bars. What came before is for the program to remember.

## Rebuild

```
python -m tools.data.build_dataset --data DATA --out WORK/data
python -m tools.train --data WORK/data --out WORK/run --minutes {minutes} --steps 60000
python -m tools.data.build_melodies --out WORK/melodies.npz
python -m tools.train.chord_reader --data WORK/data --melodies WORK/melodies.npz --nets 2 \\
  --more 1.5 --out WORK/harmony
python -m tools.train.drum_touch --grooves GROOVES --out WORK/feel
python -m tools.train.baseline --data WORK/data --checkpoint WORK/run --out WORK/plain.json
python -m tools.export --data WORK/data --checkpoint WORK/run --harmony WORK/harmony \\
  --feel WORK/feel --out onnx/{name}
python -m tools.evaluate --data WORK/data --model onnx/{name} --out WORK/figures.json \\
  --pieces PIECES
python -m tools.evaluate.card --model onnx/{name} --figures WORK/figures.json --training WORK/run \\
  --beside WORK/plain.json --beside WORK/feel/feel.json
python -m tools.export.statistics --data WORK/data --model onnx/{name} --write
python -m tools.export.directions --data WORK/data --model onnx/{name} --write
python -m tools.train.prior --data WORK/data --model onnx/{name} --out WORK/prior \\
  --minutes 18 --write
```

`DATA` holds `leads/*.jsonl` and `trio/*.npz`; each command has `--help`. Training goes on from \
its checkpoint when it is started again. A run by minutes depends on the machine's speed; a run \
by steps with one thread and one seed is repeatable.
"""


def with_beside(figures: Figures, path: Path) -> Figures:
    """The figures and those of another tool: ``feel.json`` under its name, others merged."""
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    if path.stem == "feel":
        return {**figures, "feel": found}
    return {**found, **figures}


def rows(figures: Figures) -> str:
    """The rows of the table, for the figures that are there."""
    lines = []
    for key, text, aim in ROWS:
        if key in figures:
            value = figures[key]
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
            wanted = "" if aim is None else f"{aim:g}"
            lines.append(f"| {text} (`{key}`) | {shown} | {wanted} |")
    return "\n".join(lines)


def touch_text(figures: Figures) -> str:
    """The figures of ``tools.train.drum_touch`` as a sentence; empty without them."""
    found = figures.get("feel", {}).get("test")
    if not found:
        return ""
    loud = ", ".join(
        f"{text} {found['velocity_' + name]:.1f}"
        for name, text in (("told", "told the bar's drummer"), ("average", "an average one"))
    )
    late = ", ".join(f"{found['offset_' + name]:.3f}" for name in ("told", "average", "none"))
    return (
        f"On the data set's own test split the velocity is off by (mean, of 127): {loud}, plain "
        f"accents {found['velocity_none']:.1f}; the offset by {late} of a step (none: always on "
        "the grid)."
    )


def pieces_text(figures: Figures) -> str:
    """The figures on real pieces as a paragraph; empty without them."""
    found = figures.get("pieces")
    if not found:
        return ""
    again = " / ".join(f"{found['recon.' + track]:.3f}" for track in ("melody", "bass", "drums"))
    return (
        f"On {found['tunes']} composed pieces of a game's music (test/simutrans; nothing like them "
        f"was trained on, {found['windows']} windows): reconstruction of melody / bass / drums "
        f"{again}; drums agree with the style asked for in {found['drums_style']:.3f} of the "
        f"steps (copying: {found['drums_style_copied']:.3f}). Real drummers' and arrangers' bars "
        "are not what a program rendered: the style of such a file is met in kind, not in detail."
        "\n\n"
    )


def last_row(training: Path) -> Figures:
    """The last line of a training log."""
    text = (training / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    row: Figures = json.loads(text)
    return row


def card(
    folder: Path, figures: Figures, log: Figures, tunes: str, band: int, note: str = ""
) -> str:
    """The card's text."""
    spec = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))
    files = [graph["file"] for graph in spec["graphs"].values()]
    sizes = "\n".join(f"| `{f}` | {(folder / f).stat().st_size / 1000:.0f} |" for f in files)
    with np.load(folder / "styles.npz", allow_pickle=False) as styles:
        pairs = zip(styles["names"], styles["tempo"], strict=True)
        presets = ", ".join(f"{name} ({tempo:.0f})" for name, tempo in pairs) + " (BPM)."
    speed = figures.get("speed", {})
    changed = figures.get("variation", {})
    return TEXT.format(
        title=spec["title"],
        name=spec["name"],
        licence=spec["licence"].split(" (")[0],
        sources=SOURCES,
        tunes=tunes,
        sizes=sizes,
        band=band,
        note=note,
        latent=spec["latent"],
        style=spec["style"],
        minutes=round(log["minutes"]),
        windows=f"{log['windows']:,}",
        steps=f"{log['step']:,}",
        split=str(figures.get("split", "?")).capitalize(),
        count=figures.get("windows", "?"),
        rows=rows(figures),
        variation=", ".join(f"{k}: {v:.3f}" for k, v in changed.items()),
        drummer=DRUMMER_WIDTH,
        touch=touch_text(figures),
        pieces=pieces_text(figures),
        speed="; ".join(
            f"{k.removesuffix('_ms').replace('_', ' ')} {v['p50']} / {v['p99']}"
            for k, v in speed.items()
        ),
        presets=presets,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="model folder to write to")
    parser.add_argument(
        "--figures", type=Path, required=True, help="JSON that python -m tools.evaluate --out wrote"
    )
    parser.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        help="JSON of tools.train.baseline or tools.train.drum_touch to add",
    )
    parser.add_argument("--training", type=Path, required=True, help="folder of the training log")
    parser.add_argument("--note", default="", help="a sentence on how the training went")
    parser.add_argument("--seed", type=int, default=0, help="unused: nothing here is random")
    args = parser.parse_args()
    figures = json.loads(args.figures.read_text(encoding="utf-8"))
    for path in args.beside:
        figures = with_beside(figures, path)
    tunes = "700 tunes (571 train, 39 validation, 90 test), each in 32 grooves: 892,288 bars.\n"
    text = card(args.model, figures, last_row(args.training), tunes, ModelConfig().band, args.note)
    old = args.model / "CARD.md"
    if old.exists():
        kept = marked_sections(old.read_text(encoding="utf-8"))
        text += "".join(f"\n{section}\n" for section in kept)
    write_whole(old, text.encode())
    print(f"written: {old}")


if __name__ == "__main__":
    main()
