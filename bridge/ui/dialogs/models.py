"""The models of the library as lines to choose from: what each is, can do, and how."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ModelError
from bridge.model import library
from bridge.model.answering.guest import guest_of
from bridge.model.contract import GuestModel


@dataclass(frozen=True, slots=True)
class Row:
    """A model: its name, a line of the list, and how to use it."""

    name: str
    line: str
    advice: str
    guest: GuestModel | None = None
    """What the session has to know to draw samples of it live; None where it cannot."""


def models(folder: Path | None = None) -> list[Row]:
    """Every model of the library, imported ones too; a damaged one says so."""
    found = library.folders(folder)
    width = max(map(len, found), default=0)
    return [_row(name, path, width) for name, path in found.items()]


def _row(name: str, path: Path, width: int) -> Row:
    try:
        spec = library.read_spec(path)
    except ModelError:
        return Row(name, f"{name:<{width}}  damaged", f"run: latent-bridge models verify {name}")
    can = library.abilities(spec)
    line = f"{name:<{width}}  {spec.kind}, {spec.bars} bars: {', '.join(can)}"
    # The verb comes first: the message's line is short.
    verb = "play" if "accompany" in can else "sample"
    try:
        guest = guest_of(spec)
    except ModelError as error:
        return Row(name, line, str(error))
    return Row(name, line, f"run: latent-bridge {verb} --model {name}", guest)
