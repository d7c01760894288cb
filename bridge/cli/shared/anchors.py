"""Finds the code that an anchor on the command line stands for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from bridge.cli.shared.code_files import read_codes
from bridge.cli.shared.file_types import SCORES, kind_of
from bridge.cli.shared.models import OpenedModel, open_model
from bridge.cli.shared.output import bars_of_song, named, read_song, say_of, say_plainly
from bridge.errors import ModelError, NameUnknown
from bridge.files.history import History
from bridge.latent.code_file import FORMATS
from bridge.latent.space import Floats
from bridge.model.contract import TRIO
from bridge.model.windows import windows_of
from bridge.offline.codes import drawn, encoded, fitted, preset_code

PRIOR: Final = "seed:"
"""Prefix of a seed: the code that it samples from the prior."""


def anchor_code(model: OpenedModel, text: str) -> Floats:
    """The code [Z] of an anchor.

    ``seed:N`` is a sample of the prior; ``FILE.mid`` the window at its first bar (``@BAR``:
    at that bar, from 1); a code file its first row (``@ROW``); a number or name an entry of
    the history (``@CODE``); any other name a style of the model. ModelError or NameUnknown for
    an anchor that is none of these.
    """
    if text.startswith(PRIOR):
        number = text.removeprefix(PRIOR)
        if not number.isdecimal():
            raise ModelError(f"anchor {text!r}: seed: wants a whole number, such as seed:7")
        return _row(drawn(model.codec, 1, int(number)), 1, text)
    name, position = _split(text)
    path = Path(name)
    suffix = kind_of(path)
    if suffix in SCORES:
        return _row(_of_score(model, path, position), 1, text)
    if suffix in FORMATS:
        codes, _ = fitted(model.codec, read_codes(path).codes, partial(say_of, path))
        return _row(codes, position, text)
    return _by_name(model, name, position, text)


def _split(text: str) -> tuple[str, int]:
    """``NAME@3`` -> the name and 3; without a number 1."""
    name, mark, position = text.rpartition("@")
    return (name, int(position)) if mark and position.isdecimal() else (text, 1)


def _of_score(model: OpenedModel, path: Path, bar: int) -> Floats:
    """The code [1, Z] of the window of a MIDI file that begins at ``bar`` (from 1)."""
    song = read_song(path)
    placed = bars_of_song(path, song, model.spec)
    with named(path):
        windows = windows_of(model.spec, song, hop=1, silent=True, placed=placed)
    if not 1 <= bar <= len(windows):
        raise ModelError(f"{path} has windows at the bars 1 to {len(windows)}, not at {bar}")
    return encoded(model.codec.in_metre(placed.metre.name), windows[bar - 1 : bar])


def _by_name(model: OpenedModel, name: str, position: int, text: str) -> Floats:
    history = History()
    styles = model.styles if model.spec.kind == TRIO else []
    if name in styles:
        return preset_code(open_model(model.name, model.folder), name)
    try:
        _, entry = history.find(name)
    except NameUnknown as exc:
        entry_names = [e.name for e in history.entries() if e.name]
        hint = "(or seed:N, a MIDI file, a code file, or a number of `history list`)"
        raise NameUnknown("anchor", text, [*styles, *entry_names], hint) from exc
    if entry.model != model.spec.name and entry.width != model.spec.latent:
        raise ModelError(f"{text}: is of the model {entry.model}: give --model {entry.model}")
    return _row(fitted(model.codec, entry.table(), say_plainly)[0], position, text)


def _row(codes: Floats, position: int, text: str) -> Floats:
    if not 1 <= position <= len(codes):
        raise ModelError(f"{text}: there are {len(codes)} codes, counted from 1")
    found: Floats = codes[position - 1]
    return found
