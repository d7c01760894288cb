"""What a session plays straight out of the latent space: codes in a row, and two anchors. Pure."""

from __future__ import annotations

import msgspec

from bridge.latent.walks import Walk, point_at
from bridge.model.contract import GuestModel
from bridge.music.notes import Note, Part

Code = tuple[float, ...]


class MarkedCode(msgspec.Struct, frozen=True):
    """An anchor: a code, and the model that it is of (None: the band's)."""

    code: Code
    guest: GuestModel | None = None


ScoreBar = dict[Part, tuple[Note, ...]]
"""A bar of a score: the notes of each part, in ticks from the bar line."""


class CodeSequence(msgspec.Struct, frozen=True):
    """Codes that play in a row, each for ``bars`` bars; then they go round, or the last stays
    (``stays``).

    Code ``n`` is decoded with noise of ``seed + stride * n``, at ``temperature`` (None: the
    knob's). ``label`` is what a person calls it. ``guest`` is the model they are of, where that
    is not the band's. With a ``path`` there are no codes: they are where that walk leads, a
    code a bar, for the band and for the guest alike. With a ``score`` there are none either:
    each of its bars is played as it is written, and it goes round.
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

    def number(self, bar: int) -> int:
        """Which code plays in a bar, counted from where the spot begins (>= 0)."""
        at = bar // self.bars
        if self.path is not None:
            return at
        return min(at, len(self.codes) - 1) if self.stays else at % len(self.codes)

    def code(self, number: int, width: int) -> Code:
        """The code of that number, of a model with codes of that width."""
        if self.path is None:
            return self.codes[number]
        return tuple(point_at(self.path, number, width).tolist())


class CodePlayer(msgspec.Struct, frozen=True):
    """Where the session is in the latent space.

    ``spot`` plays from the bar ``since`` on (None: the band follows the player), ``was`` from
    ``was_since`` until then; ``trail`` holds those before it, the latest last; ``drawn`` counts the
    samples; ``a`` and ``b`` are the anchors. ``starting`` says that the music starts as soon
    as its first bar is there. ``guest`` is the model that samples are drawn of (None: the
    band's).
    """

    spot: CodeSequence | None = None
    since: int = 0
    was: CodeSequence | None = None
    was_since: int = 0
    trail: tuple[CodeSequence, ...] = ()
    drawn: int = 0
    a: MarkedCode | None = None
    b: MarkedCode | None = None
    starting: bool = False
    guest: GuestModel | None = None

    def at(self, bar: int) -> tuple[CodeSequence, int] | None:
        """The spot that plays in a bar, and how many bars it has played by then; None where
        the band follows the player."""
        if self.spot is None:
            return None
        if bar >= self.since:
            return self.spot, bar - self.since
        if self.was is None or bar < self.was_since:
            return None
        return self.was, bar - self.was_since

    def score_bar(self, bar: int) -> ScoreBar | None:
        """The notes written for a bar, where a score plays."""
        found = self.at(bar)
        return found[0].score[found[1] % found[0].bars] if found and found[0].score else None
