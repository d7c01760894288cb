"""What a session plays straight out of the latent space: codes in a row, and two anchors. Pure."""

from __future__ import annotations

import msgspec

Code = tuple[float, ...]


class Spot(msgspec.Struct, frozen=True):
    """Codes that play in a row, each for ``bars`` bars; then they go round, or the last stays
    (``stays``).

    Code ``n`` is decoded with noise of ``seed + stride * n``, at ``temperature`` (None: the
    knob's). ``label`` is what a person calls it.
    """

    codes: tuple[Code, ...]
    seed: int
    bars: int
    label: str
    stride: int = 1
    temperature: float | None = None
    stays: bool = False

    def number(self, bar: int) -> int:
        """Which code plays in a bar, counted from where the spot begins (>= 0)."""
        at = bar // self.bars
        return min(at, len(self.codes) - 1) if self.stays else at % len(self.codes)


class Cipher(msgspec.Struct, frozen=True):
    """Where the session is in the latent space.

    ``spot`` plays from the bar ``since`` on (None: the band follows the player), ``was`` from
    ``was_since`` until then; ``trail`` holds those before it, the latest last; ``drawn`` counts the
    samples; ``a`` and ``b`` are the anchors. ``starting`` says that the music starts as soon
    as its first bar is there.
    """

    spot: Spot | None = None
    since: int = 0
    was: Spot | None = None
    was_since: int = 0
    trail: tuple[Spot, ...] = ()
    drawn: int = 0
    a: Code | None = None
    b: Code | None = None
    starting: bool = False

    def at(self, bar: int) -> tuple[Spot, int] | None:
        """The spot that plays in a bar, and how many bars it has played by then; None where
        the band follows the player."""
        if self.spot is None:
            return None
        if bar >= self.since:
            return self.spot, bar - self.since
        if self.was is None or bar < self.was_since:
            return None
        return self.was, bar - self.was_since
