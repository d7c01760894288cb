"""The options of ``latent-bridge play`` about the arranger, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import click

from bridge.cli.shared.option_groups import option, option_list
from bridge.controllers.catalog import TRANSPOSE, control_range
from bridge.controllers.memories import MEMORIES, Variation
from bridge.files.settings import Settings
from bridge.session.messages.arranger_commands import Intro, RecallMemory
from bridge.session.messages.commands import Command, SetControl
from bridge.session.state.song.arranger import PHRASES

ARRANGER: Final = "Arranger"
_RANGE: Final = control_range(TRANSPOSE)

arranger_options = option_list(
    option("--variation", group=ARRANGER, type=click.Choice([v.value for v in Variation]),
           help="The variation of the style to begin in: sparse (A) to full (D)."),
    option("--intro", group=ARRANGER, is_flag=True,
           help="Begin with an intro."),
    option("--phrase", "phrase", group=ARRANGER, type=click.Choice([str(n) for n in PHRASES]),
           help="Bars of a phrase: an ending that is asked for comes with the next."),
    option("--memory", group=ARRANGER, type=click.IntRange(1, MEMORIES), metavar="NUMBER",
           help="Begin with a one-touch memory: its style, place, knobs, tempo, mutes, chords."),
    option("--transpose", group=ARRANGER, metavar="SEMITONES",
           type=click.IntRange(int(_RANGE.low), int(_RANGE.high)),
           help="Semitones that the band sounds higher than you play; negative: lower."),
    option("--metronome/--no-metronome", group=ARRANGER, default=None,
           help="A click on every beat.  [default: by the settings]"),
    option("--click", group=ARRANGER, metavar="PORT",
           help="Output of the metronome: 'drums' (with the drums), 'sound', or a port."),
)  # fmt: skip


def with_arranger(settings: Settings, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the settings that the options replace."""
    arranger, metronome = settings.arranger, settings.metronome
    if flags["variation"]:
        arranger = replace(arranger, variation=flags["variation"])
    if flags["phrase"]:
        arranger = replace(arranger, phrase_bars=int(flags["phrase"]))
    if flags["metronome"] is not None:
        metronome = replace(metronome, play=flags["metronome"])
    if flags["click"]:
        metronome = replace(metronome, port=flags["click"])
    return {"arranger": arranger, "metronome": metronome}


def arranger_commands(flags: Mapping[str, Any]) -> tuple[Command, ...]:
    """The commands that the options ask for, before the music starts."""
    commands: list[Command] = []
    if flags["memory"] is not None:
        commands.append(RecallMemory(flags["memory"]))
    if flags["transpose"] is not None:
        commands.append(SetControl(TRANSPOSE, float(flags["transpose"])))
    if flags["intro"]:
        commands.append(Intro())
    return tuple(commands)
