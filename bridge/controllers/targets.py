"""The names of what a mapped control can move. Pure; the session knows what they do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.learn import HeardControl
from bridge.errors import NameUnknown

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
    "clear chords",
    "capture",
    "drop anchor",
    "draw code",
    "set a",
    "set b",
    "travel",
    "back",
    "pathway",
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
RANDOM: Final = re.compile(r"direction:random:(\d{1,9})")
NEURON: Final = re.compile(r"neuron:([1-9]|1[0-6])")
AXIS: Final = re.compile(r"style:([1-9]\d{0,2})")
"""Targets with a range by their number: directions of a seed, the dimensions that carry the
music, the style space's axes."""
NEURONS: Final = 16
SEEDS: Final = 8
"""So many random directions are listed; any other seed can be named too."""
PLACEHOLDERS: Final = (
    *(f"{DIRECTION}NAME", f"{DIRECTION}random:SEED"),
    *(f"{STYLE}NAME", f"{STYLE}NUMBER", "anchor:NAME", f"{SECTION}NAME"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the list of targets depends on: the model's ``directions``, how many ``neurons`` and
    style ``axes`` it has, its ``styles``; the player's ``anchors``; the form's ``sections``."""

    directions: tuple[str, ...] = ()
    neurons: int = NEURONS
    axes: int = 0
    styles: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


def listed(known: Known) -> tuple[str, ...]:
    """All targets that can be listed, each once: what learning offers, OSC tells and takes,
    and mapping files are compared with. Beside these there are only other seeds."""
    names = (
        *VALUES,
        *(DIRECTION + name for name in known.directions),
        *(f"neuron:{number}" for number in range(1, known.neurons + 1)),
        *SWITCHES,
        *ACTIONS,
        *(f"mode:{mode}" for mode in MODES),
        *(STYLE + name for name in known.styles),
        *(f"anchor:{name}" for name in known.anchors),
        *(SECTION + name for name in known.sections),
        *(f"{STYLE}{number}" for number in range(1, known.axes + 1)),
        *(f"{DIRECTION}random:{seed}" for seed in range(1, SEEDS + 1)),
    )
    return tuple(dict.fromkeys(names))


def is_numbered(target: str) -> bool:
    """Whether a target is one of a number: a direction of a seed, a neuron, a style axis."""
    return any(pattern.fullmatch(target) for pattern in (RANDOM, NEURON, AXIS))


def is_action(target: str) -> bool:
    """Whether a target is done, rather than set."""
    return target in ACTIONS or (target.startswith(NAMED) and not AXIS.fullmatch(target))


def check_target(name: str, directions: Iterable[str] | None = None) -> None:
    """NameUnknown unless ``name`` is in the list, a target of a number, or ``style:NAME``,
    ``anchor:NAME``, ``section:NAME`` or ``direction:NAME``, of ``directions`` where they are
    known."""
    names = listed(Known(tuple(directions or ())))
    if name in names or is_numbered(name):
        return
    if directions is None and name.startswith(DIRECTION) and name != DIRECTION:
        return
    if name.startswith(NAMED[:3]) and name not in NAMED:
        return
    more = PLACEHOLDERS if directions is None else PLACEHOLDERS[1:]
    raise NameUnknown("target", name, (*names, *more))


def learned_binding(heard: HeardControl, target: str) -> Binding:
    """The binding of a control that was learned: a knob with a place of its own picks the
    value up where it stands."""
    coding = heard.coding or usual_coding(heard.kind, target)
    placed = coding is Coding.ABSOLUTE
    takeover = Takeover.PICKUP if placed else Takeover.NONE
    return Binding(target, heard.kind, heard.number, heard.channel, coding, takeover)


def usual_coding(kind: SourceKind, target: str) -> Coding:
    """The coding where a file names none."""
    if is_action(target):
        return Coding.MOMENTARY
    if target in SWITCHES:
        return Coding.TOGGLE
    return Coding.MOMENTARY if kind in (SourceKind.NOTE, SourceKind.PROGRAM) else Coding.ABSOLUTE
