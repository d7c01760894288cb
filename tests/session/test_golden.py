"""The whole session, keys in and notes out, compared with committed rows."""

from __future__ import annotations

import pytest
from make_golden import BARS, read, rows, walk_rows

from bridge.latent.walks import WalkKind
from bridge.music.grid import FOUR_FOUR
from bridge.session.messages.commands import Mode


@pytest.mark.parametrize("mode", Mode)
def test_the_band_plays_the_golden_rows(mode: Mode) -> None:
    """Every row is equal (``make_golden.py`` writes them again)."""
    assert rows(mode) == read(mode.value)


@pytest.mark.parametrize("kind", WalkKind)
def test_the_band_walks_the_golden_rows(kind: WalkKind) -> None:
    assert walk_rows(kind) == read(f"walk-{kind.value}")


def test_every_walk_is_heard() -> None:
    """No two walks give the same rows, and none gives those of a band without a walk."""
    found = [tuple(read(f"walk-{kind.value}")) for kind in WalkKind]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("mode", Mode)
def test_the_golden_rows_are_music(mode: Mode) -> None:
    """Every bar has drums, every one with a key to play in bass; every note is closed, and
    loops and answers have melody."""
    golden = read(mode.value)
    for part, first in (("drums", 0), ("bass", 1)):
        ons = {r.tick // FOUR_FOUR.ticks for r in golden if r.part == part and r.kind == "on"}
        assert ons == set(range(first, BARS))
    for part in {r.part for r in golden}:
        kinds = [r.kind for r in golden if r.part == part]
        assert kinds.count("on") == kinds.count("off")
    melody = any(r.part == "melody" for r in golden)
    assert melody is (mode in (Mode.LOOP, Mode.RESPOND))
