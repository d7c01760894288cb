"""The code player: sequences of latent codes that play in place of what the melody leads to,
and the marked codes A and B. Pure."""

from __future__ import annotations

import msgspec

from bridge.latent.walks import Walk, point_at
from bridge.model.contract import GuestModel
from bridge.music.notes import Note, Part

Code = tuple[float, ...]


class MarkedCode(msgspec.Struct, frozen=True):
    """A marked code (A or B): a code [Z] of the model ``guest`` (None: the band's)."""

    code: Code
    guest: GuestModel | None = None


ScoreBar = dict[Part, tuple[Note, ...]]
"""A bar of a score: the notes of each part, in ticks from the bar line."""


class CodeSequence(msgspec.Struct, frozen=True):
    """Codes [Z] that play one after another, each for ``bars`` bars; then the sequence repeats, or
    (``stays``) its last code goes on.

    Code ``n`` is decoded with noise of ``seed + stride * n``, at ``temperature`` (None: the
    control's value). ``label`` is its name for the player. ``guest`` is the model of the codes
    (None: the band's). With a ``path`` there are no codes: that walk gives one a bar, for the
    band and the guest alike. With a ``score`` there are none either: its bars are played as
    written, and it repeats; ``tempi`` are the changes of its tempo, (bar of the score, BPM).
    """

    codes: tuple[Code, ...]
    seed: int
    bars: int
    label: str
    stride: int = 1
    temperature: float | None = None
    stays: bool = False
    guest: GuestModel | None = None
    path: Walk | None = None
    score: tuple[ScoreBar, ...] = ()
    tempi: tuple[tuple[int, float], ...] = ()

    @property
    def count(self) -> int:
        """The number of its codes, of a score that of its bars."""
        return len(self.score) or len(self.codes)

    def number(self, bar: int) -> int:
        """The number of the code that plays in ``bar``, a bar of the sequence (from 0); of a
        score the number of its bar."""
        if self.score:
            return bar % self.bars
        at = bar // self.bars
        if self.path is not None:
            return at
        return min(at, len(self.codes) - 1) if self.stays else at % len(self.codes)

    def code(self, number: int, width: int) -> Code:
        """The code [``width``] of that number; ``width`` matters only to a path."""
        if self.path is None:
            return self.codes[number]
        return tuple(point_at(self.path, number, width).tolist())


class CodePlayer(msgspec.Struct, frozen=True):
    """The code player's sequences and marked codes.

    ``sequence`` plays from bar ``since`` on (None: the band follows the player), ``previous`` from
    ``previous_since`` until then; ``trail`` holds the sequences to go back to, the latest last.
    ``drawn`` counts the samples; ``a`` and ``b`` are the marked codes. ``starting``: the music
    starts as soon as the first bar is ready. ``guest`` is the model that samples are drawn from
    (None: the band's).
    """

    sequence: CodeSequence | None = None
    since: int = 0
    previous: CodeSequence | None = None
    previous_since: int = 0
    trail: tuple[CodeSequence, ...] = ()
    drawn: int = 0
    a: MarkedCode | None = None
    b: MarkedCode | None = None
    starting: bool = False
    guest: GuestModel | None = None

    def at(self, bar: int) -> tuple[CodeSequence, int] | None:
        """The sequence that plays in ``bar`` and the bars that it has played before; None if the
        band follows the player."""
        if self.sequence is None:
            return None
        if bar >= self.since:
            return self.sequence, bar - self.since
        if self.previous is None or bar < self.previous_since:
            return None
        return self.previous, bar - self.previous_since

    def tempo_at(self, bar: int) -> float | None:
        """The tempo (BPM) that a score changes to at the bar line of ``bar``; None: no change."""
        found = self.at(bar)
        return dict(found[0].tempi).get(found[1] % found[0].bars) if found else None

    def score_bar(self, bar: int) -> ScoreBar | None:
        """The notes of ``bar`` if a score plays there; else None."""
        found = self.at(bar)
        return found[0].score[found[1] % found[0].bars] if found and found[0].score else None
