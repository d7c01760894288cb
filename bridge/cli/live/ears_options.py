"""The options of ``latent-bridge play`` about what the band hears, and the ears that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import click

from bridge.cli.shared.file_types import Number
from bridge.cli.shared.option_groups import option, option_list
from bridge.cli.shared.options import BPM_RANGE
from bridge.listening.ears import BassMove, Ears
from bridge.listening.live_chord import ListenMode

HEARING: Final = "What the band hears"
LISTEN: Final = "listen"
"""The value of ``--tempo`` that lets the player's notes give the tempo."""


class ListenOrBpm(Number):
    """``listen``, or a tempo in beats per minute."""

    name = "tempo"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """``listen`` as it is, else the number; a usage error where it is neither."""
        return value if value == LISTEN else super().convert(value, param, ctx)


def with_tempo(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The options with a number that was given as ``--tempo`` as ``--bpm``."""
    if flags["tempo"] in (None, LISTEN):
        return dict(flags)
    if flags["bpm"] is not None:
        raise click.UsageError("--bpm and --tempo are both given: leave one out")
    return {**flags, "bpm": flags["tempo"], "tempo": None}


ears_options = option_list(
    option("--listen", group=HEARING, metavar="PORT", multiple=True,
           help="Hear another track of the session on this input: it counts as harmony and is "
                "not accompanied. May be given again."),
    option("--hear", group=HEARING, type=click.Choice([m.value for m in ListenMode]),
           default=ListenMode.AUTO.value, show_default=True,
           help="The keys that chords are heard from: the left hand where the hands are apart "
                "(auto), all, the left hand, or none (the melody alone)."),
    option("--hold-chord/--no-hold-chord", "hold", group=HEARING, default=True, show_default=True,
           help="The last chord goes on when the left hand lifts."),
    option("--bass-moves", group=HEARING, type=click.Choice([m.value for m in BassMove]),
           default=BassMove.AT_ONCE.value, show_default=True,
           help="Time at which the sounding bass note follows a new chord."),
    option("--lay-out/--no-lay-out", "lay_out", group=HEARING, default=True, show_default=True,
           help="Our bass or drums are silent while a track of --listen plays theirs."),
    option("--tempo", group=HEARING, metavar="listen",
           type=ListenOrBpm(BPM_RANGE.min, BPM_RANGE.max),
           help="Find tempo and bar line in what you play first; then the band enters. A number "
                "is the same as --bpm."),
    option("--follow-tempo", group=HEARING, is_flag=True,
           help="The tempo follows your slow drift, within 4 percent."),
)  # fmt: skip


def ears_of(flags: Mapping[str, Any]) -> Ears:
    """The ears that the options ask for."""
    ears = Ears(
        mode=ListenMode(flags["hear"]),
        hold=flags["hold"],
        bass=BassMove(flags["bass_moves"]),
        lay_out=flags["lay_out"],
    )
    return replace(ears, tempo=replace(ears.tempo, follows=flags["follow_tempo"]))
