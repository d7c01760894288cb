"""Takes in their folder: listed, found by name or number, read, recovered, turned into songs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from bridge.errors import BridgeError, NameUnknown
from bridge.files.takes.journal import Frame, framed, frames
from bridge.files.takes.take_file import TakeFile
from bridge.files.takes.take_folder import TakeFolder
from bridge.files.takes.take_names import ended_name
from bridge.music.notes import Part
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.song import Song, TempoChange
from bridge.session.recording.take import Take
from bridge.session.recording.take_records import (
    TakeEnd,
    TakeHead,
    TakeRecord,
    packed_record,
    read_records,
)
from bridge.session.recording.take_song import take_song

LAST: Final = "last"
"""Name of the take that began last."""
CHANNELS: Final[Mapping[Part, int]] = {Part.MELODY: 0, Part.BASS: 1, Part.DRUMS: 9}
"""The channels 0..15 of a take's tracks in files."""
_HEAD_BYTES: Final = 4096
_TAIL_BYTES: Final = 512

State = Literal["kept", "recovered", "recording"]


@dataclass(frozen=True, slots=True)
class KeptTake:
    """A take in the folder. ``state``: kept, recovered (the program was killed before its end), or
    recording (a program writes it now); ``size`` in bytes."""

    path: Path
    head: TakeHead
    seconds: float
    notes: int
    state: State
    size: int

    @property
    def name(self) -> str:
        """The name of the take: that of its file."""
        return self.path.stem


def take_of(records: Iterable[TakeRecord]) -> tuple[TakeHead, Take]:
    """The head and the take of records; where the head is lost, the usual one."""
    head, take = TakeHead(), Take.of(TakeHead())
    for record in records:
        if isinstance(record, TakeHead):
            head = record
            if take.empty:
                take = Take.of(head)
        take.hear(record)
    return head, take


def take_in(data: bytes) -> tuple[TakeHead, Take]:
    """The head and the take in a file's bytes, as far as they are whole."""
    return take_of(read_records(_contents(frames(data))))


def song_of(path: Path, channels: Mapping[Part, int] = CHANNELS) -> Song:
    """The song of a take's file. BridgeError for one that cannot be read, or has no notes."""
    _, take = take_in(_bytes(path))
    if take.empty:
        raise BridgeError(f"{path.stem}: there are no notes in it")
    return take_song(take, channels)


def from_first_bar(song: Song) -> Song:
    """A song without the empty bars at its beginning (of a DAW's song that was joined late)."""
    metre = song_bars(song, force=True).metre
    first = min((n.tick for track in song.tracks for n in track.notes), default=0)
    by = metre.bar_start(metre.bar_of(first))
    if not by:
        return song
    tracks = tuple(
        replace(track, notes=tuple(replace(n, tick=n.tick - by) for n in track.notes))
        for track in song.tracks
    )
    before = [change.bpm for change in song.tempi if change.tick <= by]
    later = (replace(c, tick=c.tick - by) for c in song.tempi if c.tick > by)
    tempi = (TempoChange(0, before[-1]), *later)
    return replace(song, tracks=tracks, tempi=tempi, length=0, markers=())


class Takes:
    """The takes in a folder, in the order in which they began."""

    def __init__(self, folder: Path) -> None:
        self.files = TakeFolder(folder)

    def listed(self) -> list[KeptTake]:
        """All takes, oldest first; number n is ``listed()[n - 1]``."""
        return _in_order(self.files.files())

    def deleted(self) -> list[KeptTake]:
        """The takes in the trash, oldest first."""
        return _in_order(self.files.deleted())

    def find(self, wanted: str) -> KeptTake:
        """The take of a number (from 1), a name, the beginning of one, or ``last``. NameUnknown
        when there is none, or several begin alike."""
        takes = self.listed()
        number = len(takes) if wanted == LAST else int(wanted) if wanted.isdecimal() else 0
        if 1 <= number <= len(takes):
            return takes[number - 1]
        sought = wanted.casefold()
        for fits in (str.__eq__, str.startswith):
            found = [take for take in takes if fits(take.name.casefold(), sought)]
            if len(found) == 1:
                return found[0]
        hint = f"(or a number from 1 to {len(takes)})" if takes else "(there are no takes)"
        raise NameUnknown("take", wanted, [take.name for take in takes], hint)

    def rename(self, take: KeptTake, name: str) -> Path:
        """Give a take another name. BridgeError for one that is being recorded."""
        return self.files.rename(_at_rest(take).path, name)

    def delete(self, take: KeptTake) -> Path:
        """Move a take to the trash. BridgeError for one that is being recorded."""
        return self.files.delete(_at_rest(take).path)

    def recover(self) -> list[KeptTake]:
        """End the takes of programs that were killed; what there is of them. Files that cannot be
        written are left as they are."""
        found = []
        for path in self.files.files():
            try:
                recovered = None if _end_in(path) is not None else _recovered(path)
            except (OSError, BridgeError):
                continue
            if recovered is not None:
                found.append(recovered)
        return found


def kept_take(path: Path) -> KeptTake:
    """What is known of a take's file; one without an end is read whole."""
    size = path.stat().st_size
    head = next(
        (r for r in read_records(_contents(frames(_part(path, 0)))) if isinstance(r, TakeHead)),
        TakeHead(),
    )
    end = _end_in(path)
    if end is not None:
        state: State = "recovered" if end.recovered else "kept"
        return KeptTake(path, head, end.seconds, end.notes, state, size)
    _, take = take_in(_bytes(path))
    state = "recording" if is_written(path) else "recovered"
    return KeptTake(path, head, take.seconds, take.count, state, size)


def is_written(path: Path) -> bool:
    """True if a program writes the file now."""
    try:
        file = TakeFile.resume(path)
    except OSError:
        return False
    if file is not None:
        file.close()
    return file is None


def begun_at(take: KeptTake) -> datetime:
    """The local time at which a take began: that in its head, else that of its file."""
    try:
        return datetime.fromisoformat(take.head.when).astimezone()
    except ValueError:
        return datetime.fromtimestamp(take.path.stat().st_mtime).astimezone()


def _in_order(paths: list[Path]) -> list[KeptTake]:
    found = []
    for path in paths:
        try:
            found.append(kept_take(path))
        except (OSError, BridgeError):  # deleted meanwhile, or not ours to read
            continue
    return sorted(found, key=lambda take: (begun_at(take), take.name))


def _at_rest(take: KeptTake) -> KeptTake:
    if take.state == "recording":
        raise BridgeError(f"{take.name}: it is being recorded; stop the band first")
    return take


def _recovered(path: Path) -> KeptTake | None:
    """End a take whose program was killed; None if one still writes it, or it has no notes."""
    file = TakeFile.resume(path)
    if file is None:
        return None
    try:
        head, take = take_in(_bytes(path))
        if take.empty:
            return None
        end = TakeEnd(round(take.seconds, 3), take.count, recovered=True)
        file.add(framed(packed_record(end)))
        target = file.end(ended_name(path.stem, take.seconds))
    finally:
        file.close()
    return KeptTake(target, head, end.seconds, end.notes, "recovered", file.size)


def _end_in(path: Path) -> TakeEnd | None:
    """The end of a take, read from the end of its file."""
    last = list(read_records(_contents(frames(_part(path, -_TAIL_BYTES)))))[-1:]
    return last[0] if last and isinstance(last[0], TakeEnd) else None


def _part(path: Path, begin: int) -> bytes:
    """The first bytes of a file, or (``begin`` negative) the last."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size + begin) if begin < 0 else 0)
        return file.read(-begin if begin < 0 else _HEAD_BYTES)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise BridgeError(f"{path}: cannot be read ({exc.strerror})") from exc


def _contents(found: Iterable[Frame]) -> Iterable[bytes]:
    return (frame.content for frame in found)
