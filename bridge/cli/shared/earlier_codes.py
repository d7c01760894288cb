"""Codes of a model's earlier version in the user's own files, moved to the model of today."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bridge.cli.shared.code_music import renewed
from bridge.cli.shared.models import OpenedModel
from bridge.errors import BridgeError
from bridge.files.anchors import anchors_path, read_anchors, write_anchors
from bridge.files.history import History, HistoryEntry
from bridge.model import fake, library
from bridge.model.contract import ModelSpec
from bridge.offline.codes import fitted
from bridge.system.atomic_write import write_whole

KEPT: Final = ".earlier"
"""Ending of the copy of a file as it was."""
SECONDS: Final = 120.0
"""Longest time that a start waits for the codes to be moved."""


def renew_history(model: OpenedModel, history: History) -> int:
    """Move the entries of the model's earlier version; their number. The file as it was is kept
    beside it."""
    entries = history.entries()
    old = [number for number, entry in enumerate(entries) if of_earlier(entry, model.spec)]
    if old:
        write_whole(kept(history.path), history.path.read_bytes())
        for number in old:
            entries[number] = renewed(model, entries[number])
        history.replace(entries)
    return len(old)


def renew_anchors(model: OpenedModel, path: Path) -> int:
    """Move the anchors of the model's earlier version, as :func:`renew_history`."""
    anchors, width = read_anchors(path), model.spec.earlier
    old = [anchor for anchor in anchors if width and len(anchor.code) == width]
    if old:
        write_whole(kept(path), path.read_bytes())
        codes, _ = fitted(model.codec, np.array([a.code for a in old], np.float32))
        moved = {
            anchor.name: msgspec.structs.replace(anchor, code=tuple(code.tolist()))
            for anchor, code in zip(old, codes, strict=True)
        }
        write_anchors(path, [moved.get(anchor.name, anchor) for anchor in anchors])
    return len(old)


def renew_before_start(model: str, folder: Path | None, say: Callable[[str], object]) -> None:
    """Before a session: move what is of the earlier version, in a process of its own, so that this
    one loads no model. Where that fails, ``say`` is told, and the session starts with the codes
    as they are."""
    if model == fake.NAME:
        return
    spec = library.read_spec(library.find(model, folder))
    if not spec.earlier or not _any_old(model, spec):
        return
    place = [] if folder is None else ["--library", str(folder)]
    command = [sys.executable, "-m", "bridge", "history", "renew", "--model", model, *place]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, env=os.environ.copy()
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"codes of the earlier {model} stay as they are ({error}): latent-bridge history renew")
        return
    say(done.stdout.strip() or done.stderr.strip())


def of_earlier(entry: HistoryEntry, spec: ModelSpec) -> bool:
    """True for an entry with codes of the earlier version of a model."""
    return bool(spec.earlier and entry.model == spec.name and entry.width == spec.earlier)


def kept(path: Path) -> Path:
    """The path of the copy of a file as it was."""
    return path.with_name(path.name + KEPT)


def _any_old(model: str, spec: ModelSpec) -> bool:
    """True where the history or the anchors hold codes of the earlier version; False for files
    that cannot be read, which say so where they are used."""
    try:
        entries, anchors = History().entries(), read_anchors(anchors_path(model))
    except BridgeError:
        return False
    of_it = partial(of_earlier, spec=spec)
    return any(map(of_it, entries)) or any(len(a.code) == spec.earlier for a in anchors)
