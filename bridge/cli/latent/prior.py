"""``latent-bridge prior``: a course of phrases by the model's prior, from scratch or onward."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from bridge.cli.latent.sample import finish
from bridge.cli.shared import codes as cli
from bridge.cli.shared.models import open_codec, open_model
from bridge.cli.shared.options import BPM, JSON, KEY, LIBRARY, MODEL, OUT, SEED
from bridge.cli.shared.output import check_out, report_progress
from bridge.latent.prior import MAX_STEPS, STEPS, continue_codes
from bridge.offline.compose import prior_of

NOTES_TEMPERATURE = 0.0
"""What is likeliest is played: the course alone differs from seed to seed."""


@click.command()
@click.argument("past", nargs=-1, metavar="[ANCHOR]...")
@click.option("-n", "count", type=click.IntRange(1, 512), default=8, show_default=True,
              help="How many windows (of four bars, in the trio).")  # fmt: skip
@click.option("--steps", type=click.IntRange(1, MAX_STEPS), default=STEPS, show_default=True,
              help="Steps of the diffusion: fewer are faster.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0.0, 2.0), default=1.0, show_default=True,
              help="How surprising; 0 is the likeliest course.")  # fmt: skip
@click.option("--normalize", is_flag=True, help="Bring codes to the length that they usually have.")
@OUT
@SEED
@BPM
@KEY
@MODEL
@LIBRARY
@JSON
def prior(
    past: tuple[str, ...],
    count: int,
    steps: int,
    temperature: float,
    normalize: bool,
    out: Path | None,
    seed: int,
    bpm: float,
    key: str,
    model: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Sample phrases that follow one another as those of music do.

    With anchors (as for `interpolate`), each a window of the past, it goes on from there; they
    are not in what is written. The model needs a prior (docs/models.md).
    """
    if out is not None:
        check_out(out)
    opened = open_codec(model, folder)
    known = prior_of(open_model(model, folder))
    width = opened.spec.latent
    played = [cli.anchor(opened, text) for text in past]
    with report_progress(as_json, "window") as progress:
        codes = continue_codes(
            known, np.stack(played) if played else np.zeros((0, width), np.float32), count, seed,
            steps=steps, temperature=temperature, normalize=normalize, progress=progress,
        )  # fmt: skip
    entry = cli.entry_of(
        opened, " ".join(("prior", *past)), codes, seed=seed, temperature=NOTES_TEMPERATURE,
        bpm=bpm, key=key, stride=0,
    )  # fmt: skip
    finish(opened, [entry], entry, out, as_json)
