"""Write a model folder's CARD.md from its figures: ``python -m tools.evaluate.card --help``.

Each ``--figures`` file is the JSON of a command named in the card's last section; ``--training``
and ``--surrogate`` are the folders of checkpoints and logs. This command measures nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from bridge.model.contract import DRUMMER_WIDTH
from bridge.system.atomic_write import write_whole
from tools.export.card_sections import marked_sections
from tools.network.two_level_config import TwoLevelTraining

Figures = dict[str, Any]

# Key of the figure, its description, the aim (None: only for comparison).
ROWS: tuple[tuple[str, str, float | None], ...] = (
    ("recon_events.melody", "events kept, MMA renderings, melody", 0.93),
    ("recon_events.bass", "the same, bass", 0.96),
    ("recon_events.drums", "the same, drums", 0.98),
    ("pieces.recon_events.melody", "events kept, composed pieces of a game, melody", 0.88),
    ("pieces.recon_events.bass", "the same, bass", 0.92),
    ("pieces.recon_events.drums", "the same, drums", 0.98),
    ("real.kept.melody", "events kept, held-out trios written by people, melody", 0.86),
    ("real.kept.bass", "the same, bass", 0.92),
    ("real.kept.drums", "the same, drums", 0.96),
    ("drummers.kept.drums", "events kept of drummers", 0.93),
    ("rendered 3/4.kept.melody", "events kept in 3/4, melody", None),
    ("rendered 3/4.kept.bass", "the same, bass", None),
    ("rendered 3/4.kept.drums", "the same, drums", None),
    ("rendered 6/8.kept.melody", "events kept in 6/8, melody", None),
    ("rendered 6/8.kept.bass", "the same, bass", None),
    ("rendered 6/8.kept.drums", "the same, drums", None),
    ("rendered 12/8.kept.melody", "events kept in 12/8 and triplets, melody", None),
    ("rendered 12/8.kept.bass", "the same, bass", None),
    ("rendered 12/8.kept.drums", "the same, drums", None),
    ("bass_root_given", "downbeat bass is the chord's root, chords given by the player", 0.95),
    ("bass_root_heard", "downbeat bass is the chord's root, bars heard", 0.66),
    ("bass_root_next", "downbeat bass is the chord's root, the bar not yet heard", None),
    ("bass_root_rough", "bars heard, played roughly: wrong, late, dropped and held notes", None),
    ("bass_root_real", "the real accompaniment", None),
    ("bass_root_tonic", "always playing C", None),
    ("chord_root_whole", "root named, the whole tune heard", None),
    ("chord_root_heard", "root named, heard up to the bar itself", None),
    ("chord_root_next", "root named, the bar not yet heard", None),
    ("chord_root_next_first", "live: what the band expects, first time round", None),
    ("chord_root_next_second", "live: what the band expects, second time round", None),
    ("chord_root_majority", "always the tune's commonest root, known in hindsight", None),
    ("bass_in_harmony", "bass notes in the chord or its scale", 0.98),
    ("bass_in_harmony_real", "the real accompaniment", None),
    ("drums_style", "drums agree with the style asked for, per step, bars heard", None),
    ("drums_style_copied", "copying the style window's drums", None),
    ("drums_style_copied_in_phase", "copying them, turned to the same bar of the groove", None),
    ("pieces.drums_style", "drums agree with the style asked for, composed pieces", 0.88),
    ("pieces.drums_style_copied_in_phase", "copying them in phase", None),
    ("empty_bass_bars", "bars with no bass note", None),
    ("empty_drum_bars", "bars with no drum", None),
    ("demo_bass_in_key", "bass notes in key on a tune in C, all presets", None),
    ("distinct_styles_all", "distinct drum bars of all presets on one melody", 48),
)
CHANGES: Final = (
    ("draws.prior", "draws of the model's own distribution of codes"),
    ("draws.midpoints_with_fine", "midpoints between two pieces"),
    ("draws.midpoints", "midpoints, from the coarse code alone"),
    ("draws.real", "the pieces themselves"),
    ("changes.0.0", "the band at variation 0"),
    ("changes.0.2", "at 0.2, as it is set at first"),
    ("changes.0.5", "at 0.5"),
    ("changes.composed", "composed pieces"),
    ("changes.1.0", "at 1"),
    ("changes.drummers", "drummers"),
)
"""Keys of quartiles of the change from bar to bar, and what they are of."""

SOURCES = """\
| source | what | licence |
|---|---|---|
| [jukedeck/nottingham-dataset](https://github.com/jukedeck/nottingham-dataset) | 777 folk tunes, \
melody and chords, mostly traditional | GPL-3.0 (the data set's own) |
| [00sapo/OpenEWLD](https://github.com/00sapo/OpenEWLD) | 243 lead sheets, traditional or \
published in 1930 or before by the data set's own database | MIT (the data set's own) |
| [OpenScore/Lieder](https://github.com/OpenScore/Lieder), \
[StringQuartets](https://github.com/OpenScore/StringQuartets) | 1,939 and 893 passages, chords \
inferred from all voices | CC0 |
| [mzealey/openhymnal](https://github.com/mzealey/openhymnal) | 200 hymns, chords inferred | \
public \
domain, stated per piece |
| [bbloomf/lilypond-songs](https://github.com/bbloomf/lilypond-songs), \
[christmas-carols](https://github.com/bbloomf/christmas-carols) | 163 songs and 114 carols, chords \
inferred | public domain dedication |
| [Mutopia](https://www.mutopiaproject.org/) | 50 pieces for four voices, chords inferred | public \
domain or CC BY-SA |
| [neonscribe/lilypond-lead-sheets](https://github.com/neonscribe/lilypond-lead-sheets) | 72 songs \
of 1930 or before | Unlicense |
| [rjl20/abc-tunebook](https://github.com/rjl20/abc-tunebook) | 67 old-time tunes | CC BY-SA 4.0, \
Josh Larios |
| [jw35/tunebook-abc](https://github.com/jw35/tunebook-abc) | 50 tunes | CC BY-SA 4.0 and \
GPL-2.0-or-later, Jon Warbrick |
| [MMA 21.09](https://www.mellowood.ca/mma/) (Debian package `mma`) | rendered tunes in the \
grooves \
of its library, in five metres | GPL-2.0-or-later (the program and its library) |
| trios written by people | 182 pieces: Freedoom and Blasphemer (BSD-3), LMMS demos (Artistic 2.0, \
CC BY, CC BY-SA, BSD), Crystal Picnic (zlib), EasyRPG (CC BY), IVAN, Liquid War (GPL-2), Tunnel \
(CC BY-SA) | as named |
| [Groove MIDI Dataset](https://magenta.tensorflow.org/datasets/groove) (Gillick et al. 2019) | \
1,144 performances of drummers; velocities and timing for `feel.onnx`; fills | CC BY 4.0 |
| drum patterns of Hydrogen (Albert Phelipot), drum-machine-200, Impro-Visor | 547 patterns | \
CC BY-SA, MIT, GPL-2 |
"""

TUNES = "33,218 pieces, renderings included: 1,203,648 bars; 81 of 100 train.\n"

TEXT = """\
# {title}

`{name}`: a hierarchical variational autoencoder over four bars of melody, bass and drums in five \
metres, and a surrogate encoder that goes from a melody (as far as it was heard), a style and \
chords (as far as they are given) to the same latent code. Everything happens in a common key \
(C major, A minor); the program moves music there and back.

## Licence

{licence}. No file of the data is in this folder. Whether weights are a work derived from what \
they were trained on is not settled; so the folder carries the strictest licence among its \
sources, and is data beside the program, not part of it.

## Data

{sources}
{tunes}
Split by tune: a tune (with all of its variants, metres and renderings) whose `sha1(id)` ends in \
hex digit 0 or 1 is test, in 2 validation; the rest trains. The Groove MIDI Dataset keeps its own \
split. No figure was tuned on a test split; the game's pieces (Debian `simutrans-data`) were never \
trained on. Presets and directions come from training windows only.

## How it differs from MusicVAE

MusicVAE (Roberts et al. 2018, arXiv:1803.05428) is recurrent on both sides, with one code for a \
window. Here nothing is recurrent: residual layers read whole bars and whole windows, all steps of \
a bar are decoded at once. Its token classes for melody and bass are kept; drums are nine bits a \
step instead of one of 512 masks, so that a pattern nobody played can be held; the bass is held \
relative to its chords; the network is told the metre. The code has two levels: {coarse} numbers \
for \
all four bars, and for each bar {fine} of melody, bass and drums: {latent} in all. The coarse \
code is \
what is drawn, walked and steered; alone it decodes to likely music. The fine codes add what these \
very bars have. Steps of a bar are drawn each by itself; impossible hits and hits off the grid of \
8ths in draws stand beside those of real bars below.

## Networks

| graph | kB |
|---|---|
{sizes}

Large matrices are stored as int8 with a scale a unit and the rest in half precision; the network \
was rounded to these values before it was measured, so that nothing is lost between the figures \
and the file. In memory they are single.

A style is the code of four bars of bass and drums that begin where their groove does. The \
surrogate is told the bar of the groove that a window begins with, and the style turned to it; it \
learns what the melody and the chords change in the style, and copies it otherwise. `earlier.onnx` \
decodes the codes of this model's earlier version ({earlier} numbers, one level), so that files \
made \
with it can be moved here.

Chord reader (`harmony.onnx`): BiLSTMs over half bars, which vote; they hear up to 24 bars and \
name \
two chords a bar, of bars not yet heard too. What it names is given to the surrogate as a player's \
chords would be; where more than a line sounds, the program's own ears read the chords instead.

Touch (`feel.onnx`): a small conditional variational autoencoder from a bar's pattern, a tempo \
and {drummer} numbers that stand for a drummer to each hit's velocity and offset. {touch}

The autoencoder was trained in {minutes} minutes on one CPU core: {windows} windows in {steps} \
batches; averaged weights. The surrogate after it in {surrogate_minutes} minutes, \
{surrogate_steps} \
batches. {note}

## Figures

{split} split, {count} windows, temperature 0, through the ONNX graphs. *Events kept* is the \
share of \
the steps in which something happens, before or after, that come back as they were.

| what | figure | aim |
|---|---|---|
{rows}

Change from bar to bar: hits that differ between neighbouring bars of drums, over hits of either; \
lower quartile, median, upper quartile.

| of | change |
|---|---|
{changes}

{odd}One thread, p50 / p99 in ms on the machine that made this card, while it did other work: \
{speed}.

## Presets

{presets}

## Limits

- Bars of 16 steps, or of 12 in 3/4, 6/8, 12/8 and triplets: nothing finer, no 5/4 or 7/8.
- Most accompaniments in training were rendered by a program from chord symbols; 182 pieces were \
written by people. A style that is taken from a piece is copied about as well as by copying its \
bars; the surrogate knows no better than that yet.
- The chord reader hears a single line. It is surest of folk tunes: roots heard in {melody}. The
  figures above are of all test tunes together, most of them songs of the romantic age.
- The window is four bars. What came before is for the program to remember.

## Rebuild

```
python -m tools.data.build_dataset --data DATA --rendered RENDERED --midi MIDI --grooves GROOVES \\
  --patterns PATTERNS --out WORK/data
python -m tools.train.two_level --data WORK/data --out WORK/run --minutes {minutes}
python -m tools.train.two_level_surrogate --data WORK/data --model WORK/run --out WORK/surrogate \\
  --minutes {surrogate_minutes}
python -m tools.train.chord_reader --data WORK/data --nets 2 --steps 3000 --out WORK/harmony
python -m tools.train.drum_touch --grooves GROOVES --out WORK/feel
python -m tools.export.two_level_folder --data WORK/data --model WORK/run \\
  --surrogate WORK/surrogate \\
  --harmony WORK/harmony --feel WORK/feel --from onnx/{name} --out onnx/{name}
python -m tools.export.statistics --data WORK/data --model onnx/{name} --write
python -m tools.export.directions --data WORK/data --model onnx/{name} --write
python -m tools.train.prior --data WORK/data --model onnx/{name} --out WORK/prior \\
  --minutes 14 --write
python -m tools.data.build_fills --grooves GROOVES --write
python -m tools.evaluate --data WORK/data --model onnx/{name} --pieces PIECES \\
  --out WORK/figures.json
python -m tools.evaluate.two_level --data WORK/data --model onnx/{name} > WORK/kept.json
python -m tools.evaluate.drummer --model onnx/{name} > WORK/drummer.json
latent-bridge bench ears EARS --only melody --json > WORK/melody.json
python -m tools.evaluate.card --model onnx/{name} --training WORK/run --surrogate WORK/surrogate \\
  --figures WORK/figures.json --figures WORK/kept.json --figures WORK/drummer.json \\
  --figures WORK/melody.json
```

`DATA` holds `leads/*.jsonl` and `metres/*.jsonl`, `EARS` test pieces (docs/benchmarks.md), \
`RENDERED` what `tools.data.render_leads` made of the leads with MMA, `MIDI` trios as MIDI files, \
`PATTERNS` `drums-*.jsonl`; each command has `--help`. Training goes on from its checkpoint when \
it is started again.
"""


def flat(figures: Figures, before: str = "") -> Figures:
    """Nested figures with their keys joined by dots; lists and numbers stay."""
    out: Figures = {}
    for key, value in figures.items():
        if isinstance(value, dict):
            out |= flat(value, f"{before}{key}.")
        else:
            out[f"{before}{key}"] = value
    return out


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


def changes(figures: Figures) -> str:
    """The rows of the table of changes, for those that are there."""
    return "\n".join(
        f"| {text} | {' / '.join(f'{v:.2f}' for v in figures[key])} |"
        for key, text in CHANGES
        if key in figures
    )


def odd_text(figures: Figures) -> str:
    """Signs of drums drawn drum by drum, as a sentence; empty without them."""
    kinds = ("three_hands", "both_hats", "off_beat_16ths")
    pairs = [[figures.get(f"draws.odd_hits.{of}.{k}") for of in ("prior", "real")] for k in kinds]
    if any(value is None for pair in pairs for value in pair):
        return ""
    told = (f"{text} {drawn:.3f} (real bars {real:.3f})" for text, (drawn, real) in zip(
        ("steps with hits for three hands or more", "both hats at once",
         "hits on off-beat 16ths"), pairs, strict=True,
    ))  # fmt: skip
    return f"In draws, of the steps or hits: {', '.join(told)}.\n\n"


def melody_text(figures: Figures) -> str:
    """The roots heard in melodies alone, by source (``latent-bridge bench ears --only melody``)."""
    found = {k: v["root"] for k, v in figures.get("melody", {}).items() if isinstance(v, dict)}
    return ", ".join(f"{name} {root:.2f}" for name, root in found.items()) or "not measured"


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


def last_row(training: Path) -> Figures:
    """The last line of a training log."""
    text = (training / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    row: Figures = json.loads(text)
    return row


def card(folder: Path, figures: Figures, log: Figures, surrogate: Figures, note: str = "") -> str:
    """The card's text. ``log`` and ``surrogate`` are the last lines of the trainings' logs."""
    spec = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))
    files = [graph["file"] for graph in spec["graphs"].values()]
    sizes = "\n".join(f"| `{f}` | {(folder / f).stat().st_size / 1000:.0f} |" for f in files)
    with np.load(folder / "styles.npz", allow_pickle=False) as styles:
        told = zip(styles["names"], styles["metre"], styles["tempo"], strict=True)
        presets = ", ".join(f"{n} ({metre}, {tempo:.0f})" for n, metre, tempo in told) + " (BPM)."
    speed = figures.get("speed", {})
    values = flat(figures)
    return TEXT.format(
        title=spec["title"],
        name=spec["name"],
        licence=spec["licence"].split(" (")[0],
        sources=SOURCES,
        tunes=TUNES,
        sizes=sizes,
        note=note,
        coarse=spec["coarse"],
        fine=", ".join(str(size) for size in spec["fine"].values()),
        latent=spec["latent"],
        earlier=spec.get("earlier", 0),
        minutes=round(log["minutes"]),
        windows=f"{log['step'] * TwoLevelTraining().batch:,}",
        steps=f"{log['step']:,}",
        surrogate_minutes=round(surrogate["minutes"]),
        surrogate_steps=f"{surrogate['step']:,}",
        split=str(figures.get("split", "?")).capitalize(),
        count=figures.get("windows", "?"),
        rows=rows(values),
        changes=changes(values),
        odd=odd_text(values),
        melody=melody_text(figures),
        drummer=DRUMMER_WIDTH,
        touch=touch_text(figures),
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
    parser.add_argument("--figures", type=Path, action="append", required=True,
                        help="JSON of a command that measures; give all")  # fmt: skip
    parser.add_argument("--training", type=Path, required=True, help="folder of the training log")
    parser.add_argument("--surrogate", type=Path, required=True, help="the surrogate's")
    parser.add_argument("--note", default="", help="a sentence on how the training went")
    args = parser.parse_args()
    figures: Figures = {}
    for path in args.figures:
        found = json.loads(path.read_text(encoding="utf-8"))
        figures |= {"feel": found} if path.stem == "feel" else found
    logs = (last_row(folder) for folder in (args.training, args.surrogate))
    text = card(args.model, figures, *logs, note=args.note)
    old = args.model / "CARD.md"
    if old.exists():
        kept = marked_sections(old.read_text(encoding="utf-8"))
        text += "".join(f"\n{section}\n" for section in kept)
    write_whole(old, text.encode())
    print(f"written: {old}")


if __name__ == "__main__":
    main()
