"""A song's file, in the format that its name asks for: MIDI or ``.dawproject``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.errors import OutputError
from bridge.files import dawproject
from bridge.music.smf import midi_file
from bridge.music.smf.song import Song, Track
from bridge.music.smf.write import song_bytes
from bridge.system.streams import is_stream

MIDI: Final = (".mid", ".midi")
FORMATS: Final = (*MIDI, dawproject.SUFFIX)
"""Endings of names of files that hold a song."""


@dataclass(frozen=True, slots=True)
class Added:
    """Tracks that are added to the MIDI file ``source``, whose own bytes stay, but the notes of its
    tracks ``gone`` (numbers from 0); ours end at tick ``end``."""

    source: Path
    tracks: tuple[Track, ...]
    end: int
    gone: frozenset[int] = frozenset()


def is_project(path: Path) -> bool:
    """True if the name asks for a ``.dawproject`` file."""
    return path.suffix.lower() == dawproject.SUFFIX


def check_ending(path: Path) -> None:
    """Raise OutputError, before any work, for a name that ends like neither format. A stream
    without an ending gets MIDI; that a folder is no file is for others to say."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS and not path.is_dir() and not (is_stream(path) and not suffix):
        raise OutputError(
            f"{path}: its ending names no format: write .mid, or .dawproject for a project of "
            "Bitwig, Studio One or Cubase"
        )


def write_song(path: Path, song: Song, title: str, added: Added | None = None) -> bytes:
    """Write a song in the format of its name: whole or not at all. OutputError if it can't be.

    A MIDI file of a piece whose tracks are ``added`` to another's keeps the other's bytes.
    Returns the song's MIDI bytes, in either format.
    """
    if is_project(path):
        dawproject.write(path, song, title)
        return song_bytes(song)
    if added is not None:
        return midi_file.write_added(path, added.source, added.tracks, added.end, added.gone)
    return midi_file.write(path, song)
