"""How the band plays: style, mode, controls, mutes."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.music.notes import Part
from bridge.session.messages.commands import Mode
from bridge.session.state.value import Value


class Band(Value, frozen=True):
    """How the band plays, and what changes at the next bar line.

    ``controls`` holds each control's value by name. ``fill_bar`` is the bar that is a fill from
    where it was asked for (-1: none). A ``pending_style`` (empty: none) takes over with the
    first bar made in it, a ``pending_mode`` at the next bar line.
    """

    style: str
    mode: Mode
    controls: Mapping[str, float]
    pending_style: str = ""
    pending_mode: Mode | None = None
    muted: frozenset[Part] = frozenset()
    fill_bar: int = -1

    @property
    def next_mode(self) -> Mode:
        """The mode of the bars still to be made."""
        return self.pending_mode or self.mode

    @property
    def next_style(self) -> str:
        """The style of the bars still to be made."""
        return self.pending_style or self.style

    def control(self, name: str) -> float:
        """The value of a control; 0 for one that is not there."""
        return self.controls.get(name, 0.0)

    def with_control(self, name: str, value: float) -> Band:
        """A control at another value."""
        return self.but(controls={**self.controls, name: value})

    def with_mute(self, part: Part, on: bool) -> Band:
        """A part muted, or heard again."""
        return self.but(muted=self.muted | {part} if on else self.muted - {part})

    def at_bar(self, bar: int, style: str) -> Band:
        """The bar line of ``bar`` is crossed, whose notes are in ``style`` (empty: it has none):
        what was pending has taken over."""
        taken = bool(style) and self.pending_style == style
        return self.but(
            style=style if taken else self.style,
            pending_style="" if taken else self.pending_style,
            mode=self.next_mode,
            pending_mode=None,
            fill_bar=self.fill_bar if self.fill_bar >= bar else -1,
        )
