"""``latent-bridge prior``: phrases sampled one after another by the model's prior."""

from __future__ import annotations

from typing import Any, Final

import click
import numpy as np

from bridge.cli.shared.anchors import anchor_code
from bridge.cli.shared.code_music import entry_of, finish
from bridge.cli.shared.file_types import Number
from bridge.cli.shared.model_options import CodeMusic, code_music_options
from bridge.cli.shared.models import open_codec, open_model
from bridge.cli.shared.option_groups import GroupedCommand, option, option_list
from bridge.cli.shared.options import LATENT
from bridge.cli.shared.output import check_out, report_progress
from bridge.latent.prior import MAX_STEPS, STEPS, continue_codes
from bridge.offline.compose import prior_of

NOTES_TEMPERATURE: Final = 0.0
"""Temperature of the decoder: the likeliest notes, so that seeds differ in their codes alone."""

prior_options = option_list(
    option("-n", "count", group=LATENT, type=click.IntRange(1, 512), default=8,
           show_default=True, help="Number of windows (of four bars each in the trio)."),
    option("--steps", group=LATENT, type=click.IntRange(1, MAX_STEPS), default=STEPS,
           show_default=True, help="Steps of the diffusion: fewer are faster."),
    option("--temperature", group=LATENT, type=Number(0.0, 2.0), default=1.0,
           show_default=True, help="Randomness of the prior; 0 takes the likeliest codes."),
    option("--normalize", group=LATENT, is_flag=True,
           help="Scale codes to the length that is usual for them."),
)  # fmt: skip


@click.command(cls=GroupedCommand)
@click.argument("past", nargs=-1, metavar="[ANCHOR]...")
@prior_options
@code_music_options
def prior(
    past: tuple[str, ...],
    count: int,
    steps: int,
    temperature: float,
    normalize: bool,
    **options: Any,
) -> None:
    """Sample phrases that follow one another as those of music do.

    Anchors (as for `interpolate`) are windows of the past: the phrases continue from them, and
    they are not written. The model needs a prior (docs/models.md).
    """
    music = CodeMusic(**options)
    check_out(music.out)
    model = open_codec(music.model, music.folder)
    known = prior_of(open_model(music.model, music.folder))
    played = [anchor_code(model, text) for text in past]
    before = np.stack(played) if played else np.zeros((0, model.spec.latent), np.float32)
    with report_progress(music.as_json, "window") as progress:
        codes = continue_codes(
            known, before, count, music.seed,
            steps=steps, temperature=temperature, normalize=normalize, progress=progress,
        )  # fmt: skip
    entry = entry_of(
        model, " ".join(("prior", *past)), codes, seed=music.seed,
        temperature=NOTES_TEMPERATURE, bpm=music.bpm, key=music.key, stride=0,
        metre=music.metre,
    )  # fmt: skip
    finish(model, [entry], entry, music.out, music.as_json)
