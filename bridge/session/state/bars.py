"""Generated bars, pending requests, the plan of the coming bars, and the looped phrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bridge.model.messages import BarTokens
from bridge.music.grid import FOUR_FOUR, Metre
from bridge.music.notes import Note
from bridge.session.state.code_player import ScoreBar
from bridge.session.state.value import Value

BARS_KEPT = 64
"""Past bars that are kept, so that a jump back plays them again."""
REQUESTS_REMEMBERED = 8
"""Pending requests whose results are still accepted; results of older ones are stale."""


@dataclass(frozen=True, slots=True)
class GeneratedBar:
    """A generated bar: classes in the common key, and the facts of its request.

    ``shift`` (semitones) moved the played music into the common key; ``chords`` are the bar's two
    chord classes in the played key. ``answer``: its melody is played too. ``drums_only``: no key
    was known, so only the drums play. ``from_code``: it was decoded from a given code, not from
    what was played. ``own_key``: its melody is not in the common key, so it is not transposed.
    ``written`` are its notes if it is a bar of a score. Its classes are in the steps of ``metre``.
    """

    tokens: BarTokens
    shift: int
    chords: tuple[int, ...]
    style: str
    answer: bool = False
    drums_only: bool = False
    from_code: bool = False
    own_key: bool = False
    written: ScoreBar | None = None
    metre: Metre = FOUR_FOUR


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request for ``bar`` whose result has not arrived; it is placed from tick ``start`` on.

    ``index`` is the bar's index in the window. ``patch``: it changes the bar that plays already.
    ``preview``: the bar is only looked at ahead, and requested again with what is heard until
    then. The other fields are those of the :class:`GeneratedBar` that it leads to.
    """

    generation: int
    bar: int
    start: int
    shift: int
    style: str
    answer: bool
    index: int
    drums_only: bool = False
    patch: bool = False
    from_code: bool = False
    metre: Metre = FOUR_FOUR
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A looped phrase: ``notes`` of the bars [start, start + bars)."""

    start: int
    bars: int
    notes: tuple[Note, ...]


class Plan(Value, frozen=True):
    """The generated bars, and the requests for the coming ones.

    ``first_bar_ready`` is the bar that the next start begins with (while the music runs: the
    groove to fall back on). ``pending`` holds the pending requests by ``generation``, the number
    of all requests so far. ``last_asked`` is the bar of the last regular request and which of its
    two requests it was (1 or 2). ``needs_new_bar``: something that the coming bar depends on has
    changed. ``previewed`` is the bar that was requested ahead, as the music is now (-1: none).
    """

    bars: Mapping[int, GeneratedBar] = msgspec.field(default_factory=dict)
    first_bar_ready: GeneratedBar | None = None
    pending: Mapping[int, PendingRequest] = msgspec.field(default_factory=dict)
    generation: int = 0
    last_asked: tuple[int, int] = (-1, -1)
    needs_new_bar: bool = False
    previewed: int = -1

    def fresh(self, bar: int, first: GeneratedBar | None) -> Plan:
        """The plan of a new take that begins with ``first`` at ``bar``; no request is pending."""
        return self.but(
            first_bar_ready=first,
            bars={} if first is None else {bar: first},
            pending={},
            last_asked=(-1, -1),
            previewed=-1,
        )

    def jumped(self, bar: int, groove: GeneratedBar | None) -> Plan:
        """The plan after a jump to ``bar``, where ``groove`` goes on; later bars are dropped."""
        bars = self.bars if groove is None else {**self.bars, bar: groove}
        kept = {b: generated for b, generated in bars.items() if b <= bar}
        return self.but(bars=kept, pending={}, last_asked=(-1, -1), previewed=-1)

    def from_bar(self, bar: int) -> Plan:
        """The plan without bars from ``bar`` on: they are to be made anew."""
        kept = {b: generated for b, generated in self.bars.items() if b < bar}
        return self.but(bars=kept, pending={}, last_asked=(-1, -1), previewed=-1)

    def with_bar(self, bar: int, generated: GeneratedBar) -> Plan:
        """The plan with a generated bar."""
        return self.but(bars={**self.bars, bar: generated})

    def with_first(self, generated: GeneratedBar | None) -> Plan:
        """The plan with another ``first_bar_ready``."""
        return self.but(first_bar_ready=generated)

    def with_request(self, pending: PendingRequest) -> Plan:
        """The plan with one more pending request; the oldest are forgotten."""
        oldest = pending.generation - 1 - REQUESTS_REMEMBERED
        waiting = {g: a for g, a in self.pending.items() if g > oldest}
        return self.but(
            pending={**waiting, pending.generation: pending}, generation=pending.generation
        )

    def answered(self, generation: int) -> Plan:
        """The plan after the result of request ``generation``; requests before it are stale."""
        return self.but(pending={g: a for g, a in self.pending.items() if g > generation})

    def unanswered(self) -> Plan:
        """The plan without pending requests: the worker ended or failed."""
        return self.but(pending={})

    def asked_for(self, bar: int, which: int) -> Plan:
        """The plan after the first or second (``which`` 1, 2) regular request for a bar."""
        return self.but(last_asked=(bar, which))

    def outdated(self) -> Plan:
        """The plan when something that the coming bar depends on has changed."""
        return self.but(needs_new_bar=True, previewed=-1)

    def looked_ahead(self, bar: int) -> Plan:
        """The plan after ``bar`` was requested ahead."""
        return self.but(previewed=bar)

    def without_preview(self) -> Plan:
        """The plan when the coming bar, if requested ahead only, is to be requested ahead again."""
        return self.but(previewed=-1)

    def up_to_date(self) -> Plan:
        """The plan when the coming bar has been requested again."""
        return self.but(needs_new_bar=False)

    def without_old(self, bar: int) -> Plan:
        """The plan without bars more than :data:`BARS_KEPT` before ``bar``."""
        kept = {b: generated for b, generated in self.bars.items() if b >= bar - BARS_KEPT}
        return self if len(kept) == len(self.bars) else self.but(bars=kept)
