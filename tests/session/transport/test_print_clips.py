"""Which bars are printed into the DAW, at which place of its song, under which name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playing import BAR, T0, during, run, told, tune

from bridge.music.grid import FOUR_FOUR
from bridge.session.messages import commands as m
from bridge.session.messages.daw import DawStatus, PrintClips, PrintWhat, UndoPrint
from bridge.session.simulation import Played
from bridge.session.state.effects import PrintBand, TakeBackPrint
from bridge.session.state.events import ClockIn, DawIn, Event
from bridge.session.state.session_state import State
from bridge.session.transport.print_clips import NO_DAW, NO_LOOP, NOTHING, SHORT_LOOP

Make = Callable[..., State]
CLOCK, START, STOP, POSITION = b"\xf8", b"\xfa", b"\xfc", 0xF2
CLOCK_SECONDS = 0.5 / 24


def daw(at: float = 0.0, **changes: object) -> DawIn:
    return DawIn(T0 + at, DawStatus("Ardour", connected=True, at=T0 + at, **changes))  # type: ignore[arg-type]


def prints(played: Played) -> list[PrintBand]:
    return [e for e in played.effects if isinstance(e, PrintBand)]


def bars(effect: PrintBand) -> tuple[int, int]:
    return effect.first // FOUR_FOUR.ticks, effect.end // FOUR_FOUR.ticks


def play(session: Make, until: float, *commands: Event, **setup: object) -> Played:
    """A band that plays from the start to ``until`` bars, with a DAW that stands still."""
    events = [daw(-0.5), told(0, m.Start()), *tune(int(until) + 1), *commands]
    return run(session(**setup), events, until * BAR)


def test_the_key_prints_the_last_four_whole_bars(session: Make) -> None:
    (effect,) = prints(play(session, 7, *during(6.5, PrintClips())))
    assert bars(effect) == (2, 6)
    assert (effect.name, effect.bpm, effect.start) == ("rock", 120.0, None)


def test_of_a_short_take_what_there_is_is_printed(session: Make) -> None:
    (effect,) = prints(play(session, 3, *during(2.2, PrintClips())))
    assert bars(effect) == (0, 2)


def test_before_the_first_whole_bar_there_is_nothing_to_print(session: Make) -> None:
    played = play(session, 0.9, *during(0.2, PrintClips()))
    assert prints(played) == []
    assert played.state.message == NOTHING


def test_the_take_is_printed_whole(session: Make) -> None:
    (effect,) = prints(play(session, 7, *during(6.5, PrintClips(PrintWhat.TAKE))))
    assert bars(effect) == (0, 6)


def test_after_a_stop_the_bar_that_was_begun_is_printed_too(session: Make) -> None:
    events = [*during(5.5, m.Stop()), *during(6, PrintClips(bars=2))]
    (effect,) = prints(play(session, 7, *events))
    assert bars(effect) == (4, 6)


def test_the_last_round_of_the_loop_is_printed(session: Make) -> None:
    played = play(
        session, 12, *during(0.2, m.SetMode(m.Mode.LOOP)),
        *during(10.2, PrintClips(PrintWhat.LOOP)), loop_bars=2,
    )  # fmt: skip
    assert played.state.heard.loop is not None
    (effect,) = prints(played)
    first, end = bars(effect)
    assert end - first == 2
    assert (first - played.state.heard.loop.start) % 2 == 0
    assert end <= 10


@pytest.mark.parametrize(
    ("ring", "message", "printed"),
    [(None, NO_LOOP, []), ((4.0, 6.0), SHORT_LOOP, []), ((4.0, 12.0), "", [(1, 3)])],
)
def test_without_a_loop_of_the_bands_the_daws_is_printed(
    session: Make, ring: tuple[float, float] | None, message: str, printed: list[tuple[int, int]]
) -> None:
    played = play(session, 7, daw(1, loop=ring), *during(5.2, PrintClips(PrintWhat.LOOP)))
    assert [bars(effect) for effect in prints(played)] == printed
    assert message in played.state.message


def test_without_a_daw_the_player_is_told_how_to_start(session: Make) -> None:
    events = [told(0, m.Start()), *during(2, PrintClips(), UndoPrint())]
    played = run(session(), events, 3 * BAR)
    assert played.state.message == NO_DAW
    assert prints(played) == []


def test_undo_is_handed_on(session: Make) -> None:
    assert TakeBackPrint() in play(session, 2, *during(1, UndoPrint())).effects


def test_where_the_daw_plays_along_the_bars_are_its_own(session: Make) -> None:
    """Our bar 0 is its bar 8: it plays beat 36.1 where we play beat 4."""
    played = play(session, 7, daw(BAR, playing=True, beat=36.1), *during(6.5, PrintClips(bars=1)))
    (effect,) = prints(played)
    assert bars(effect) == (5, 6)
    assert effect.start == FOUR_FOUR.bar_start(13)


def test_as_the_band_plays_every_bar_is_printed_once(session: Make) -> None:
    played = play(session, 11, *during(10.6, m.Stop()), print_every=4)
    assert [bars(effect) for effect in prints(played)] == [(0, 4), (4, 8), (8, 11)]


def master(start: float, *story: tuple[str, float]) -> list[Event]:
    """A DAW's clock at 120 BPM: (``play``, bars) and (``to``, bar)."""
    events: list[Event] = [ClockIn(start - k * CLOCK_SECONDS, CLOCK) for k in range(60, 0, -1)]
    events.append(ClockIn(start - 0.001, START))
    at = start
    for word, number in story:
        if word == "to":
            units = int(number * 16)
            message = bytes((POSITION, units & 0x7F, units >> 7))
            events.append(ClockIn(at - 0.002, message))
            continue
        clocks = round(number * 96)
        events += [ClockIn(at + k * CLOCK_SECONDS, CLOCK) for k in range(clocks)]
        at += clocks * CLOCK_SECONDS
    return [*events, ClockIn(at, STOP)]


def followed(session: Make, *story: tuple[str, float], **setup: object) -> Played:
    events = [daw(-0.9), *master(T0, *story)]
    length = sum(number for word, number in story if word == "play") * BAR
    return run(session(clock="DAW", **setup), events, length + 1)


def test_where_the_daw_leads_each_bar_is_printed_at_its_place_in_the_song(session: Make) -> None:
    played = followed(session, ("play", 9), print_every=4)
    assert [(bars(e), e.start) for e in prints(played)] == [
        ((first, end), FOUR_FOUR.bar_start(first)) for first, end in ((0, 4), (4, 8), (8, 9))
    ]


def test_what_was_played_before_a_loop_jumps_back_is_printed(session: Make) -> None:
    story = (("play", 4), ("to", 1), ("play", 3), ("to", 1), ("play", 2))
    played = followed(session, *story, print_every=4)
    assert [bars(effect) for effect in prints(played)] == [(0, 4), (1, 4), (1, 3)]


def test_a_take_that_went_round_has_each_bar_as_it_was_played_last(session: Make) -> None:
    story = (("play", 4), ("to", 1), ("play", 2))
    played = followed(session, *story)
    take = played.recorder.take
    assert len(take.passes) == 2
    whole = take.played(0, FOUR_FOUR.bar_start(4), FOUR_FOUR.bar_start(3))
    for part, notes in whole.items():
        starts = [n.tick for n in notes if part == "drums" and n.pitch == 36]
        assert len(starts) == len(set(starts)), part
    assert {n.tick // FOUR_FOUR.ticks for n in whole[list(whole)[2]]} == {0, 1, 2, 3}


def test_what_was_played_before_a_stop_stays_in_the_take_after_going_on_elsewhere(
    session: Make,
) -> None:
    """The DAW stops at bar 4, goes to bar 1 and continues: bars 2 and 3 are those of before."""
    events = [daw(-0.9), *master(T0, ("play", 4))]
    at = T0 + 4 * BAR + 0.5
    events += [
        ClockIn(at, bytes((POSITION, 16, 0))), ClockIn(at + 0.01, b"\xfb"),
        *(ClockIn(at + 0.02 + k * CLOCK_SECONDS, CLOCK) for k in range(96)),
    ]  # fmt: skip
    played = run(session(clock="DAW"), events, 6 * BAR)
    take = played.recorder.take
    assert [p.begin // FOUR_FOUR.ticks for p in take.passes] == [0, 1]
    drums = take.played(0, FOUR_FOUR.bar_start(4), FOUR_FOUR.bar_start(2))
    assert {n.tick // FOUR_FOUR.ticks for notes in drums.values() for n in notes} == {0, 1, 2, 3}
