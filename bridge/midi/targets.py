"""The names of what a mapped control can move. Pure; the session knows what they do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bridge.errors import NameUnknown
from bridge.midi.control import Binding, Coding, Takeover
from bridge.midi.learn import Heard
from bridge.midi.sources import Kind

VALUES: Final = (
    "tempo",
    "temperature",
    "variation",
    "swing",
    "humanize",
    "fills",
    "volume melody",
    "volume bass",
    "volume drums",
    "morph",
    "glide",
    "walk",
    "restlessness",
    "restless drums",
    "restless bass",
    "listen drums",
    "listen bass",
    "lean drums",
    "lean bass",
    "walk bars",
    "surprise",
    "return",
    "neuron x",
    "neuron y",
)
"""Targets that have a range; ``direction:NAME``, of the model's directions, has one too. Those
from ``walk`` on are there while a walk is."""
SWITCHES: Final = ("play", "mute melody", "mute bass", "mute drums")
"""Targets that are on or off."""
ACTIONS: Final = (
    "start",
    "stop",
    "panic",
    "tap",
    "fill",
    "clear",
    "capture",
    "drop anchor",
    "draw code",
    "set a",
    "set b",
    "travel",
    "back",
    "next section",
    "previous section",
    "hold section",
    "save anchor",
    "reset point",
    "undo point",
    "next style",
    "previous style",
)
"""Targets that are done when a key or button goes down; so are those of ``NAMED``."""
DIRECTION: Final = "direction:"
STYLE: Final = "style:"
SECTION: Final = "section:"
NAMED: Final = (STYLE, "anchor:", SECTION, "mode:")
"""What comes before a name in targets that are done: a style, an anchor, a section, a mode."""
MODES: Final = ("follow", "loop", "respond", "tap")
RANDOM: Final = re.compile(r"direction:random:\d{1,9}")
NEURON: Final = re.compile(r"neuron:([1-9]|1[0-6])")
AXIS: Final = re.compile(r"style:[1-9]\d{0,2}")
"""Targets with a range that every model has: directions by a seed, the style space's axes."""


def is_action(target: str) -> bool:
    """Whether a target is done, rather than set."""
    return target in ACTIONS or (target.startswith(NAMED) and not AXIS.fullmatch(target))


def check_target(name: str, directions: Iterable[str] | None = None) -> None:
    """NameUnknown unless ``name`` is a control, a switch, an action, ``style:NAME`` (or a
    number: an axis of the styles), ``anchor:NAME``, ``mode:NAME`` or ``direction:NAME``, of
    ``directions`` where they are known, or ``direction:random:SEED``."""
    if name in (*VALUES, *SWITCHES, *ACTIONS) or RANDOM.fullmatch(name) or NEURON.fullmatch(name):
        return
    known = None if directions is None else [DIRECTION + each for each in directions]
    if name.startswith(DIRECTION) and name != DIRECTION and (known is None or name in known):
        return
    modes = [f"mode:{mode}" for mode in MODES]
    if name in modes or (name.startswith(NAMED[:3]) and name not in NAMED):
        return
    listed = [f"{DIRECTION}NAME"] if known is None else known
    listed += [
        f"{DIRECTION}random:SEED",
        "neuron:1",
        f"{STYLE}NAME",
        f"{STYLE}NUMBER",
        "anchor:NAME",
        *modes,
    ]
    listed += [f"{SECTION}NAME"]
    raise NameUnknown("target", name, (*VALUES, *listed, *SWITCHES, *ACTIONS))


def learned_binding(heard: Heard, target: str) -> Binding:
    """The binding of a control that was learned: a knob with a place of its own picks the
    value up where it stands."""
    coding = heard.coding or usual_coding(heard.kind, target)
    placed = coding is Coding.ABSOLUTE
    takeover = Takeover.PICKUP if placed else Takeover.NONE
    return Binding(target, heard.kind, heard.number, heard.channel, coding, takeover)


def usual_coding(kind: Kind, target: str) -> Coding:
    """The coding where a file names none."""
    if is_action(target):
        return Coding.MOMENTARY
    if target in SWITCHES:
        return Coding.TOGGLE
    return Coding.MOMENTARY if kind in (Kind.NOTE, Kind.PROGRAM) else Coding.ABSOLUTE
