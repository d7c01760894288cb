"""Standard MIDI Files by their paths: read, written, and added to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from bridge.errors import MidiFileError
from bridge.music.smf.append import append_tracks
from bridge.music.smf.read import song_from
from bridge.music.smf.remove import without_notes
from bridge.music.smf.song import Song, Track
from bridge.music.smf.write import song_bytes
from bridge.system.atomic_write import write_whole
from bridge.system.streams import read_whole


def read(path: Path | str) -> Song:
    """Read a .mid file of any resolution, as far as it is whole: ``oddities`` of the song say
    what was missing. MidiFileError where there is no music to be read in it."""
    data = _contents(Path(path))
    if not data:
        raise MidiFileError(f"{path}: the file is empty: export it again from your DAW")
    try:
        return song_from(data)
    except MidiFileError as exc:
        raise MidiFileError(f"{path}: {exc}") from exc


def write(path: Path | str, song: Song) -> bytes:
    """Write a song as a type 1 file: a conductor track with tempo and time signature, then
    one named track a voice. The file appears whole or not at all; OutputError if it can't.
    Returns the bytes written."""
    data = song_bytes(song)
    write_whole(Path(path), data)
    return data


def write_added(
    path: Path | str,
    source: Path | str,
    tracks: Iterable[Track],
    end: int,
    gone: Collection[int] = (),
) -> bytes:
    """Write the file ``source`` with ``tracks`` added, at its own resolution where that is fine
    enough. Every byte of its own tracks stays as it is, but the notes of the tracks ``gone``
    (numbers from 0, as in the song that was read) are left out.

    Our tracks end at tick ``end`` (960 a quarter note). OutputError if it can't be written.
    Returns the bytes written.
    """
    data = _contents(Path(source))
    try:
        added = append_tracks(without_notes(data, gone) if gone else data, tracks, end)
    except MidiFileError as exc:
        raise MidiFileError(f"{source}: {exc}") from exc
    write_whole(Path(path), added)
    return added


def _contents(path: Path) -> bytes:
    try:
        return read_whole(path)
    except OSError as exc:
        raise MidiFileError(f"{path}: cannot be read ({exc.strerror}): check the name") from exc
