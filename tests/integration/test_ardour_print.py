"""Prints into a real Ardour 7 without a screen, by the script that its users install."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Empty

import pytest
from jackserver import JackServer
from scripted_daw import Region, ScriptHost

from bridge.live.daw.clips import ClipSet, cut
from bridge.live.daw.daw import DawError
from bridge.live.daw.exchange import ScriptedDaw
from bridge.music.grid import METRES, TICKS_PER_BEAT
from bridge.music.notes import Note, Part

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        shutil.which("ardour7-lua") is None, reason="no Ardour 7 here: apt-get install ardour"
    ),
]
HOST = Path(__file__).with_name("ardour_print.lua")
STARTS = 3
START_SECONDS = 40.0
MAP = ("tempo 8 90", "tempo 16 150", "meter 12 3 4")
"""Changes of tempo and metre, in quarter notes: bar 4 is the first of three beats."""
Open = Callable[[], tuple[ScriptHost, ScriptedDaw]]


@pytest.fixture
def opened(jack: JackServer, tmp_path: Path) -> Iterator[Open]:
    """Opens one new session in an Ardour, again and again; its start is tried a few times."""
    session = tmp_path / "song"
    subprocess.run(
        ["ardour7-new_empty_session", "-s", "48000", str(session), "song"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with ExitStack() as stack:

        def start() -> tuple[ScriptHost, ScriptedDaw]:
            for _ in range(STARTS):
                host = ScriptHost(["ardour7-lua", str(HOST)], "ardour", tmp_path, [str(session)])
                stack.callback(host.close)
                try:
                    host.until("ready", seconds=START_SECONDS)
                except Empty:
                    host.close()
                    continue
                return host, host.daw("Ardour")
            pytest.skip(f"Ardour did not start in {STARTS} tries")

        yield start


def regions(host: ScriptHost) -> list[Region]:
    """The regions of all tracks: place is (ticks, length in ticks, bar|beat|tick, sample)."""
    found: list[Region] = []
    for line in host.do("dump"):
        kind, *words = line.split("\t")
        if kind == "region":
            found.append(Region(words[0], words[1], tuple(words[2:]), []))
        elif kind == "note":
            found[-1].notes.append(tuple(int(word) for word in words))
    return found


def played(bars: int, first: int, metre: str = "4/4") -> ClipSet:
    """Something of each part from quarter note ``first`` on, off the grid too."""
    start, length = first * TICKS_PER_BEAT, bars * METRES[metre].ticks
    drums = [
        Note(start + t, 36 + i % 3, 60, 1 + i % 127) for i, t in enumerate(range(0, length, 241))
    ]
    bass = [Note(start + t, 28 + i, 959, 90) for i, t in enumerate(range(0, length, 960))]
    melody = [Note(start + 7, 72, 1, 127)]
    notes = {Part.DRUMS: drums, Part.BASS: bass, Part.MELODY: melody}
    return cut("Soul chorus äß鼓", notes, start, start + length, metre=METRES[metre])


def expected(clips: ClipSet) -> list[list[tuple[int, ...]]]:
    """The notes of the clips in Ardour's ticks."""
    return [
        [(n.tick * 2, n.length * 2, n.pitch, n.velocity, clip.channel) for n in clip.notes]
        for clip in clips.clips
    ]


def test_regions_are_read_back_note_for_note_at_their_bars_in_a_tempo_map_with_changes(
    opened: Open,
) -> None:
    host, ardour = opened()
    for words in MAP:
        host.do(words)
    clips = played(2, 6)
    assert ardour.print_clips(clips).where == "bars 2 to 4"
    waltz = played(2, 12, "3/4")
    # Bars 2 to 4 are taken until quarter note 14: the next bar line is that of bar 5, at 15.
    assert ardour.print_clips(waltz).where == "bars 5 to 6"
    found = regions(host)
    assert [r.track for r in found[::2]] == [
        "Latent Bridge Drums", "Latent Bridge Bass", "Latent Bridge Melody"
    ]  # fmt: skip
    assert [(r.place[0], r.place[1], r.place[2]) for r in found] == [
        (str(6 * 1920), str(8 * 1920), "2|3|0"), (str(15 * 1920), str(6 * 1920), "5|1|0"),
    ] * 3  # fmt: skip
    # Eight beats at 120, seven at 90 until quarter note 15.
    assert found[1].place[3] == str(round((8 / 120 + 7 / 90) * 60 * 48000))
    assert [sorted(r.notes) for r in found[::2]] == [sorted(n) for n in expected(clips)]
    assert [sorted(r.notes) for r in found[1::2]] == [sorted(n) for n in expected(waltz)]
    assert {r.name for r in found} >= {"Soul chorus äß鼓 Drums", "Soul chorus äß鼓 Bass"}


def test_a_session_saved_and_opened_again_has_the_print_and_undo_takes_it_out(
    opened: Open,
) -> None:
    host, ardour = opened()
    clips = played(4, 4)
    printed = ardour.print_clips(clips)
    again = ardour.print_clips(clips)
    ardour.undo(again)
    host.do("save")
    host.close()
    host, ardour = opened()
    found = regions(host)
    assert [r.place[2] for r in found] == ["2|1|0"] * 3
    assert [sorted(r.notes) for r in found] == [sorted(n) for n in expected(clips)]
    assert ardour.undo(printed) == "taken back: Soul chorus äß鼓 (bars 2 to 5)"
    assert regions(host) == []
    with pytest.raises(DawError, match="no longer there: use Edit > Undo"):
        ardour.undo(printed)
    assert ardour.print_clips(clips).where == "bars 2 to 5"


def test_a_track_of_another_kind_is_said_and_nothing_is_printed(opened: Open) -> None:
    host, ardour = opened()
    host.do("audio_track Latent Bridge Bass")
    with pytest.raises(DawError, match="the track Latent Bridge Bass is no MIDI track"):
        ardour.print_clips(played(1, 0))
    assert regions(host) == []


def test_the_position_has_tempo_bar_and_metre_of_the_place(opened: Open) -> None:
    host, ardour = opened()
    for words in MAP:
        host.do(words)
    host.do(f"locate {round((8 / 120 + 7 / 90) * 60 * 48000)}")
    where = ardour.position()
    assert (where.bar, where.signature, where.tempo) == (5, "3/4", 90.0)
    assert where.beat == pytest.approx(15.0, abs=0.01)
    assert where.playing is False
    assert ardour.print_clips(played(1, 0, "3/4").moved_to(None)).where == "bar 5"
