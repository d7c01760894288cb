"""The metre that notes have by themselves, against the time signature of their file. Pure."""

from __future__ import annotations

from bridge.music.grid import Metre
from bridge.music.rhythm.song_bars import SongBars, song_bars
from bridge.music.smf.song import Song


def believed_bars(
    song: Song, wanted: Metre | None = None, *, force: bool = False
) -> tuple[SongBars, str]:
    """The bars of a song as :func:`song_bars` has them, and a line about it (mostly empty)."""
    return song_bars(song, wanted, force=force), ""
