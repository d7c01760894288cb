"""Options of commands that make music of codes with a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.cli.shared.file_types import Number
from bridge.cli.shared.option_groups import option, option_list
from bridge.cli.shared.options import BPM, JSON, KEY, LIBRARY, METRE, MODEL, MUSIC, OUT, SEED
from bridge.model import library
from bridge.model.answering.answer import MAX_TEMPERATURE

MODEL_NAME = option(
    "--model", group=MODEL, default=library.DEFAULT, show_default=True,
    help="A model of the library.",
)  # fmt: skip
FILES_MODEL = option(
    "--model", group=MODEL, default=None, help="A model of the library. [default: the file's]"
)
TEMPERATURE = option(
    "--temperature", group=MUSIC, type=Number(0.0, MAX_TEMPERATURE), default=0.5,
    show_default=True, help="Randomness of the choice of notes; 0 takes the likeliest.",
)  # fmt: skip
code_music_options: Final = option_list(SEED, BPM, KEY, METRE, MODEL_NAME, LIBRARY, OUT, JSON)
"""The options of :class:`CodeMusic`."""


@dataclass(frozen=True)
class CodeMusic:
    """Values of :data:`code_music_options`: the model that decodes codes, and the result's file.

    ``out`` is a MIDI or code file, None to keep the result in the history only; ``bpm`` is in
    beats per minute; ``key`` is empty for C; ``metre`` is None for 4/4;
    ``folder`` is None for the usual library.
    """

    out: Path | None
    seed: int
    bpm: float
    key: str
    model: str
    folder: Path | None
    as_json: bool
    metre: str | None = None
