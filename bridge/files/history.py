"""The history of sampled and generated music: a file of strict JSON, one line an entry.

An entry keeps its codes, its seed and its decoder, so that the same model makes the same music
again. Lines are only added (a name is a line of its own), so that two programs may write at once
and a torn last line loses that line alone.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import platformdirs

from bridge.errors import BridgeError, ModelError, NameUnknown, OutputError
from bridge.latent.space import Floats, checked
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import FOUR_FOUR
from bridge.system.atomic_write import write_whole

Ints = npt.NDArray[np.int64]
FILE: Final = "history.jsonl"
SONGS: Final = "songs"
"""Folder beside the history with the MIDI files of entries that codes alone do not describe."""
FOLDER: Final = "LATENT_BRIDGE_HISTORY"
"""The environment variable that names another folder for the history."""
LAST: Final = "last"
"""Name of the latest entry."""


class HistoryEntry(msgspec.Struct, frozen=True, tag="entry", forbid_unknown_fields=True):
    """Music that was sampled or generated.

    ``codes`` holds N * ``width`` little-endian float32 (in the file: base64). They were
    decoded by ``model``, whose decoder has the checksum ``decoder`` (hex; empty for one
    without a file), at ``temperature``, code ``n`` with noise of ``seed + stride * n``; ``key``
    is the key it sounds in (empty: the model's). ``bars`` is the number of bars that each code
    plays (0: the model's whole window), ``metre`` the name of their metre, ``chords`` the chord
    classes of their half bars in the model's key (empty: those heard in their melody); ``made`` is
    the command in short, ``when`` the local time of the entry, ISO 8601 with its offset.

    Where codes alone do not describe the music, ``song`` names the MIDI file beside the history
    that holds it, ``command`` are the arguments that make it again, and ``inputs`` the files
    that these read, with their sha256.
    """

    when: str
    made: str
    model: str
    width: int
    codes: bytes
    seed: int = 0
    stride: int = 1
    temperature: float = 0.0
    bpm: float = 120.0
    key: str = ""
    decoder: str = ""
    name: str = ""
    bars: int = 0
    metre: str = FOUR_FOUR.name
    chords: tuple[int, ...] = ()
    song: str = ""
    command: tuple[str, ...] = ()
    inputs: dict[str, str] = {}

    def table(self) -> Floats:
        """The codes [N, Z]. ModelError for an entry without valid codes."""
        if self.song and not self.codes:
            raise ModelError(f"what {self.made!r} made is notes, no codes: export it")
        if self.width < 1 or len(self.codes) % (4 * self.width):
            raise ModelError(f"the entry's codes are no rows of {self.width}: make it again")
        return checked(np.frombuffer(self.codes, "<f4").reshape(-1, self.width))

    def chord_table(self) -> Ints | None:
        """The chords [N, H] of the codes; None where they are not told. ModelError where they do
        not fit the codes, or do not exist."""
        if not self.chords:
            return None
        count = len(self.codes) // (4 * max(1, self.width))
        named = np.asarray(self.chords, np.int64)
        if not count or len(named) % count or not 0 <= named.min() <= named.max() < CHORD_CLASSES:
            raise ModelError("the entry's chords do not fit its codes: make it again")
        return named.reshape(count, -1)


class Naming(msgspec.Struct, frozen=True, tag="name", forbid_unknown_fields=True):
    """A new ``name`` of the entry with the number ``entry`` (from 1); empty removes the name."""

    entry: int
    name: str


Line = HistoryEntry | Naming
_ESCAPED: Final = re.compile(r"\\u(dc[89a-f][0-9a-f])")
_DECODER: Final = msgspec.json.Decoder(Line)


def packed(codes: Floats) -> bytes:
    """Codes [N, Z] as the bytes of an entry."""
    return checked(codes).astype("<f4").tobytes()


def escaped(text: str) -> str:
    """A text with file names in it as one that JSON can hold: a byte of a name that is no UTF-8
    becomes ``\\udcXX``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def unescaped(text: str) -> str:
    """The text of :func:`escaped`, with the names as the system gives them."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _encoded(entry: HistoryEntry) -> bytes:
    """An entry as a line of the file."""
    return msgspec.json.encode(
        msgspec.structs.replace(
            entry,
            made=escaped(entry.made),
            command=tuple(map(escaped, entry.command)),
            inputs={escaped(name): checksum for name, checksum in entry.inputs.items()},
        )
    )


def now() -> str:
    """The local time with its offset, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def history_path() -> Path:
    """The path of the user's history: in the data folder, or in that of :data:`FOLDER`."""
    other = os.environ.get(FOLDER)
    folder = Path(other) if other else platformdirs.user_data_path("latent-bridge", appauthor=False)
    return folder / FILE


class History:
    """The history in the file ``path`` (the user's where none is given)."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or history_path()

    def entries(self) -> list[HistoryEntry]:
        """All entries, oldest first; number n is ``entries()[n - 1]``.

        ModelError with the number of a line that is invalid; a torn last line is left out.
        """
        found: list[HistoryEntry] = []
        for number, (line, whole) in enumerate(self._lines(), 1):
            try:
                line_value = _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as exc:
                if not whole:
                    break
                raise ModelError(f"{self.path}:{number}: no line of a history ({exc}): "
                                 "take it out, or move the file away") from exc  # fmt: skip
            if isinstance(line_value, HistoryEntry):
                found.append(line_value)
            elif 1 <= line_value.entry <= len(found):
                at = line_value.entry - 1
                found[at] = msgspec.structs.replace(found[at], name=line_value.name)
        return found

    def find(self, wanted: str) -> tuple[int, HistoryEntry]:
        """The number and entry of a number (from 1), a name, or ``last``.

        Of several entries with one name the latest. NameUnknown when there is none.
        """
        entries = self.entries()
        number = len(entries) if wanted == LAST else int(wanted) if wanted.isdecimal() else 0
        if 1 <= number <= len(entries):
            return number, entries[number - 1]
        for number, entry in reversed(list(enumerate(entries, 1))):
            if entry.name and entry.name.casefold() == wanted.casefold():
                return number, entry
        named = [e.name for e in entries if e.name]
        hint = f"(or a number from 1 to {len(entries)})" if entries else "(the history is empty)"
        raise NameUnknown("history entry", wanted, named, hint)

    def add(self, entries: Iterable[HistoryEntry]) -> int:
        """Add entries; the number of the last. OutputError where the file cannot be written."""
        self._append([_encoded(entry) for entry in entries])
        return len(self.entries())

    def replace(self, entries: Iterable[HistoryEntry]) -> None:
        """Put these entries in place of all, whole or not at all. OutputError where the file
        cannot be written."""
        write_whole(self.path, b"".join(_encoded(entry) + b"\n" for entry in entries))

    def keep_song(self, data: bytes) -> str:
        """Keep a MIDI file beside the history; the name it has there. OutputError if not."""
        name = f"{hashlib.sha256(data).hexdigest()[:24]}.mid"
        path = self.path.parent / SONGS / name
        if not path.exists():
            write_whole(path, data)
        return name

    def song_of(self, entry: HistoryEntry) -> Path | None:
        """The MIDI file of an entry; None for an entry of codes alone.

        ModelError where the file is missing.
        """
        if not entry.song:
            return None
        path = self.path.parent / SONGS / Path(entry.song).name
        if not path.is_file():
            raise ModelError(f"{path} is gone: `history export --again` makes it anew")
        return path

    def name(self, wanted: str, name: str) -> int:
        """Call an entry by another name; its number."""
        number, _ = self.find(wanted)
        if name.isdecimal() or name == LAST:
            raise BridgeError(f"{name!r} stands for an entry: choose a name with a letter in it")
        self._append([msgspec.json.encode(Naming(number, escaped(name)))])
        return number

    def _lines(self) -> Iterable[tuple[bytes, bool]]:
        """Each line, and False for a torn last one."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as exc:
            raise ModelError(f"{self.path}: cannot be read ({exc.strerror})") from exc
        *whole, last = data.split(b"\n")
        yield from ((line, True) for line in whole)
        if last:
            yield last, False

    def _append(self, lines: list[bytes]) -> None:
        """Add lines with one write; a torn last line is removed first."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._mend()
            data = b"".join(line + b"\n" for line in lines)
            with self.path.open("ab", buffering=0) as file:
                if file.write(data) < len(data):
                    raise OSError(errno.ENOSPC, "No space left on the disk")
        except OSError as exc:
            why = exc.strerror or str(exc)
            raise OutputError(f"{self.path}: cannot be written ({why}): the history is not kept; "
                              f"set {FOLDER} to another folder") from exc  # fmt: skip

    def _mend(self) -> None:
        """Remove a torn last line, so that new lines begin at the start of a line."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        if data and not data.endswith(b"\n"):
            with self.path.open("r+b") as file:
                file.truncate(data.rfind(b"\n") + 1)
