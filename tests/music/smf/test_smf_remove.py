"""Notes of some tracks taken out of a file's bytes: the rest stays."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from bridge.music.notes import Note
from bridge.music.smf.read import song_from
from bridge.music.smf.remove import without_notes
from bridge.music.smf.song import Song, Track
from bridge.music.smf.write import song_bytes

notes = st.lists(
    st.builds(Note, st.integers(0, 9000), st.integers(30, 90), st.integers(1, 500)),
    min_size=1, max_size=12, unique_by=lambda n: (n.tick, n.pitch),
)  # fmt: skip
songs = st.lists(notes, min_size=2, max_size=4).map(
    lambda voices: Song(tuple(Track(f"T{i}", i, i, tuple(sorted(v))) for i, v in enumerate(voices)))
)


@given(songs, st.data())
def test_the_other_tracks_are_read_as_before(song: Song, data: st.DataObject) -> None:
    whole = song_bytes(song)
    read = song_from(whole)
    kept = data.draw(st.integers(0, len(read.tracks) - 1))
    gone = set(range(len(read.tracks))) - {kept}
    after = song_from(without_notes(whole, gone))
    assert after.tracks == (read.tracks[kept],)
    assert after.end == read.end


def test_nothing_taken_out_leaves_every_byte() -> None:
    whole = song_bytes(Song((Track("T", 0, 0, (Note(0, 60, 100),)),)))
    assert without_notes(whole, ()) == whole


def test_one_channel_of_a_chunk_goes_and_running_status_holds() -> None:
    body = bytes((
        0, 0x90, 60, 90, 0, 0x91, 40, 80, 96, 41, 80, 0, 40, 0, 96, 0x90, 60, 0, 0, 0x91, 41, 0,
        0, 0xFF, 0x2F, 0,
    ))  # fmt: skip
    head = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96)
    data = head + b"MTrk" + struct.pack(">I", len(body)) + body
    before = song_from(data)
    assert [t.channel for t in before.tracks] == [0, 1]
    assert song_from(without_notes(data, {0})).tracks == before.tracks[1:]
    assert song_from(without_notes(data, {1})).tracks == before.tracks[:1]
