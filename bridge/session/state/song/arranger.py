"""The arranger: variation, intro, break, ending, memories, audition, and what of it is pending."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import structs

from bridge.controllers.memories import Memories, Memory, Variation
from bridge.session.state.song.form_position import LiveForm
from bridge.session.state.value import Value

PHRASES: Final = (2, 4, 8)
"""Bars of a phrase that a player can choose: an ending begins with the next phrase."""


class PassageKind(StrEnum):
    """A passage that takes the place of the variation for some bars."""

    INTRO = "intro"
    BREAK = "break"


class Passage(msgspec.Struct, frozen=True):
    """An intro or a break: ``bars`` bars from bar ``since`` on; 0 bars: until it is ended."""

    kind: PassageKind
    since: int
    bars: int

    @property
    def end(self) -> int | None:
        """The bar after its last; None while it goes on."""
        return self.since + self.bars if self.bars else None

    def holds(self, bar: int) -> bool:
        """True if ``bar`` lies in it."""
        return bar >= self.since and (self.end is None or bar < self.end)


class Audition(msgspec.Struct, frozen=True):
    """A style that is tried: the style and the swing from ``before``, to go back to, and the swing
    that came with the style on trial."""

    style: str
    style_before: str
    swing_before: float
    swing: float


class FormChange(msgspec.Struct, frozen=True):
    """The form from the next bar on; None: none any more."""

    form: LiveForm | None


class Arranger(Value, frozen=True):
    """The arranger's state.

    ``variation`` plays since bar ``since``, from which its bars are counted; ``coming`` is the one
    asked for (None: none), that begins at the next bar line. ``passage`` is the intro or break
    that plays or comes. ``ending`` is the bar of the ending (-1: none is asked for). ``intro``:
    the next start begins with an intro. ``memories`` are those stored, ``recalled`` the one that
    takes effect at the next bar line (None: none), ``touched`` the number of the last one chosen
    (0: none); ``storing``: the next number stores. ``audition`` is the style on trial.

    ``form`` is the form that is gone through, ``chosen`` one that waits for its start, ``turn`` a
    change of form at the next bar line. ``phrase_bars`` is the length of a phrase,
    ``intro_bars`` that of an intro, ``count_in`` the bars of clicks before the music;
    ``break_drums``: drums play on in a break.
    """

    variation: Variation = Variation.B
    since: int = 0
    coming: Variation | None = None
    passage: Passage | None = None
    ending: int = -1
    intro: bool = False
    memories: Memories = msgspec.field(default_factory=dict)
    recalled: Memory | None = None
    touched: int = 0
    storing: bool = False
    audition: Audition | None = None
    form: LiveForm | None = None
    chosen: LiveForm | None = None
    turn: FormChange | None = None
    phrase_bars: int = 4
    intro_bars: int = 4
    count_in: int = 0
    break_drums: bool = False

    def fresh(self, bar: int) -> Arranger:
        """The arranger when a take begins at ``bar``: with the intro, if one was asked for."""
        intro = Passage(PassageKind.INTRO, bar, self.intro_bars) if self.intro else None
        return self.settled(bar).but(
            passage=intro, ending=-1, intro=False, since=bar + (self.intro_bars if intro else 0)
        )

    def settled(self, bar: int) -> Arranger:
        """The arranger at the line of ``bar``: the variation asked for has begun, and a passage
        that is over is gone."""
        changes: dict[str, object] = {}
        if self.coming is not None:
            changes |= {"variation": self.coming, "since": bar, "coming": None}
        passage = self.passage
        if passage is not None and passage.end is not None and bar >= passage.end:
            changes["passage"] = None
            if passage.kind is PassageKind.INTRO:
                changes["since"] = max(self.since, passage.end)
        return self.but(**changes) if changes else self

    def with_memory(self, number: int, memory: Memory | None) -> Arranger:
        """The arranger with a memory stored under its number, or (None) forgotten."""
        kept: Mapping[int, Memory] = {n: m for n, m in self.memories.items() if n != number}
        new = kept if memory is None else {**kept, number: memory}
        return self.but(memories=dict(sorted(new.items())), storing=False)

    def with_recalled(self, **changes: object) -> Arranger:
        """The arranger with another value in the memory that is recalled: it was chosen later."""
        assert self.recalled is not None
        return self.but(recalled=structs.replace(self.recalled, **changes))

    def jumped(self) -> Arranger:
        """The arranger after the music jumped or stopped: bars counted ahead mean nothing."""
        return self.but(passage=None, ending=-1, since=0)

    def over(self, bar: int) -> bool:
        """True if ``bar`` lies after the ending."""
        return 0 <= self.ending < bar
