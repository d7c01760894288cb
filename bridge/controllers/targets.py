"""The targets that a session has: listed, checked, and how a control is bound to one. Pure.

The targets themselves are in :mod:`bridge.controllers.catalog`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.catalog import CATALOG, DIRECTION, FAMILIES, NEURONS, SEEDS
from bridge.controllers.catalog_types import Members, TargetKind
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.learn import HeardControl
from bridge.errors import NameUnknown

PLACEHOLDERS: Final = tuple(family.pattern.name for family in FAMILIES)
"""The names of families, for a person: ``direction:NAME``."""


@dataclass(frozen=True, slots=True)
class Known:
    """The lists of a session that the members of families come from: the model's ``directions``,
    the number of its ``neurons`` and style ``axes``, its ``styles``; the player's ``anchors``;
    the form's ``sections``, and the ``forms`` to choose from."""

    directions: tuple[str, ...] = ()
    neurons: int = NEURONS
    axes: int = 0
    styles: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()

    def members(self) -> Mapping[Members, Iterable[str]]:
        """The names of members without the prefix of their family."""
        return {
            Members.DIRECTIONS: self.directions,
            Members.NEURONS: _numbers(self.neurons),
            Members.STYLES: self.styles,
            Members.ANCHORS: self.anchors,
            Members.SECTIONS: self.sections,
            Members.FORMS: self.forms,
            Members.AXES: _numbers(self.axes),
            Members.SEEDS: _numbers(SEEDS),
        }


def _numbers(highest: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, highest + 1))


def listed(known: Known) -> tuple[str, ...]:
    """All targets that can be listed, each once: controls, switches, then actions. Learning
    offers them, OSC takes and sends them, and mapping files are compared with them. Only
    random directions of other seeds exist besides."""
    names = (name for kind in TargetKind for name in _of_kind(kind, known))
    return tuple(dict.fromkeys(names))


def _of_kind(kind: TargetKind, known: Known) -> Iterator[str]:
    yield from CATALOG.names(kind)
    families = {family.members: family for family in CATALOG.families}
    for members, names in known.members().items():
        if families[members].pattern.kind is kind:
            yield from (families[members].prefix + name for name in names)


def is_numbered(name: str) -> bool:
    """True for a target with a number: a direction of a seed, a neuron, a style axis."""
    family = CATALOG.family_of(name)
    return family is not None and family.numbered


def is_action(name: str) -> bool:
    """True if a target is done, rather than set."""
    target = CATALOG.find(name)
    return target is not None and target.kind is TargetKind.ACTION


def check_target(name: str, directions: Iterable[str] | None = None) -> str:
    """The present name of a target. NameUnknown unless it is in the catalog or a member of a
    family; of directions only those in ``directions`` where these are known."""
    name = CATALOG.present_name(name)
    family = CATALOG.family_of(name)
    there = name in CATALOG.by_name or family is not None
    if family is not None and family.members is Members.DIRECTIONS and directions is not None:
        directions = tuple(directions)
        there = name.removeprefix(family.prefix) in directions
    if there:
        return name
    names = listed(Known(tuple(directions or ())))
    named = [p for p in PLACEHOLDERS if directions is None or p != f"{DIRECTION}NAME"]
    raise NameUnknown("target", name, (*names, *named))


def learned_binding(heard: HeardControl, target: str) -> Binding:
    """The binding of a control that was learned: a knob with a place of its own takes hold of
    the value when it reaches it."""
    coding = heard.coding or usual_coding(heard.kind, target)
    placed = coding is Coding.ABSOLUTE
    takeover = Takeover.PICKUP if placed else Takeover.NONE
    return Binding(target, heard.kind, heard.number, heard.channel, coding, takeover)


def usual_coding(kind: SourceKind, target: str) -> Coding:
    """The coding where a file names none: actions and pads are momentary, switches toggle, the
    rest is absolute."""
    found = CATALOG.find(target)
    if found is not None and found.kind is TargetKind.ACTION:
        return Coding.MOMENTARY
    if found is not None and found.kind is TargetKind.SWITCH:
        return Coding.TOGGLE
    return Coding.MOMENTARY if kind in (SourceKind.NOTE, SourceKind.PROGRAM) else Coding.ABSOLUTE
