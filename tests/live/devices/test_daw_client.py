"""The client beside the engine: prints, reports, and never holds the band up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.live.daw.clips import ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed
from bridge.live.daw.exchange import ScriptedDaw
from bridge.live.devices.daw_client import DawClient, DawOptions, chords_of
from bridge.music.chords import Chord
from bridge.music.grid import FOUR_FOUR, METRES
from bridge.music.notes import Part
from bridge.session.messages.commands import Command, SetKey
from bridge.session.messages.daw import DawStatus, FollowMarkers, PrintClips, PrintWhat, UndoPrint
from bridge.session.recorder import Recorder
from bridge.session.state.effects import PrintBand, Send, TakeBackPrint

PLAYING = DawPosition(playing=True, tempo=120.0, beat=9.0, bar=3, bar_beat=2.0)


class MemoryDaw:
    """A DAW in memory. ``gone``: it does not answer."""

    name = "Memory"

    def __init__(self) -> None:
        self.place, self.marks = PLAYING, ()  # type: DawPosition, tuple[DawMarker, ...]
        self.prints: list[ClipSet] = []
        self.gone = self.locked = self.closed = False

    def position(self) -> DawPosition:
        if self.gone:
            raise DawError("Memory does not answer: start it")
        return self.place

    def markers(self) -> tuple[DawMarker, ...]:
        return self.marks

    def print_clips(self, clips: ClipSet) -> Printed:
        self.position()
        if self.locked:
            raise DawError("Memory: the track is locked")
        self.prints.append(clips)
        return Printed(clips.name, f"bar {len(self.prints)}", (str(len(self.prints)),))

    def undo(self, printed: Printed) -> str:
        del self.prints[int(printed.items[0]) - 1]
        return f"taken back: {printed.name}"

    def close(self) -> None:
        self.closed = True


class Bench:
    """A client with a DAW in memory; its thread is turned by hand."""

    def __init__(self, options: DawOptions = DawOptions()) -> None:  # noqa: B008
        self.daw = MemoryDaw()
        self.said: list[str] = []
        self.told: list[Command] = []
        self.shown: list[DawStatus] = []
        self.now = 0.0
        self.client = DawClient(
            "memory", lambda: self.daw, self.told.append, self.shown.append, self.said.append,
            lambda: "no whole bar has been played yet", options,
        )  # fmt: skip

    def turn(self, times: int = 1, seconds: float = 5.0) -> None:
        for _ in range(times):
            self.now += seconds
            self.client._next_poll = min(self.client._next_poll, self.now)
            assert self.client.turn(self.now)


@pytest.fixture
def recorder() -> Recorder:
    """Two bars: a kick on each beat, a bass note that still sounds."""
    heard = Recorder(120.0)
    for beat in range(8):
        heard.hear(Send(Part.DRUMS, bytes((0x99, 36, 100)), 0.0, beat * 960))
        heard.hear(Send(Part.DRUMS, bytes((0x89, 36, 0)), 0.0, beat * 960 + 100))
    heard.hear(Send(Part.BASS, bytes((0x91, 40, 90)), 0.0, 3840))
    return heard


PRINT = PrintBand("verse", 0, 7680, 7680, 3840, 97.5)


def test_what_was_played_is_printed_at_its_place(recorder: Recorder) -> None:
    bench = Bench()
    bench.client.take(PRINT, recorder)
    bench.turn()
    (clips,) = bench.daw.prints
    assert (clips.name, clips.start, clips.length, clips.bpm) == ("verse", 3840, 7680, 97.5)
    drums, bass = clips.clips
    assert [n.tick for n in drums.notes] == [beat * 960 for beat in range(8)]
    assert [(n.tick, n.length) for n in bass.notes] == [(3840, 3840)]
    assert "printed into Memory: verse, bar 1" in bench.said
    assert (bench.shown[-1].printed, bench.shown[-1].prints) == ("verse, bar 1", 1)


def test_undo_takes_the_last_print_back_then_the_one_before(recorder: Recorder) -> None:
    bench = Bench()
    for effect in (PRINT, replace(PRINT, name="chorus"), TakeBackPrint(), TakeBackPrint(),
                   TakeBackPrint()):  # fmt: skip
        bench.client.take(effect, recorder)
    bench.turn(5)
    assert bench.daw.prints == []
    assert bench.said[-3:] == ["taken back: chorus", "taken back: verse",
                               "nothing has been printed yet, so nothing to take back"]  # fmt: skip


def test_a_daw_that_comes_and_goes_is_said_once_each_time() -> None:
    bench = Bench()
    bench.daw.gone = True
    bench.turn(3)
    bench.daw.gone = False
    bench.turn(3)
    bench.daw.gone = True
    bench.turn(2)
    gone = "Memory does not answer: start it"
    assert bench.said == [gone, "connected to Memory", gone]
    assert bench.shown[-1].connected is False


def test_a_print_into_a_daw_that_has_gone_is_said_and_the_next_one_works(
    recorder: Recorder,
) -> None:
    bench = Bench()
    bench.daw.gone = True
    bench.client.take(PRINT, recorder)
    bench.turn()
    bench.daw.gone = False
    bench.client.take(PRINT, recorder)
    bench.turn()
    assert len(bench.daw.prints) == 1
    assert "Memory does not answer: start it" in bench.said


def test_a_locked_track_is_said_in_one_line(recorder: Recorder) -> None:
    bench = Bench()
    bench.daw.locked = True
    bench.client.take(PRINT, recorder)
    bench.turn()
    assert bench.said[-1] == "Memory: the track is locked"
    assert bench.shown[-1].prints == 0


def test_silent_bars_are_not_printed() -> None:
    bench = Bench()
    bench.client.take(PRINT, Recorder(120.0))
    bench.turn()
    assert bench.daw.prints == []
    assert "silent" in bench.said[-1]


def test_the_key_of_the_daws_scale_is_pinned_and_freed_again() -> None:
    bench = Bench()
    bench.turn()
    bench.daw.place = replace(PLAYING, key="A minor", scale="Minor")
    bench.turn(2)
    bench.daw.place = PLAYING
    bench.turn(2)
    assert bench.told == [SetKey("A minor"), SetKey("")]


def test_a_key_that_the_player_gave_stays() -> None:
    bench = Bench(DawOptions(keys=False))
    bench.daw.place = replace(PLAYING, key="A minor")
    bench.turn(2)
    assert bench.told == []


def test_another_metre_is_said_once() -> None:
    bench = Bench()
    bench.daw.place = replace(PLAYING, numerator=3)
    bench.turn(3)
    assert bench.said.count("Memory is in 3/4, the band in 4/4") == 1


def test_chords_of_markers_are_given_to_the_band_by_choice() -> None:
    marks = (DawMarker(0.0, "Am"), DawMarker(4.0, "Verse"), DawMarker(6.0, "F"))
    silent, bench = Bench(), Bench(DawOptions(chords=True))
    for each in (silent, bench):
        each.daw.marks = marks
        each.turn(3)
    assert silent.told == []
    (command,) = bench.told
    assert isinstance(command, FollowMarkers)
    assert command.classes[:5] == (*[Chord(9, True).cls] * 3, *[Chord(5).cls] * 2)


@pytest.mark.parametrize(("metre", "expected"), [("4/4", "CCGG"), ("3/4", "CCCG"), ("6/8", "CCCG")])
def test_chords_are_two_a_bar_of_any_metre(metre: str, expected: str) -> None:
    found = chords_of([DawMarker(0.0, "C"), DawMarker(4.5, "G"), DawMarker(5.0, "?")],
                      METRES[metre])  # fmt: skip
    names = {Chord(0).cls: "C", Chord(7).cls: "G"}
    assert "".join(names[cls] for cls in found[:4]) in (expected, "CCGG")
    assert set(found[6:]) == {Chord(7).cls}


def test_markers_without_chords_fix_nothing() -> None:
    assert chords_of([DawMarker(0.0, "Verse")], FOUR_FOUR) == ()


def asked(bench: Bench, folder: Path, *lines: str) -> Callable[[], list[str]]:
    daw = ScriptedDaw("a session", folder, "start one", wait=lambda _: bench.turn())
    return lambda: daw.ask(lines, 2.0)


def test_another_program_has_the_session_print(tmp_path: Path, recorder: Recorder) -> None:
    bench = Bench(DawOptions(folder=tmp_path))

    def tell(command: Command) -> None:
        assert command == PrintClips(PrintWhat.LAST, 2)
        bench.client.take(PRINT, recorder)

    bench.client._tell = tell
    answer = asked(bench, tmp_path, "do print", "what last", "bars 2")()
    assert answer == ["said printed into Memory: verse, bar 1"]


def test_another_program_is_told_why_nothing_was_printed(tmp_path: Path) -> None:
    bench = Bench(DawOptions(folder=tmp_path))
    with pytest.raises(DawError, match="no whole bar has been played yet"):
        asked(bench, tmp_path, "do undo")()
    assert bench.told == [UndoPrint()]


@pytest.mark.parametrize("lines", [("do print", "what all"), ("do print", "bars x"), ("do fly",)])
def test_a_request_that_means_nothing_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(DawError, match="of another version"):
        asked(Bench(DawOptions(folder=tmp_path)), tmp_path, *lines)()


def test_at_the_end_what_waits_is_printed_and_the_daw_closed(recorder: Recorder) -> None:
    bench = Bench()
    bench.client.start()
    bench.client.take(PRINT, recorder)
    bench.client.close()
    assert len(bench.daw.prints) == 1
    assert bench.daw.closed
