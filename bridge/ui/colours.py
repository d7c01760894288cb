"""The colours of the screen: one ground, one accent for each part, in four themes.

All views take their colours from here, so that each part has the same colour in the roll, the
ports, the knobs and the piano. The names below are those of the dark theme; :func:`ink` and
:func:`shade` turn them into those of the theme that is chosen: ``light`` turns lightness round,
``contrast`` parts it, ``terminal`` takes the sixteen colours that the terminal's owner has chosen.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Final

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


# --- themes -------------------------------------------------------------------------------


class ThemeName(StrEnum):
    """The themes of the screen."""

    DARK = "dark"
    LIGHT = "light"
    CONTRAST = "contrast"
    TERMINAL = "terminal"


GROUNDS_END: Final = 0.25
"""Lightness (0..1) below which the dark theme's colours are grounds."""
_HUES: Final = (
    (0.03, "red"), (0.19, "yellow"), (0.42, "green"), (0.55, "cyan"), (0.72, "blue"),
    (0.96, "magenta"), (1.0, "red"),
)  # fmt: skip
"""Hues (0..1) up to which a colour of the terminal is the nearest."""
_GREY: Final = 0.25
"""Saturation below which a colour is a grey."""


def _hls(colour: str) -> tuple[float, float, float]:
    red, green, blue = Color.parse(colour).get_truecolor()
    return colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)


def _with_lightness(colour: str, ground: Callable[[float], float], ink: Callable[[float], float]) \
        -> str:  # fmt: skip
    """The colour at another lightness, from that of grounds or that of what is drawn on them."""
    hue, light, saturation = _hls(colour)
    changed = (ground if light < GROUNDS_END else ink)(light)
    rgb = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, changed)), saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _above(light: float) -> float:
    """The lightness as a share of what lies above the grounds."""
    return (light - GROUNDS_END) / (1 - GROUNDS_END)


@lru_cache(maxsize=1024)
def _light(colour: str) -> str:
    return _with_lightness(colour, lambda it: 1 - 0.55 * it, lambda it: 0.55 * (1 - _above(it)))


@lru_cache(maxsize=1024)
def _contrast(colour: str) -> str:
    return _with_lightness(colour, lambda it: 0.3 * it, lambda it: 0.62 + 0.38 * _above(it))


@lru_cache(maxsize=1024)
def of_terminal(colour: str) -> str:
    """The nearest of the terminal's own colours; ``default`` for plain text and for grounds."""
    hue, light, saturation = _hls(colour)
    if light < GROUNDS_END or (saturation < _GREY and light > 0.7) or light > 0.93:
        return "default"
    if saturation < _GREY:
        return "bright_black"
    return next(name for end, name in _HUES if hue <= end)


_SHADES: Final[dict[ThemeName, Callable[[str], str]]] = {
    ThemeName.DARK: lambda colour: colour,
    ThemeName.LIGHT: _light,
    ThemeName.CONTRAST: _contrast,
    ThemeName.TERMINAL: of_terminal,
}
_theme = ThemeName.DARK


def use_theme(name: ThemeName) -> None:
    """Draw in this theme from now on."""
    global _theme
    _theme = name
    ink.cache_clear()
    fixed.cache_clear()


def shade(colour: str) -> str:
    """A colour of the dark theme in the theme that is chosen, for Rich."""
    return _SHADES[_theme](colour)


def themes() -> list[Theme]:
    """All themes for Textual's own widgets."""
    return [_textual_theme(name) for name in ThemeName]


def _textual_theme(name: ThemeName) -> Theme:
    def of(colour: str) -> str:
        if name is not ThemeName.TERMINAL:
            return _SHADES[name](colour)
        return f"ansi_{of_terminal(colour)}"

    scroll = {
        "scrollbar": of(EDGE),
        "scrollbar-background": of(SURFACE),
        "scrollbar-hover": of(FAINT),
        "scrollbar-active": of(ACCENT),
        "scrollbar-background-hover": of(SURFACE),
        "scrollbar-background-active": of(SURFACE),
        "block-cursor-background": of(ACCENT),
        "block-cursor-foreground": of(GROUND) if name is not ThemeName.TERMINAL else "ansi_black",
    }
    names = {
        "ground": GROUND, "lifted": RAISED, "edge": EDGE, "dim": DIM, "faint": FAINT,
        "bright": WHITE, "wrong": BAD,
    }  # fmt: skip
    return Theme(
        name=f"bridge-{name}",
        primary=of(ACCENT),
        secondary=of(PART_COLOURS[Part.BASS]),
        accent=of(PART_COLOURS[Part.MELODY]),
        warning=of(WARN),
        error=of(BAD),
        success=of(GOOD),
        foreground=of(TEXT),
        background=of(GROUND),
        surface=of(SURFACE),
        panel=of(RAISED),
        dark=name is not ThemeName.LIGHT,
        variables={**scroll, **{key: of(colour) for key, colour in names.items()}},
    )


@lru_cache(maxsize=2048)
def ink(colour: str = TEXT, ground: str = GROUND, bold: bool = False) -> Style:
    """The style of a foreground and a background colour, in the theme that is chosen; cached,
    because views ask often."""
    colours = shade(colour), shade(ground)
    if _theme is ThemeName.TERMINAL:
        return _terminal_ink(*colours, bold or _hls(colour)[1] > 0.93)
    return _ink(*colours, bold)


@lru_cache(maxsize=256)
def fixed(colour: str, ground: str, bold: bool = False) -> Style:
    """A style that is the same in every theme: the keys of a piano are white and black."""
    if _theme is ThemeName.TERMINAL:
        dark = _hls(ground)[1] < GROUNDS_END
        return Style(color="white" if dark else "black", bgcolor="black" if dark else "white")
    return _ink(colour, ground, bold)


def _ink(colour: str, ground: str, bold: bool) -> Style:
    if _few_colours:
        colour, ground = of_few(colour), of_few(ground)
    return Style(color=colour, bgcolor=ground, bold=bold)


def _terminal_ink(colour: str, ground: str, bold: bool) -> Style:
    """On a coloured ground text is black."""
    if ground != "default" and colour in ("default", ground):
        colour = "black"
    return Style(color=colour, bgcolor=ground, bold=bold)
