"""The form of the catalog: what an entry says, families of entries, and finding one by name.

The entries themselves are in :mod:`bridge.controllers.catalog`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class TargetKind(StrEnum):
    """The use of a target. CONTROL: set to a value of its range. SWITCH: on or off.
    ACTION: done once, each time a key or button goes down."""

    CONTROL = "control"
    SWITCH = "switch"
    ACTION = "action"


class TargetGroup(StrEnum):
    """The heading under which a target is explained."""

    TEMPO = "Tempo and transport"
    BAND = "The band"
    ARRANGER = "The arranger"
    EARS = "What the band hears"
    MIXER = "The mixer"
    POINT = "Places of the band"
    WALKS = "Walks of the band"
    SAMPLES = "Ideas of the model"
    FORM = "Form and chords"
    DAW = "The DAW"


class Needs(StrEnum):
    """The condition for a target to have an effect, in the words of the pages."""

    NOTHING = ""
    OWN_CLOCK = "not while a master's clock is followed"
    TWO_ANCHORS = "needs two saved places"
    WALK = "while the band walks by itself"
    STEPPING_WALK = "walks `brownian` and `mimic`"
    APART_WALK = "walk `apart`"
    FIGURE_WALK = "walks `orbit`, `drift`, `lissajous` and `anchors`"
    LISSAJOUS_WALK = "walk `lissajous`"
    PRIOR_WALK = "walk `prior`"
    MIMIC_WALK = "walk `mimic`"
    FORM = "while a form runs"
    DAW = "with `--daw`"


class Members(StrEnum):
    """The lists of a session that the members of families come from."""

    DIRECTIONS = "directions"
    NEURONS = "neurons"
    STYLES = "styles"
    ANCHORS = "anchors"
    SECTIONS = "sections"
    FORMS = "forms"
    AXES = "axes"
    SEEDS = "seeds"


class ControlRange(NamedTuple):
    """The lowest, highest and default value of a control, in its own unit."""

    low: float
    high: float
    default: float


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that can be moved or done.

    ``title`` is the name that people see, ``short`` one of a word or two for narrow columns (its
    name unless one is given), ``explanation`` one line on the effect. ``low``,
    ``high`` and ``default`` are in ``unit`` and mean something for a CONTROL only; the default
    is where the control stands before anything has moved it. ``asks_model``: the bar to come
    has to be made by the model again when it moves; otherwise the notes are only played
    differently. ``aliases`` are names that it had before, which still work.
    """

    name: str
    kind: TargetKind
    group: TargetGroup
    title: str
    explanation: str
    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    unit: str = ""
    needs: Needs = Needs.NOTHING
    asks_model: bool = False
    aliases: tuple[str, ...] = ()
    short: str = ""

    @property
    def range(self) -> ControlRange:
        """Its lowest, highest and default value."""
        return ControlRange(self.low, self.high, self.default)


@dataclass(frozen=True, slots=True)
class TargetFamily:
    """Targets that share a prefix: ``direction:NAME`` for each direction of the model.

    ``names`` matches the names of members; its group is what follows the prefix. ``members``
    says which of them a session lists; others whose names match may exist too. ``pattern`` is
    the target that stands for all: its name has a placeholder after the prefix, and all but its
    name and titles are true of each member.
    """

    prefix: str
    names: re.Pattern[str]
    members: Members
    pattern: Target

    @property
    def numbered(self) -> bool:
        """True if members are counted (neurons, axes, seeds) rather than named."""
        return self.members in (Members.NEURONS, Members.AXES, Members.SEEDS)

    def member(self, name: str) -> Target | None:
        """The member of that name; None when the name is none of this family's."""
        found = self.names.fullmatch(name)
        if found is None:
            return None
        own = found[1].replace("_", " ")
        if not self.numbered:
            return replace(self.pattern, name=name, title=own, short=own)
        title, short = self.pattern.title, self.pattern.short
        return replace(self.pattern, name=name, title=f"{title} {own}", short=f"{short} {own}")


@dataclass(frozen=True)
class Catalog:
    """The targets that every session has, and the families of those that depend on it."""

    targets: tuple[Target, ...]
    families: tuple[TargetFamily, ...]

    @cached_property
    def by_name(self) -> dict[str, Target]:
        """The targets by name, in the order of the catalog, without aliases or members."""
        return {target.name: target for target in self.targets}

    @cached_property
    def by_alias(self) -> dict[str, str]:
        """From names of former versions to the present ones."""
        return {alias: target.name for target in self.targets for alias in target.aliases}

    def family_of(self, name: str) -> TargetFamily | None:
        """The first family that has a member of that name."""
        if name in self.by_name:
            return None
        return next((family for family in self.families if family.names.fullmatch(name)), None)

    def find(self, name: str) -> Target | None:
        """The target of a name, a former name too; None when there is none."""
        name = self.present_name(name)
        family = self.family_of(name)
        return self.by_name.get(name) if family is None else family.member(name)

    def present_name(self, name: str) -> str:
        """The name that a target has now; any other name stays as it is."""
        return self.by_alias.get(name, name)

    def short_title(self, name: str) -> str:
        """A word or two for the target of a name, or that name where it is no target's."""
        target = self.find(name)
        return name if target is None else target.short or target.name

    def full_title(self, name: str) -> str:
        """The title of the target of a name, which for a member of a family with names says what it
        is (``style jazz``); that name where it is no target's."""
        target, family = self.find(name), self.family_of(self.present_name(name))
        if target is None:
            return name
        if family is None or family.numbered or target.kind is not TargetKind.ACTION:
            return target.title
        return f"{family.pattern.title} {target.title}"

    def hint(self, name: str) -> str:
        """A line for a person who used a former name; empty for any other name."""
        now = self.present_name(name)
        return "" if now == name else f"the target {name!r} is called {now!r} now"

    def names(self, kind: TargetKind) -> tuple[str, ...]:
        """The names of the targets of a kind, without members of families."""
        return tuple(target.name for target in self.targets if target.kind is kind)

    def ranges(
        self, groups: Iterable[TargetGroup], needs: Iterable[Needs] = tuple(Needs)
    ) -> dict[str, ControlRange]:
        """The ranges of the controls of these groups that need one of these."""
        groups, needs = tuple(groups), tuple(needs)
        return {
            target.name: target.range
            for target in self.targets
            if target.kind is TargetKind.CONTROL
            and target.group in groups
            and target.needs in needs
        }
