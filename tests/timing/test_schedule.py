"""The schedule: commit line, tagged offs, stalls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.music.notes import Note
from bridge.timing.schedule import LONG_AGO, EntryKind, Schedule, ScheduleEntry

BAR = 3840


def play(schedule: Schedule, until: int, step: int = 60) -> list[ScheduleEntry]:
    """Everything sent when the schedule is looked at every ``step`` ticks."""
    sent: list[ScheduleEntry] = []
    for tick in range(0, until + 1, step):
        due = schedule.due(tick, LONG_AGO)
        sent += due.entries
        schedule = due.after
    return sent


def test_a_note_starts_and_stops() -> None:
    """One on, one off, in order, at their ticks."""
    schedule = Schedule().place(0, BAR, [Note(240, 36, 120, 100)])
    sent = play(schedule, BAR)
    assert [(e.tick, e.kind, e.pitch) for e in sent] == [
        (240, EntryKind.ON, 36),
        (360, EntryKind.OFF, 36),
    ]


def test_replacing_a_bar_keeps_what_is_committed() -> None:
    """Notes before the commit line stay as they were; later ones are the new ones."""
    old = [Note(tick, 36, 60) for tick in range(0, BAR, 960)]
    new = [Note(tick + 480, 38, 60) for tick in range(0, BAR, 960)]
    schedule = Schedule().place(0, BAR, old).commit_to(1000).place(0, BAR, new)
    ons = [(e.tick, e.pitch) for e in play(schedule, BAR) if e.kind is EntryKind.ON]
    assert ons == [(0, 36), (960, 36), (1440, 38), (2400, 38), (3360, 38)]


def test_the_commit_line_never_moves_back() -> None:
    """A smaller commit is ignored."""
    assert Schedule().commit_to(500).commit_to(100).commit == 500


def test_an_old_off_never_cuts_a_newer_note() -> None:
    """A repeated pitch is closed and opened anew; the first note's late off does nothing."""
    schedule = Schedule().place(0, 100, [Note(0, 40, 1000)]).place(100, BAR, [Note(480, 40, 960)])
    sent = [(e.tick, e.kind) for e in play(schedule, BAR)]
    assert sent == [
        (0, EntryKind.ON),
        (480, EntryKind.OFF),
        (480, EntryKind.ON),
        (1440, EntryKind.OFF),
    ]


def test_after_a_stall_late_ons_are_dropped_and_offs_are_not() -> None:
    """Nothing comes in a burst, nothing hangs."""
    notes = [Note(tick, 42, 100) for tick in range(0, BAR, 240)]
    first = Schedule().place(0, BAR, notes).due(0, 0)
    late = first.after.due(BAR - 1, BAR - 300)
    kinds = [(e.tick, e.kind) for e in late.entries]
    assert kinds == [(100, EntryKind.OFF), (3600, EntryKind.ON), (3700, EntryKind.OFF)]
    assert late.dropped == 14


def test_release_names_what_sounds_and_forgets_the_rest() -> None:
    """At stop the sounding pitches are returned and nothing is pending."""
    schedule = Schedule().place(0, BAR, [Note(0, 36, 960), Note(0, 42, 960), Note(960, 38, 9)])
    pitches, empty = schedule.due(10, 0).after.released()
    assert pitches == (36, 42)
    assert empty.pending == ()
    assert not empty.sounding
    assert empty.commit == LONG_AGO


notes = st.builds(
    Note, st.integers(0, 4 * BAR), st.integers(30, 50), st.integers(1, BAR), st.integers(1, 127)
)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(notes, max_size=12)), max_size=12),
    st.lists(st.integers(1, 900), min_size=1, max_size=40),
    st.integers(1, 2000),
)
def test_whatever_is_placed_and_however_late_every_on_has_its_off(
    placements: list[tuple[int, list[Note]]], steps: list[int], patience: int
) -> None:
    """Place bars while time moves in uneven steps: each pitch alternates on and off, sent
    ticks never run backwards past what was sent, and all is closed at the end."""
    schedule, tick = Schedule(), 0
    sounding: set[int] = set()
    placements = list(placements)
    for step in [*steps, 10 * BAR]:
        if placements:
            bar, content = placements.pop()
            schedule = schedule.place(bar * BAR, (bar + 1) * BAR, content)
        tick += step
        due = schedule.due(tick, tick - patience if step < 10 * BAR else LONG_AGO)
        schedule = due.after.commit_to(tick + 100)
        for entry in due.entries:
            if entry.kind is EntryKind.ON:
                assert entry.pitch not in sounding
                sounding.add(entry.pitch)
            else:
                assert entry.pitch in sounding
                sounding.remove(entry.pitch)
    assert sounding == set(schedule.sounding) == set()


@given(st.lists(notes, max_size=20), st.integers(0, 4 * BAR), st.lists(notes, max_size=20))
def test_committed_notes_never_change(before: list[Note], line: int, after: list[Note]) -> None:
    """Whatever is placed later, the notes before the commit line are the same."""
    schedule = Schedule().place(0, 4 * BAR + 1, before).commit_to(line)
    changed = schedule.place(0, 4 * BAR + 1, after)

    def committed(value: Schedule) -> list[Note]:
        return [note for note, _ in value.planned() if note.tick < line]

    assert committed(changed) == committed(schedule)
