"""What the studio's commands share: models, code files, anchors, and what becomes of codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge.cli.shared.models import Opened, find_style, open_model
from bridge.cli.shared.output import SCORES, check_file, named, read_song, report_progress
from bridge.errors import ModelError, NameUnknown, OutputError
from bridge.files.history import History, HistoryEntry, now, packed
from bridge.latent.code_file import FORMATS, CodeSet, from_bytes, to_bytes
from bridge.latent.space import Floats, checked, sample
from bridge.model.contract import TRIO
from bridge.model.windows import windows_of
from bridge.music.key import Key
from bridge.music.smf import midi_file
from bridge.offline import codes as studio
from bridge.system.atomic_write import write_whole

PRIOR: Final = "seed:"
"""Before a number: the code of the prior that this seed draws."""


# --- code files ---------------------------------------------------------------------------


def read_codes(path: Path) -> CodeSet:
    """The codes of a file. ModelError with its name for what is wrong with it."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read ({exc.strerror}): check the name") from exc
    try:
        return from_bytes(data, path.suffix)
    except (ModelError, NameUnknown) as exc:
        raise ModelError(f"{path}: {exc}") from exc


def check_code_target(path: Path) -> None:
    """Refuse, before any work, what is no place for a code file."""
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: codes are kept as {', '.join(FORMATS)}: choose one of these")
    check_file(path)


def write_codes(path: Path, codes: CodeSet) -> None:
    """Write codes, whole or not at all."""
    write_whole(path, to_bytes(codes, path.suffix))


# --- anchors ------------------------------------------------------------------------------


def anchor(model: Opened, text: str) -> Floats:
    """A code [Z] by what a person calls it.

    ``seed:N`` is a sample of the prior; ``FILE.mid`` (and ``@BAR``, from 1) what was played
    there; a code file its first row (``@ROW``); a number or name an entry of the history
    (``@CODE``); else a style of the model. One line says what it is not.
    """
    if text.startswith(PRIOR):
        number = text.removeprefix(PRIOR)
        if not number.isdecimal():
            raise ModelError(f"anchor {text!r}: seed: wants a whole number, such as seed:7")
        return _row(sample(1, model.spec.latent, int(number)), 1, text)
    name, place = _placed(text)
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix in SCORES:
        return _row(_of_score(model, path, place), 1, text)
    if suffix in FORMATS:
        codes = checked(read_codes(path).codes, model.spec.latent)
        return _row(codes, place, text)
    return _by_name(model, name, place, text)


def _placed(text: str) -> tuple[str, int]:
    """``NAME@3`` -> the name and 3; without a number 1."""
    name, mark, place = text.rpartition("@")
    return (name, int(place)) if mark and place.isdecimal() else (text, 1)


def _of_score(model: Opened, path: Path, bar: int) -> Floats:
    """The windows of a MIDI file from a bar on, a bar apart: the first is wanted."""
    song = read_song(path)
    with named(path):
        windows = windows_of(model.spec, song, hop=1, silent=True)
    if not 1 <= bar <= len(windows):
        raise ModelError(f"{path} has windows at the bars 1 to {len(windows)}, not at {bar}")
    return studio.encoded(model.codec, windows[bar - 1 : bar])


def _by_name(model: Opened, name: str, place: int, text: str) -> Floats:
    history = History()
    styles = model.styles if model.spec.kind == TRIO else []
    if name in styles:
        trio = open_model(model.name, model.folder)
        return studio.preset_code(trio, find_style(trio, name).name)
    try:
        _, entry = history.find(name)
    except NameUnknown as exc:
        named_ = [e.name for e in history.entries() if e.name]
        hint = "(or seed:N, a MIDI file, a code file, or a number of `history list`)"
        raise NameUnknown("anchor", text, [*styles, *named_], hint) from exc
    if entry.model != model.spec.name and entry.width != model.spec.latent:
        raise ModelError(f"{text}: is of the model {entry.model}: give --model {entry.model}")
    return _row(checked(entry.table(), model.spec.latent), place, text)


def _row(codes: Floats, place: int, text: str) -> Floats:
    if not 1 <= place <= len(codes):
        raise ModelError(f"{text}: there are {len(codes)} codes, counted from 1")
    found: Floats = codes[place - 1]
    return found


def entry_of(
    model: Opened, made: str, codes: Floats, *, seed: int, temperature: float, bpm: float,
    key: str = "", stride: int = 1,
) -> HistoryEntry:  # fmt: skip
    """What the history keeps of codes [N, Z]. NameUnknown for a key that is none."""
    return HistoryEntry(
        when=now(),
        made=made,
        model=model.spec.name,
        width=model.spec.latent,
        codes=packed(codes),
        seed=seed,
        temperature=temperature,
        bpm=bpm,
        key=Key.parse(key).name if key else "",
        decoder=studio.decoder_of(model.spec),
        stride=stride,
    )


def export(model: Opened, entry: HistoryEntry, out: Path, as_json: bool = False) -> dict[str, Any]:
    """Write what an entry sounds like as a MIDI file; notes by track and seconds."""
    check_file(out)
    with report_progress(as_json, "code") as progress:
        song = studio.song_for(model.codec, entry, progress)
    midi_file.write(out, song)
    return {
        "out": str(out),
        "notes": studio.facts_of(song),
        "length_seconds": round(song.seconds_at(song.end), 3),
    }


def relative_length(codes: Floats) -> float:
    """How long codes are on the whole, in lengths that the prior makes likely (1 is usual)."""
    lengths = np.linalg.norm(codes.astype(np.float64), axis=1) / np.sqrt(codes.shape[1])
    return round(float(lengths.mean()), 3)
