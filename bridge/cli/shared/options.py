"""Command-line options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.model import library
from bridge.model.answering import answer

MODEL = click.option(
    "--model", default=library.DEFAULT, show_default=True, help="A model of the library."
)
LIBRARY = click.option(
    "--library", "folder", type=click.Path(path_type=Path), help="A folder of models."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
SEED = click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed, another."
)
TEMPERATURE = click.option(
    "--temperature", type=click.FloatRange(0.0, answer.MAX_TEMPERATURE), default=0.5,
    show_default=True,
    help="How freely notes are chosen; 0 takes what is likeliest.",
)  # fmt: skip
OUT = click.option(
    "-o", "--out", type=click.Path(path_type=Path),
    help="A MIDI file, or a code file (.npz, .npy, .wav).",
)  # fmt: skip
BPM = click.option(
    "--bpm", type=click.FloatRange(30, 300), default=120.0, show_default=True, help="Tempo."
)
KEY = click.option("--key", default="", help="Where to play it, such as 'A minor'. [default: C]")
