"""Opens a model and a style for a command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bridge.latent.code_file import CodeSet
from bridge.model import fake, library, loading
from bridge.model.codec import load_codec
from bridge.model.contract import Codec, ModelSpec, Trio


def open_model(name: str, folder: Path | None) -> Trio:
    """The band's model of that name in the library ``folder`` (None: the usual library)."""
    if name == fake.NAME:
        return fake.FakeTrio()
    return loading.load(library.find(name, folder))


@dataclass(frozen=True)
class OpenedModel:
    """A model of any kind, as a codec of windows; ``folder`` as for :func:`open_model`."""

    name: str
    folder: Path | None
    codec: Codec

    @property
    def spec(self) -> ModelSpec:
        """The model's specification."""
        return self.codec.spec

    @cached_property
    def styles(self) -> list[str]:
        """The names of the model's styles; none for a model that is no band."""
        if self.name == fake.NAME:
            return list(fake.FakeTrio().presets)
        return list(library.read_presets(library.find(self.name, self.folder), self.spec))


def open_codec(name: str, folder: Path | None) -> OpenedModel:
    """The model of that name, of any kind. NameUnknown or ModelError where it cannot be read."""
    return OpenedModel(name, folder, load_codec(name, folder))


def model_for(codes: CodeSet, asked: str | None) -> str:
    """The name of the model that decodes a file: ``asked``, else the file's, else the usual."""
    return asked or codes.model or library.DEFAULT
