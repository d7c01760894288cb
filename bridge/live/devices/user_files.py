"""The files that outlast a session: anchors, memories and learned controls. A thread of its own
writes them in order, so that a slow disk delays no note."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from bridge.controllers import mapping_edit
from bridge.errors import BridgeError
from bridge.files.anchors import write_anchors
from bridge.files.history import HistoryEntry, now, packed
from bridge.files.memories import write_memories
from bridge.latent.walks import trajectory
from bridge.live.devices.mapping_watch import MappingWatch
from bridge.midi.port_names import base_name
from bridge.model.contract import ModelSpec
from bridge.session.state.effects import PATH_BARS, KeepAnchors, KeepCode, KeepMemories, Kept
from bridge.system.resources import shipped_folder

CLOSING_SECONDS = 2.0
"""Longest time to wait for the last writes."""


class UserFileWriter:
    """Writes anchors, memories and learned controls.

    ``anchors`` is the file for anchors, ``memories`` that for one-touch memories (None: they are
    not kept). Learned controls go into the mapping file of ``watch``; a
    shipped one is copied into the user's ``folder`` first, and without one a new file is made for
    the input named ``port``. ``say`` gets a line for the player if a file is new or cannot be
    written.
    """

    def __init__(
        self,
        anchors: Path,
        watch: MappingWatch,
        say: Callable[[str], None],
        port: str = "",
        folder: Path | None = None,
        memories: Path | None = None,
    ) -> None:
        self.port = port
        self._anchors, self._watch, self._say, self._folder = anchors, watch, say, folder
        self._memories = memories
        self._waiting: SimpleQueue[Kept | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="keep", daemon=True)
        self._thread.start()

    def keep(self, effect: Kept) -> None:
        """Queue an effect to be written; never blocks."""
        self._waiting.put(effect)

    def close(self) -> None:
        """Write all that waits, and end the thread."""
        self._waiting.put(None)
        self._thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        while (effect := self._waiting.get()) is not None:
            try:
                self._write(effect)
            except BridgeError as error:
                self._say(f"not kept: {error}")

    def _write(self, effect: Kept) -> None:
        if isinstance(effect, KeepAnchors):
            write_anchors(self._anchors, effect.anchors)
            return
        if isinstance(effect, KeepMemories):
            if self._memories is not None:
                write_memories(self._memories, effect.memories)
            return
        before = self._watch.path
        path = self._own(before)
        self._watch.turn_to(
            path, lambda file: mapping_edit.save(file, effect.added, effect.removed)
        )
        if path != before:
            self._say(f"kept in {path}")

    def _own(self, path: Path | None) -> Path:
        """The player's own mapping file in place of ``path`` (None, or a shipped one)."""
        if path is None:
            return mapping_edit.begin(base_name(self.port), self._folder)
        if path.resolve().is_relative_to(shipped_folder("mappings").resolve()):
            return mapping_edit.own_copy(path, self._folder)
        return path


def history_entry(effect: KeepCode, spec: ModelSpec) -> HistoryEntry:
    """The history entry of codes that a session played on a model."""
    graph = spec.graphs.get("decoder")
    codes = np.asarray(effect.codes, np.float32)
    if effect.path is not None:
        codes = trajectory(effect.path, PATH_BARS, spec.latent)[0]
    return HistoryEntry(
        when=now(),
        made=f"live: {effect.made}",
        model=spec.name,
        width=spec.latent,
        codes=packed(codes),
        seed=effect.seed,
        stride=effect.stride,
        temperature=effect.temperature,
        bpm=effect.bpm,
        key=effect.key,
        decoder="" if graph is None else graph.sha256.lower(),
        bars=effect.bars,
        metre=effect.metre,
    )
