"""A part's output moved in time while it plays."""

from __future__ import annotations

from collections.abc import Callable

from playing import BAR, BEAT, assert_closed, ons, run, told

from bridge.music.notes import Part
from bridge.session.messages import commands as m
from bridge.session.state.session_state import State


def test_an_offset_moves_one_part_from_now_on_and_no_note_is_lost(
    session: Callable[..., State],
) -> None:
    still = [told(0, m.Start()), told(3.9 * BAR, m.Stop())]
    moves = [
        told(1.1 * BAR + number * BEAT, m.SetOffset(Part.DRUMS, ms))
        for number, ms in enumerate((10.0, 20.0, 11.0, -4.0))
    ]
    before = run(session(), still, 4 * BAR)
    moved = run(session(), [still[0], *moves, still[1]], 4 * BAR)
    for part in ("drums", "bass"):
        assert [(r.tick, r.note) for r in ons(moved, part)] == [
            (r.tick, r.note) for r in ons(before, part)
        ]
    late = {
        round(1000 * (one[0] - other[0]))
        for one, other in zip(_sent(moved.sent, "drums"), _sent(before.sent, "drums"), strict=True)
    }
    assert {0, 10, 20, 11, -4} == late
    assert _sent(moved.sent, "bass") == _sent(before.sent, "bass")
    assert_closed(moved)


def _sent(sent: list[tuple[float, object]], part: str) -> list[tuple[float, bytes]]:
    rows = sorted((s.tick, s.message, at) for at, s in sent if s.part == part)  # type: ignore[attr-defined]
    return [(at, message) for tick, message, at in rows if message[0] & 0xF0 == 0x90]
