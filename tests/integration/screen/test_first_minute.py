"""A newcomer's first minute with an empty home, who knows only what the screen says."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

pytest.importorskip("pythonosc", reason="needs python-osc: pip install 'latent-bridge[osc]'")

from tmux_player import TmuxPlayer, has_tmux

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not has_tmux(), reason="needs tmux: apt-get install tmux"),
]
SIZES = ((80, 24), (60, 20))
TEN, THIRTY = 10.0, 30.0
"""Seconds to a band that plays, and to another style."""


def seconds(player: TmuxPlayer) -> float:
    """The position in the header as it goes on: (bar, beat) as one number."""
    found = re.search(r"(\d+)\.(\d)", player.screen())
    return 0.0 if found is None else float(found[1]) + float(found[2]) / 10


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_newcomer_hears_a_band_and_changes_its_style(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """No option, no settings: the keys that the empty roll names start the band, and the key that
    it names for the style changes it."""
    player = TmuxPlayer(tmp_path, [], size, osc=False)
    try:
        player.sees("Latent Bridge" if size[0] > 60 else "Bridge")
        player.sees("Play a s d f")
        tip = player.screen()
        begun = time.monotonic()
        keys = re.search(r"Play ((?:\S )+)or", tip)
        assert keys
        player.keys(*keys[1].split())
        player.until(lambda: "▶" in player.screen(), "the band plays", TEN)
        player.until(lambda: seconds(player) >= 2.1, "its first bar has sounded", TEN)
        assert time.monotonic() - begun < TEN
        assert "Play a s d f" not in player.screen()
        style_key = re.search(r"(F\d+) changes", tip)
        assert style_key
        style = shown_style(player)
        player.keys(style_key[1])
        player.sees("↑ ↓")
        player.keys("Down", "Enter")
        player.until(lambda: shown_style(player) not in ("", style), "another style", THIRTY)
        assert time.monotonic() - begun < THIRTY
        quit_says_what_is_kept(player)
    finally:
        player.close()


def shown_style(player: TmuxPlayer) -> str:
    """The style in the second line; empty while another one waits."""
    line = player.screen().splitlines()[1]
    name = line.removeprefix(" style").split()
    return "" if not name or "▸" in line else name[0]


def quit_says_what_is_kept(player: TmuxPlayer) -> None:
    """Fault 3: nothing was saved, asked or said."""
    player.keys("C-q")
    player.until(lambda: player.left, "it has ended")
    said = " ".join(player.screen().split())
    assert "kept" in said
    assert "left with 0" in said
    assert list(player.home.rglob("*.lbtake")) or list(player.home.rglob("*take*"))
