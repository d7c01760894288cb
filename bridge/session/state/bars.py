"""Generated bars, requests under way, the plan of the bars to come, and the looped phrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bridge.model.messages import BarTokens
from bridge.music.notes import Note
from bridge.session.state.code_player import ScoreBar
from bridge.session.state.value import Value

BARS_KEPT = 64
"""Bars before the one that plays that are kept: a jump back finds them."""
REQUESTS_REMEMBERED = 8
"""Requests whose results are still taken; older ones are stale."""


@dataclass(frozen=True, slots=True)
class GeneratedBar:
    """A bar that was generated: classes in the common key and how they were asked for.

    ``shift`` moved the played music into the common key; ``chords`` are the bar's two chord
    classes in the key as played; ``answer`` says whether its melody is played too; ``blind``
    that no key was known, so that the drums play alone; ``coded`` that it was decoded from a
    code, not from what was played; ``own_key`` that its melody is as it sounds. ``written`` are
    its notes, where it is a bar of a score.
    """

    tokens: BarTokens
    shift: int
    chords: tuple[int, ...]
    style: str
    answer: bool = False
    blind: bool = False
    coded: bool = False
    own_key: bool = False
    written: ScoreBar | None = None


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request under way: for ``bar``; its result may be placed from tick ``start`` on."""

    generation: int
    bar: int
    start: int
    shift: int
    style: str
    answer: bool
    index: int
    blind: bool = False
    patch: bool = False
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """The phrase that loops: ``notes`` lie in bars [start, start + bars)."""

    start: int
    bars: int
    notes: tuple[Note, ...]


class Plan(Value, frozen=True):
    """The bars that were generated, and the requests for those to come.

    ``first_bar_ready`` is a bar made before a start (or, while the music runs, the groove to
    fall back on). ``pending`` holds the requests under way by ``generation``, which counts all
    requests. ``last_asked`` is the bar of the last regular request and which of its two requests
    it was (1 or 2). ``needs_new_bar``: something that the coming bar depends on has changed.
    """

    bars: Mapping[int, GeneratedBar] = msgspec.field(default_factory=dict)
    first_bar_ready: GeneratedBar | None = None
    pending: Mapping[int, PendingRequest] = msgspec.field(default_factory=dict)
    generation: int = 0
    last_asked: tuple[int, int] = (-1, -1)
    needs_new_bar: bool = False

    def fresh(self, bar: int, first: GeneratedBar | None) -> Plan:
        """A new take that begins with ``first`` at ``bar``; results under way are stale."""
        return self.but(
            first_bar_ready=first,
            bars={} if first is None else {bar: first},
            pending={},
            last_asked=(-1, -1),
        )

    def jumped(self, bar: int, groove: GeneratedBar | None) -> Plan:
        """The music jumped to ``bar``, where ``groove`` plays on; later bars are made anew."""
        bars = self.bars if groove is None else {**self.bars, bar: groove}
        kept = {b: generated for b, generated in bars.items() if b <= bar}
        return self.but(bars=kept, pending={}, last_asked=(-1, -1))

    def with_bar(self, bar: int, generated: GeneratedBar) -> Plan:
        """A bar generated."""
        return self.but(bars={**self.bars, bar: generated})

    def with_first(self, generated: GeneratedBar | None) -> Plan:
        """The bar that the next start begins with, or the groove to fall back on."""
        return self.but(first_bar_ready=generated)

    def with_request(self, asked: PendingRequest) -> Plan:
        """A request goes out."""
        oldest = asked.generation - 1 - REQUESTS_REMEMBERED
        waiting = {g: a for g, a in self.pending.items() if g > oldest}
        return self.but(pending={**waiting, asked.generation: asked}, generation=asked.generation)

    def answered(self, generation: int) -> Plan:
        """The result of a request is here; requests before it are stale."""
        return self.but(pending={g: a for g, a in self.pending.items() if g > generation})

    def unanswered(self) -> Plan:
        """The worker is gone: no result will come of the requests under way."""
        return self.but(pending={})

    def asked_for(self, bar: int, which: int) -> Plan:
        """The first or second (1, 2) regular request for a bar goes out."""
        return self.but(last_asked=(bar, which))

    def outdated(self) -> Plan:
        """The coming bar depends on something that has changed."""
        return self.but(needs_new_bar=True)

    def up_to_date(self) -> Plan:
        """The coming bar is requested again."""
        return self.but(needs_new_bar=False)

    def without_old(self, bar: int) -> Plan:
        """Bars long before ``bar`` are dropped."""
        kept = {b: generated for b, generated in self.bars.items() if b >= bar - BARS_KEPT}
        return self if len(kept) == len(self.bars) else self.but(bars=kept)
