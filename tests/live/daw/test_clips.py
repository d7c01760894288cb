"""Clips cut out of what was played."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.live.daw.clips import EARLY_TICKS, cut
from bridge.music.grid import METRES
from bridge.music.notes import Note, Part

NOTES = st.lists(
    st.builds(Note, st.integers(0, 40_000), st.integers(0, 127), st.integers(1, 9000),
              st.integers(1, 127)),
    max_size=30,
)  # fmt: skip


@given(NOTES, st.integers(0, 8), st.integers(1, 4), st.sampled_from(sorted(METRES)))
def test_every_note_that_begins_in_the_bars_is_in_the_clip_and_inside_it(
    notes: list[Note], bar: int, bars: int, metre: str
) -> None:
    length = METRES[metre].ticks
    first, end = bar * length, (bar + bars) * length
    clips = cut("x", {Part.BASS: notes}, first, end, metre=METRES[metre])
    meant = [n for n in notes if first - EARLY_TICKS <= n.tick < end - EARLY_TICKS]
    found = [n for clip in clips.clips for n in clip.notes]
    assert sorted((n.pitch, n.velocity) for n in found) == sorted(
        (n.pitch, n.velocity) for n in meant
    )
    assert all(n.tick >= 0 and n.end <= max(clips.length, n.tick + 1) for n in found)
    assert (clips.bars, clips.start, clips.notes) == (bars, first, len(meant))


def test_neighbouring_clips_share_no_note_and_lose_none() -> None:
    notes = [Note(t, 40, 700, 90) for t in range(0, 4 * 3840, 113)]
    parts = [cut("x", {Part.BASS: notes}, b * 3840, (b + 1) * 3840).notes for b in range(4)]
    assert sum(parts) == sum(n.tick < 4 * 3840 - EARLY_TICKS for n in notes)


def test_parts_without_notes_have_no_clip() -> None:
    clips = cut("x", {Part.BASS: [], Part.DRUMS: [Note(5, 36, 60, 90)]}, 0, 3840)
    assert [c.track for c in clips.clips] == ["Latent Bridge Drums"]
    assert clips.clips[0].channel == 9
