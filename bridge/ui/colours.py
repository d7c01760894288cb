"""The colours of the screen: one dark ground, one accent for each part.

All views take their colours from here, so that each part has the same colour in the roll, the
ports, the knobs and the piano.
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
    "clock out": ACCENT,
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


_LEVELS = (0, 95, 135, 175, 215, 255)
_PALETTE = (
    *((r, g, b) for r in _LEVELS for g in _LEVELS for b in _LEVELS),
    *((grey, grey, grey) for grey in range(8, 239, 10)),
)
_few_colours = False


def use_few_colours(few: bool) -> None:
    """Draw with the 256 colours of older terminals from now on, or with true colour.

    The usual conversion turns our dark grounds into bright blue and green; :func:`of_few`
    keeps them dark.
    """
    global _few_colours
    if few != _few_colours:
        _few_colours = few
        ink.cache_clear()


@lru_cache(maxsize=512)
def of_few(colour: str) -> str:
    """The nearest (in RGB) of the 240 fixed colours of a 256-colour terminal; #rrggbb."""
    wanted = Color.parse(colour).get_truecolor()

    def distance(other: tuple[int, int, int]) -> int:
        return sum((a - b) ** 2 for a, b in zip(wanted, other, strict=True))

    return "#{:02x}{:02x}{:02x}".format(*min(_PALETTE, key=distance))


@lru_cache(maxsize=2048)
def ink(colour: str = TEXT, ground: str = GROUND, bold: bool = False) -> Style:
    """The style of a foreground and a background colour; cached, because views ask often."""
    if _few_colours:
        colour, ground = of_few(colour), of_few(ground)
    return Style(color=colour, bgcolor=ground, bold=bold)
