"""Open a model and its style for a command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bridge.errors import NameUnknown
from bridge.latent.code_file import CodeSet
from bridge.model import fake, library, runtime
from bridge.model.codec import load_codec
from bridge.model.contract import Codec, ModelSpec, Preset, Trio


def open_model(name: str, folder: Path | None) -> Trio:
    """The model of that name in the library (``folder``, or the one that ships)."""
    if name == fake.NAME:
        return fake.FakeTrio()
    from bridge.model import library

    return runtime.load(library.find(name, folder))


def find_style(trio: Trio, name: str) -> Preset:
    """The style of that name; the model's first where none is named."""
    presets = trio.presets
    if name and name not in presets:
        raise NameUnknown("style", name, presets)
    return presets[name or next(iter(presets))]


@dataclass(frozen=True)
class Opened:
    """A model of any kind, opened for the studio."""

    name: str
    folder: Path | None
    codec: Codec

    @property
    def spec(self) -> ModelSpec:
        """The model's."""
        return self.codec.spec

    @cached_property
    def styles(self) -> list[str]:
        """The styles that have a place in its space; none for a model that is no band."""
        if self.name == fake.NAME:
            return list(fake.FakeTrio().presets)
        return list(library.read_presets(library.find(self.name, self.folder), self.spec))


def open_codec(name: str, folder: Path | None) -> Opened:
    """The model of that name, of any kind. NameUnknown or ModelError otherwise."""
    return Opened(name, folder, load_codec(name, folder))


def model_for(codes: CodeSet, asked: str | None) -> str:
    """The model to decode a file with: the one asked for, the file's own, or the usual."""
    return asked or codes.model or library.DEFAULT
