"""Command-line options that several commands share, and the sections of help they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from bridge.cli.shared.file_types import OUTPUT_FILE, Number
from bridge.cli.shared.option_groups import option, option_list
from bridge.midi.drivers import MODULES
from bridge.music.grid import METRES
from bridge.timing.tempo import BPM_MAX, BPM_MIN, BPM_USUAL

PORTS: Final = "Ports"
CLOCK: Final = "Clock"
MUSIC: Final = "Music"
LATENT: Final = "Latent space"
MODEL: Final = "Model"
OUTPUT: Final = "Output"

BPM_RANGE: Final = Number(int(BPM_MIN), int(BPM_MAX))
"""Whole limits, so that help and errors say 30 and not 30.0."""

MIDI_BACKEND = option_list(
    option(
        "--backend", group=PORTS, default="", help="MIDI system: alsa, jack, coremidi or winmm."
    ),
    option(
        "--midi-driver", group=PORTS, default="", metavar="PACKAGE",
        help="MIDI driver: " + " or ".join(MODULES) + ". [default: the first installed]",
    ),
)  # fmt: skip
"""Given to the command as ``backend`` and ``midi_driver``."""
VIRTUAL_INPUT = click.option(
    "--virtual", is_flag=True, help="Open a virtual input that other programs connect to."
)
END_AFTER = click.option("--seconds", type=Number(min=0), help="End after this many seconds.")
LIBRARY_FOLDER = option(
    "--library", group=MODEL, type=click.Path(path_type=Path), help="Another folder of models."
)
"""Given to the command as ``library``."""
LIBRARY = option(
    "--library", "folder", group=MODEL, type=click.Path(path_type=Path),
    help="Another folder of models.",
)  # fmt: skip
"""Given to the command as ``folder``."""
JSON = option("--json", "as_json", group=OUTPUT, is_flag=True, help="Print one JSON object.")
SEED = option(
    "--seed", group=MUSIC, type=click.IntRange(0), default=1, show_default=True,
    help="Seed of all random choices: another seed gives another result.",
)  # fmt: skip
BPM = option(
    "--bpm", group=MUSIC, type=BPM_RANGE, default=BPM_USUAL, show_default=True,
    help="Tempo in beats per minute.",
)  # fmt: skip
METRE = option(
    "--metre", group=MUSIC, type=click.Choice(list(METRES)), default=None,
    help="Metre: 3/4, 6/8, 12/8, or 4/4t for 4/4 in triplets. [default: 4/4]",
)  # fmt: skip
FILES_METRE = option(
    "--metre", group=MUSIC, type=click.Choice(list(METRES)), default=None,
    help="Metre to take it in, as 3/4; 4/4t is 4/4 in triplets. [default: the file's]",
)  # fmt: skip
KEY = option(
    "--key", group=MUSIC, default="", help="Key to play it in, such as 'A minor'. [default: C]"
)
FILES_BPM = option(
    "--bpm", group=MUSIC, type=BPM_RANGE,
    help="Tempo in beats per minute. [default: the file's, else 120]",
)  # fmt: skip
FILES_KEY = option(
    "--key", group=MUSIC, default=None,
    help="Key to play it in, such as 'A minor'. [default: the file's, else C]",
)  # fmt: skip
OUT = option(
    "-o", "--out", group=OUTPUT, type=OUTPUT_FILE,
    help="A MIDI file, or a code file (.npz, .npy, .wav).",
)  # fmt: skip
