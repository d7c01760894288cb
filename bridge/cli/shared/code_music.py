"""Codes that commands made: as entries of the history, and as MIDI or code files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from bridge.cli.shared.code_files import write_codes
from bridge.cli.shared.file_types import SCORES, kind_to_write
from bridge.cli.shared.history_entry import keep
from bridge.cli.shared.models import OpenedModel
from bridge.cli.shared.output import (
    check_file,
    counted,
    report_progress,
    say_plainly,
    written_line,
)
from bridge.files.history import History, HistoryEntry, now, packed
from bridge.latent.code_file import FORMATS, CodeSet
from bridge.latent.space import Floats
from bridge.model.answering.guest import PLAYABLE
from bridge.model.contract import Ints, check_metre
from bridge.music.grid import FOUR_FOUR
from bridge.music.key import Key
from bridge.music.smf import midi_file
from bridge.offline.codes import decoder_of, facts_of, fitted, song_for


def entry_of(
    model: OpenedModel, made: str, codes: Floats, *, seed: int, temperature: float, bpm: float,
    key: str = "", stride: int = 1, metre: str | None = None, chords: Ints | None = None,
) -> HistoryEntry:  # fmt: skip
    """Codes [N, Z] as an entry of the history. NameUnknown for an unknown key, ModelError for a
    ``metre`` (None: 4/4) that the model lacks.

    ``made`` is the command that made them, ``stride`` the difference between the seeds of two
    codes (see :class:`~bridge.files.history.HistoryEntry`).
    """
    metre = metre or FOUR_FOUR.name
    check_metre(model.spec, metre)
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
        decoder=decoder_of(model.spec),
        stride=stride,
        metre=metre,
        chords=() if chords is None else tuple(chords.ravel().tolist()),
    )


def code_set(entry: HistoryEntry) -> CodeSet:
    """The codes of an entry, with what is known of their music, as those of a file."""
    return CodeSet(
        entry.table(), entry.model, entry.metre, entry.key, entry.bpm, entry.chord_table()
    )


def renewed(
    model: OpenedModel, entry: HistoryEntry, say: Callable[[str], object] = str
) -> HistoryEntry:
    """The entry with codes that fit the model (see :func:`~bridge.offline.codes.fitted`)."""
    if entry.width == model.spec.latent or (entry.song and not entry.codes):
        return entry
    codes, chords = fitted(model.codec, entry.table(), say)
    return msgspec.structs.replace(
        entry, codes=packed(codes), width=model.spec.latent, decoder=decoder_of(model.spec),
        chords=() if chords is None else tuple(chords.ravel().tolist()),
    )  # fmt: skip


def export(
    model: OpenedModel, entry: HistoryEntry, out: Path, as_json: bool = False
) -> dict[str, Any]:
    """Decode an entry's codes into a MIDI file; its name, notes by track and length in seconds."""
    check_file(out)
    entry = renewed(model, entry, say_plainly)
    with report_progress(as_json, "code") as progress:
        song = song_for(model.codec, entry, progress)
    midi_file.write(out, song)
    return {
        "out": str(out),
        "notes": facts_of(song),
        "length_seconds": round(song.seconds_at(song.end), 3),
    }


def finish(
    model: OpenedModel,
    entries: Sequence[HistoryEntry],
    whole: HistoryEntry,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write codes to a file, add them to the history, and print a summary.

    ``entries`` are added to the history; ``whole`` holds the codes of all of them and is
    written to ``out`` (None: no file). Without a file OutputError where the history cannot be
    written; beside one that is a warning.
    """
    facts: dict[str, Any] = {
        "model": model.spec.name,
        "kind": model.spec.kind,
        "codes": len(whole.table()),
    }
    if out is not None and kind_to_write(out, SCORES[0]) in FORMATS:
        write_codes(out, code_set(whole))
        facts |= {"out": str(out)}
    elif out is not None:
        facts |= export(model, whole, out, as_json)
    last = History().add(entries) if out is None else keep(entries)
    facts["history"] = None if last is None else [last - len(entries) + 1, last]
    facts["seed"], facts["distance"] = whole.seed, relative_length(whole.table())
    click.echo(json.dumps(facts) if as_json else summary(facts, entries[0].made))


def summary(facts: dict[str, Any], made: str) -> str:
    """The facts of :func:`finish` in a few lines for a person."""
    codes = counted(facts["codes"], "code")
    lines = [f"{made}: {codes} of {facts['model']}, seed {facts['seed']}."]
    if facts["history"] is not None:
        first, last = facts["history"]
        numbers = f"{first}" if first == last else f"{first} to {last}"
        verb = "play" if facts["kind"] in PLAYABLE else "export"
        lines = [
            f"{lines[0].removesuffix('.')}; history {numbers}.",
            f"Hear it: latent-bridge history {verb} {last}",
        ]
    if "notes" in facts:
        lines.append(written_line(facts))
    elif "out" in facts:
        lines.append(f"Written: {facts['out']}")
    return "\n".join(lines)


def relative_length(codes: Floats) -> float:
    """The mean length of codes [N, Z], relative to the length usual under the prior (1)."""
    lengths = np.linalg.norm(codes.astype(np.float64), axis=1) / np.sqrt(codes.shape[1])
    return round(float(lengths.mean()), 3)
