"""The colours of the screen: one dark ground, one accent for each part.

Everything that is drawn takes its colour from here, so that the roll, the ports, the knobs
and the piano agree on what belongs to whom.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from bridge.music.notes import Part

GROUND = "#0d0f15"
SURFACE = "#141720"
RAISED = "#1b1f2b"
EDGE = "#2b3142"
TEXT = "#d9deea"
DIM = "#8790a6"
FAINT = "#545c70"
ACCENT = "#8fa8ff"
GOOD = "#7bd88f"
WARN = "#f2c94c"
BAD = "#ff6b6b"
WHITE = "#ffffff"

PART_COLOURS: dict[Part, str] = {
    Part.MELODY: "#f7b955",
    Part.BASS: "#45d0b2",
    Part.DRUMS: "#e879a6",
}

ROLE_COLOURS: dict[str, str] = {
    "in": PART_COLOURS[Part.MELODY],
    **{part.value: colour for part, colour in PART_COLOURS.items()},
    "clock": ACCENT,
}

THEME = Theme(
    name="latent-bridge",
    primary=ACCENT,
    secondary=PART_COLOURS[Part.BASS],
    accent=PART_COLOURS[Part.MELODY],
    warning=WARN,
    error=BAD,
    success=GOOD,
    foreground=TEXT,
    background=GROUND,
    surface=SURFACE,
    panel=RAISED,
    dark=True,
    variables={
        "scrollbar": EDGE,
        "scrollbar-background": SURFACE,
        "scrollbar-hover": FAINT,
        "scrollbar-active": ACCENT,
        "scrollbar-background-hover": SURFACE,
        "scrollbar-background-active": SURFACE,
        "block-cursor-background": ACCENT,
        "block-cursor-foreground": GROUND,
    },
)


@lru_cache(maxsize=512)
def mix(over: str, under: str, share: float) -> str:
    """The colour that is ``share`` (0..1) of ``over`` and the rest of ``under``; #rrggbb."""
    pairs = zip(Color.parse(over).get_truecolor(), Color.parse(under).get_truecolor(), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@lru_cache(maxsize=2048)
def ink(colour: str = TEXT, ground: str = GROUND, bold: bool = False) -> Style:
    """A style by foreground and background colour; cached, for it is asked for often."""
    return Style(color=colour, bgcolor=ground, bold=bold)
