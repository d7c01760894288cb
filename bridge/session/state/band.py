"""The band's settings: style, mode, controls, mutes."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.controllers.catalog import TRANSPOSE
from bridge.music.notes import Part
from bridge.session.messages.commands import Mode
from bridge.session.state.value import Value


class HeardStyle(Value, frozen=True):
    """Bars that other tracks played, in place of the style that was chosen then (``style``).

    ``bass`` and ``drums`` are classes in the common key on the steps of ``metre``, and begin where
    the groove does; a bass without notes is that of the style.
    """

    style: str
    metre: str
    bass: tuple[int, ...]
    drums: tuple[int, ...]


class Band(Value, frozen=True):
    """The band's settings, and those that change at the next bar line.

    ``controls`` are the controls' values by name. ``fill_bar`` is the bar that ends with a fill
    because the player asked for one (-1: none). A ``pending_style`` (empty: none) takes effect
    with the first bar generated in it, a ``pending_mode`` at the next bar line. ``swing_pinned``:
    the player has set the swing, which does not follow what is played. ``solo`` are the parts that
    silence all others. ``heard`` are bars that other tracks played, taken as the style (None: none,
    or another style was chosen since). ``thru`` (see ``setup.Thru``) is what is passed on to the
    melody's output; ``sounding``: the program's own sound is on.
    """

    style: str
    mode: Mode
    controls: Mapping[str, float]
    pending_style: str = ""
    pending_mode: Mode | None = None
    muted: frozenset[Part] = frozenset()
    solo: frozenset[Part] = frozenset()
    fill_bar: int = -1
    swing_pinned: bool = False
    heard: HeardStyle | None = None
    thru: str = "keys"
    sounding: bool = False

    @property
    def passes_all(self) -> bool:
        """True if all that is played is passed on to the melody's output."""
        return self.thru == "all" or (self.thru == "auto" and self.sounding)

    @property
    def next_mode(self) -> Mode:
        """The mode of the bars still to be generated."""
        return self.pending_mode or self.mode

    @property
    def silenced(self) -> frozenset[Part]:
        """The parts that are not heard: those muted, and those not soloed while any part is."""
        others = frozenset(Part) - self.solo if self.solo else frozenset[Part]()
        return self.muted | others

    @property
    def next_style(self) -> str:
        """The style of the bars still to be generated."""
        return self.pending_style or self.style

    def control(self, name: str) -> float:
        """The value of a control; 0 for an unknown one."""
        return self.controls.get(name, 0.0)

    @property
    def transpose(self) -> int:
        """The semitones by which the band, and what is passed on, sounds higher."""
        return round(self.control(TRANSPOSE))

    def with_control(self, name: str, value: float) -> Band:
        """The band with a control at another value."""
        return self.but(controls={**self.controls, name: value})

    def with_mute(self, part: Part, on: bool) -> Band:
        """The band with a part muted (``on``), or heard again."""
        return self.but(muted=self.muted | {part} if on else self.muted - {part})

    def with_solo(self, part: Part, on: bool) -> Band:
        """The band with a part soloed (``on``), or no more."""
        return self.but(solo=self.solo | {part} if on else self.solo - {part})

    def at_bar(self, bar: int, style: str) -> Band:
        """The band after the bar line of ``bar``, whose notes are in ``style`` (empty: it has
        none): pending settings have taken effect."""
        taken = bool(style) and self.pending_style == style
        return self.but(
            style=style if taken else self.style,
            pending_style="" if taken else self.pending_style,
            mode=self.next_mode,
            pending_mode=None,
            fill_bar=self.fill_bar if self.fill_bar >= bar else -1,
        )
