"""Styles by metre: those that a metre can be played in, and the nearest to one of another. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import ModelError, NameUnknown
from bridge.model.contract import Preset
from bridge.music.grid import METRES


def suits(preset: Preset, metre: str) -> bool:
    """True if a style is of a metre, or of another with the same time signature (4/4, 4/4t)."""
    own, other = METRES[preset.metre], METRES[metre]
    return (own.numerator, own.denominator) == (other.numerator, other.denominator)


def styles_in(presets: Mapping[str, Preset], metre: str) -> dict[str, Preset]:
    """The styles for a metre, in their order. A model without any of it has all its styles
    for it."""
    found = {name: preset for name, preset in presets.items() if suits(preset, metre)}
    return found or dict(presets)


def nearest_in(presets: Mapping[str, Preset], preset: Preset, metre: str) -> str:
    """The name of the style for a metre that is nearest to ``preset`` in the space of styles;
    empty where there are no styles."""
    known = styles_in(presets, metre)
    return min(
        known, key=lambda n: float(((known[n].vector - preset.vector) ** 2).sum()), default=""
    )


def style_in_metre(presets: Mapping[str, Preset], name: str, metre: str, hint: str = "") -> Preset:
    """The style of a name, for a metre. NameUnknown for an unknown name (``hint`` is added),
    ModelError for a style of another metre, with the nearest one of the right metre."""
    preset = presets.get(name)
    if preset is None:
        raise NameUnknown("style", name, presets, hint)
    if name not in styles_in(presets, metre):
        raise ModelError(
            f"the style {name} is in {preset.metre}, not in {metre}: the nearest in {metre} is "
            f"{nearest_in(presets, preset, metre)}"
        )
    return preset
