"""The player's own styles: four bars of bass and drums as a YAML file each, with their code.

The bars belong to nobody's model; the code beside them does, and is made anew when the model's
encoder is another one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import platformdirs
from msgspec import Meta

from bridge.errors import ConfigError, NameUnknown
from bridge.model.contract import ModelSpec, Preset
from bridge.music.grid import METRES
from bridge.music.tokens import BASS_CLASSES, DRUM_CLASSES
from bridge.system.strict_yaml import read_yaml_as, write_yaml

FOLDER: Final = "LATENT_BRIDGE_STYLES"
"""The environment variable that names another folder for the styles."""
MAX_NAME: Final = 40
_Bass = Annotated[int, Meta(ge=0, lt=BASS_CLASSES)]
_Drums = Annotated[int, Meta(ge=0, lt=DRUM_CLASSES)]


class LearnedStyle(msgspec.Struct, frozen=True):
    """A style that was learned.

    ``bass`` and ``drums`` are classes in slots (``Metre.slots``), the bass over ``chords``
    (classes, two a bar); ``tempo`` is in BPM, ``swing`` 0..1. ``vector`` is its code by the encoder
    with the checksum ``encoder``; ``source`` names what it was learned from.
    """

    name: str
    metre: str
    tempo: Annotated[float, Meta(ge=1, le=1000)]
    swing: Annotated[float, Meta(ge=0, le=1)]
    bass: tuple[_Bass, ...]
    drums: tuple[_Drums, ...]
    chords: tuple[Annotated[int, Meta(ge=0, le=24)], ...]
    encoder: str = ""
    vector: tuple[float, ...] = ()
    source: str = ""

    def preset(self) -> Preset:
        """The style as one of the band's."""
        vector = np.array(self.vector, np.float32)
        return Preset(self.name, vector, self.tempo, self.swing, self.metre)


def styles_folder() -> Path:
    """The folder of the player's own styles; it need not exist."""
    other = os.environ.get(FOLDER)
    data = platformdirs.user_data_path("latent-bridge", appauthor=False)
    return Path(other) if other else data / "styles"


def style_path(name: str) -> Path:
    """The path of a style. ConfigError for a name that is no word of letters, digits, - and _."""
    if not re.fullmatch(r"\w[\w-]*", name) or len(name) > MAX_NAME:
        raise ConfigError(
            f"{name!r} is no name for a style: use letters, digits, - and _, {MAX_NAME} at most"
        )
    return styles_folder() / f"{name}.yaml"


def learned_styles() -> dict[str, LearnedStyle]:
    """The player's own styles by name. ConfigError with file and line for a file that is wrong."""
    found = {}
    for path in sorted(styles_folder().glob("*.yaml")):
        style = read_yaml_as(path, LearnedStyle)
        if style.metre not in METRES:
            raise ConfigError(f"{path}: the metre {style.metre!r} is none of {', '.join(METRES)}")
        if not np.isfinite(np.array(style.vector)).all():
            raise ConfigError(f"{path}: its vector is not finite: learn the style again")
        found[style.name] = style
    return found


def learned_presets(spec: ModelSpec) -> dict[str, Preset]:
    """Those whose code is of this model's encoder, and whose metre the model plays."""
    return {
        name: style.preset()
        for name, style in learned_styles().items()
        if fits(style, spec) and style.metre in spec.metres
    }


def fits(style: LearnedStyle, spec: ModelSpec) -> bool:
    """True if a style's code is of this model's encoder."""
    return style.encoder == encoder_of(spec) and len(style.vector) == spec.style


def encoder_of(spec: ModelSpec) -> str:
    """The checksum of a model's encoder; empty for one without a file."""
    graph = spec.graphs.get("encoder")
    return "" if graph is None else graph.sha256.lower()


def write_style(style: LearnedStyle) -> Path:
    """Write a style, in place of one of the same name; its path. OutputError where it cannot be
    written, ConfigError for its name."""
    path = style_path(style.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_yaml(path, {k: list(v) if isinstance(v, tuple) else v for k, v in _plain(style).items()})
    return path


def forget_style(name: str) -> Path:
    """Remove a style; the path that it had. NameUnknown where there is none."""
    known = learned_styles()
    if name not in known:
        raise NameUnknown("learned style", name, known, "(see: latent-bridge styles)")
    path = style_path(name)
    path.unlink()
    return path


def _plain(style: LearnedStyle) -> dict[str, object]:
    return msgspec.structs.asdict(style)
