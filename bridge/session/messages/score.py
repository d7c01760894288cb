"""The command that plays a song of the history. Pure."""

from __future__ import annotations

from bridge.music.grid import Metre
from bridge.music.notes import Part
from bridge.music.rhythm.song_bars import song_bars
from bridge.music.smf.song import Song
from bridge.session.messages.code_commands import PlayScore


def as_score(song: Song, label: str) -> PlayScore:
    """The command for a song: drums and bass on their outputs, all else on the melody's."""
    notes = tuple(
        (part_of(track.name, track.is_drums).value, n.tick, n.length, n.pitch, n.velocity)
        for track in song.tracks
        for n in track.notes
    )
    metre = song_bars(song, force=True).metre
    tempi = tempi_of(song, metre)
    return PlayScore(notes, metre.bars_until(song.end), label, song.bpm, metre.name, tempi)


def tempi_of(song: Song, metre: Metre) -> tuple[tuple[int, float], ...]:
    """The tempo from the first bar on, and from each bar on that begins in another, as (bar, BPM):
    a change within a bar is one at the nearest bar line."""
    found: dict[int, float] = {0: song.bpm}
    for change in song.tempi:
        found[metre.bar_of(change.tick + metre.ticks // 2)] = change.bpm
    return tuple(found.items()) if len(found) > 1 else ()


def part_of(name: str, drums: bool) -> Part:
    """The part of a track, by its name and whether it is a drum track."""
    if drums:
        return Part.DRUMS
    return Part.BASS if name.casefold() == "bass" else Part.MELODY
