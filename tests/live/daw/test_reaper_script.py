"""Our script for Reaper, under a real Lua, on a stand-in of the ReaScript calls that it uses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_daw import ScriptHost

from bridge.live.daw.clips import ClipSet, cut
from bridge.live.daw.daw import DawError, DawMarker
from bridge.live.daw.exchange import ScriptedDaw
from bridge.music.grid import METRES
from bridge.music.notes import Note, Part

LUA = next(filter(None, map(shutil.which, ("lua5.4", "lua54", "lua5.3"))), None)
pytestmark = pytest.mark.skipif(LUA is None, reason="no Lua here: apt-get install lua5.4")
NOTES = {
    Part.DRUMS: [Note(3840 + i * 240, 36 + i % 3, 60, 100 + i) for i in range(16)],
    Part.BASS: [Note(3840, 40, 959, 80), Note(5761, 43, 1, 1)],
}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ScriptHost]:
    assert LUA is not None
    started = ScriptHost([LUA, str(Path(__file__).with_name("reaper_standin.lua"))], "reaper",
                         tmp_path)  # fmt: skip
    started.until("ready")
    yield started
    started.close()


@pytest.fixture
def reaper(host: ScriptHost) -> ScriptedDaw:
    return host.daw("Reaper")


def clips(bars: int = 1) -> ClipSet:
    return cut("verse äß鼓", NOTES, 3840, 3840 + bars * 3840)


def dump(host: ScriptHost) -> list[list[str]]:
    return [line.split("\t") for line in host.do("dump")]


def test_items_are_read_back_note_for_note_at_the_bar(
    host: ScriptHost, reaper: ScriptedDaw
) -> None:
    assert reaper.print_clips(clips()).where == "bar 2"
    rows = dump(host)
    assert [r[1] for r in rows if r[0] == "track"] == ["Latent Bridge Drums", "Latent Bridge Bass"]
    assert [r[1:] for r in rows if r[0] == "item"] == [
        ["verse äß鼓 Drums", "4", "8"], ["verse äß鼓 Bass", "4", "8"],
    ]  # fmt: skip
    notes = [tuple(map(float, r[1:])) for r in rows if r[0] == "note"]
    assert notes == [
        (n.tick - 3840, n.end - 3840, channel, n.pitch, n.velocity)
        for part, channel in ((Part.DRUMS, 9), (Part.BASS, 1))
        for n in NOTES[part]
    ]
    assert rows[-1] == ["undo", "Latent Bridge print", "0", "0"]


def test_nothing_is_written_over(host: ScriptHost, reaper: ScriptedDaw) -> None:
    reaper.print_clips(clips(2))
    host.do("item Bass 13 14")
    assert reaper.print_clips(clips(2)).where == "bars 5 to 6"
    items = [r[2:] for r in dump(host) if r[0] == "item"]
    assert items == [["4", "12"], ["16", "24"], ["4", "12"], ["13", "14"], ["16", "24"]]


def test_in_a_tempo_map_with_other_metres_it_stays_at_its_quarter_notes(
    host: ScriptHost, reaper: ScriptedDaw
) -> None:
    for words in ("metre 4 3 4 90", "metre 10 7 8 150"):
        host.do(words)
    waltz = cut("w", {Part.BASS: [Note(0, 40, 960, 80)]}, 0, 2 * 2880, metre=METRES["3/4"])
    assert reaper.print_clips(waltz.moved_to(3840)).where == "bars 2 to 3"
    assert reaper.print_clips(waltz.moved_to(3840)).where == "bars 4 to 5"
    items = [r[2:] for r in dump(host) if r[0] == "item"]
    assert items == [["4", "10"], ["10", "16"]]


def test_without_a_place_it_goes_to_the_bar_of_the_cursor(
    host: ScriptHost, reaper: ScriptedDaw
) -> None:
    host.do("cursor 14.5")
    assert reaper.print_clips(clips().moved_to(None)).where == "bar 4"


def test_undo_takes_the_items_of_the_print_out_once(host: ScriptHost, reaper: ScriptedDaw) -> None:
    first, second = reaper.print_clips(clips()), reaper.print_clips(clips())
    assert reaper.undo(first) == "taken back: verse äß鼓 (bar 2)"
    assert [r[2:] for r in dump(host) if r[0] == "item"] == [["8", "12"], ["8", "12"]]
    with pytest.raises(DawError, match="no longer there"):
        reaper.undo(first)
    reaper.undo(second)
    assert not [r for r in dump(host) if r[0] in ("item", "note")]


def test_a_locked_track_leaves_nothing_half_printed(host: ScriptHost, reaper: ScriptedDaw) -> None:
    reaper.undo(reaper.print_clips(clips()))
    host.do("lock Bass")
    with pytest.raises(DawError, match="Reaper: the track Latent Bridge Bass takes no item"):
        reaper.print_clips(clips())
    rows = dump(host)
    assert not [r for r in rows if r[0] == "item"]
    assert rows[-1][2:] == ["0", "0"]


def test_the_position_is_that_of_the_play_cursor(host: ScriptHost, reaper: ScriptedDaw) -> None:
    for words in ("metre 8 6 8 90", "play 12.5", "loop 8 14"):
        host.do(words)
    where = reaper.position()
    assert (where.playing, round(where.tempo, 3), round(where.beat, 6)) == (True, 90.0, 12.5)
    assert (where.bar, round(where.bar_beat, 6), where.signature) == (4, 4.0, "6/8")
    assert where.loop == pytest.approx((8.0, 14.0))


def test_markers_are_told_and_regions_are_not(host: ScriptHost, reaper: ScriptedDaw) -> None:
    for words in ("mark 8 G7", "region 4 Verse", "mark 0 Am"):
        host.do(words)
    assert reaper.markers() == (DawMarker(0.0, "Am"), DawMarker(8.0, "G7"))


@pytest.mark.parametrize(
    "text",
    ["", "latent-bridge 2\nid 1-1\nend\n", "latent-bridge 1\nid 1-1\ndo print\n",
     "latent-bridge 1\nid 1-1\ntime 5\ndo position\nend\n",
     "latent-bridge 1\nid ../x\ntime 99999999999\ndo position\nend\n", "\0\xff" * 300],
)  # fmt: skip
def test_a_request_that_is_torn_old_or_nonsense_is_dropped(host: ScriptHost, text: str) -> None:
    (host.exchange / "request").write_text(text, encoding="latin-1")
    host.do("serve")
    assert list(host.exchange.iterdir()) == []


def test_a_script_that_is_too_old_says_so(reaper: ScriptedDaw) -> None:
    with pytest.raises(DawError, match="too old: install it again"):
        reaper.ask(["do fly"], 1.0)
