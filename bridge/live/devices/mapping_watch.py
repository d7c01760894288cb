"""The mapping file of a session: chosen by the input's name, and read again after each edit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bridge.controllers.bindings import Binding
from bridge.controllers.mapping_file import Mapping, find_mapping, fitting, read_mapping
from bridge.errors import BridgeError

LOOK_EVERY_SECONDS = 0.5


def choose(asked: str, port: str) -> tuple[Path | None, str]:
    """The mapping file for a session (None: none), and a line for the player (may be empty).

    ``asked`` is a file or a name; if it is empty, the file that matches the input's name is used.
    If several match, none is used, and the line asks. NameUnknown if ``asked`` does not exist.
    """
    if asked:
        return find_mapping(asked), ""
    found = fitting(port) if port else []
    if len(found) > 1:
        names = " and ".join(path.stem for path in found)
        return None, f"{names} both match {port}: choose one with --mapping NAME"
    if not found:
        return None, ""
    return found[0], f"knobs: {found[0].stem} (latent-bridge mappings show {found[0].stem})"


@dataclass
class MappingWatch:
    """Watches a mapping file for changes.

    ``changed`` gets the new bindings and a line for the player; ``broken`` gets the reason why
    the old ones stay. Both are called from the watch's thread.
    """

    path: Path | None
    changed: Callable[[tuple[Binding, ...], str], None]
    broken: Callable[[str], None]
    _stamp: tuple[int, int] | None = None
    _waiting: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._stamp = self._look_at()

    def start(self) -> None:
        """Start the thread, which looks every :data:`LOOK_EVERY_SECONDS`."""
        threading.Thread(target=self._run, name="mapping", daemon=True).start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()

    def turn_to(self, path: Path, write: Callable[[Path], None]) -> None:
        """Watch another file from now on; changes made by ``write`` are not reported."""
        with self._lock:
            write(path)
            self.path, self._stamp, self._waiting = path, _stamp_of(path), False

    def look(self) -> None:
        """Look once. A changed file is read one look later, if it has not changed again: an editor
        may still be writing it."""
        with self._lock:
            stamp = self._look_at()
            if stamp != self._stamp:
                self._stamp, self._waiting = stamp, True
            elif self._waiting and self.path is not None:
                self._waiting = False
                self._read(self.path)

    def _read(self, path: Path) -> None:
        try:
            mapping = read_mapping(path)
        except BridgeError as error:
            # The reason comes first, because a small screen shows only the beginning.
            why = str(error).replace(str(path), path.name)
            self.broken(f"{why} (the mapping stays as it was)")
        else:
            self.changed(mapping.bindings, told(mapping, path))

    def _look_at(self) -> tuple[int, int] | None:
        return None if self.path is None else _stamp_of(self.path)

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            self.look()


def told(mapping: Mapping, path: Path) -> str:
    """The line for a mapping that was read again, with its first hint."""
    return with_hint(f"{path.name} read again: {len(mapping.bindings)} controls", mapping, path)


def with_hint(text: str, mapping: Mapping, path: Path) -> str:
    """A line for the player with the first hint on a mapping after it, if there is one."""
    hints = [hint.replace(str(path), path.name) for hint in mapping.hints[:1]]
    return "; ".join(filter(None, (text, *hints)))


def _stamp_of(path: Path) -> tuple[int, int] | None:
    """The file's time of change (ns) and size (bytes); None if it does not exist."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
