"""One-touch memories: everything at the next bar line, and nothing that hangs over."""

from __future__ import annotations

import pytest
from arranging import Make, at, notes, shot, take
from playing import BAR, assert_closed, on, run, told

from bridge.controllers.bindings import Binding, ControlState, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.memories import Memory, Variation
from bridge.errors import NameUnknown
from bridge.music.notes import Part
from bridge.session.handlers.arranging import memories
from bridge.session.messages import arranger_commands as a
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_status import ChangeKind
from bridge.session.state.effects import KeepMemories, TempoSet
from bridge.session.state.events import MidiIn

BUSY = Memory(
    name="busy",
    style="swing",
    bpm=140.0,
    variation=Variation.D,
    place={"direction:density": 0.9},
    knobs={"swing": 0.5, "humanize": 0.0, "transpose": 2.0},
    muted=(Part.BASS,),
    chart="Am F C G",
    hear="whole",
)


def test_a_memory_holds_what_plays_and_is_kept_in_the_file(session: Make) -> None:
    events = [
        told(0, m.SetStyle("swing")),
        told(0.01, m.SetControl("direction:density", 0.5)),
        told(0.02, m.SetControl("swing", 0.25)),
        told(0.03, m.Mute(Part.BASS, True)),
        told(0.04, m.SetChords("Am F")),
        told(0.05, a.SetVariation(Variation.C)),
        told(0.06, m.SetTempo(99.0)),
        told(0.07, a.StoreMemory(3, "  evening\n")),
    ]
    played = run(session(), events, 0.2)
    memory = played.state.arranger.memories[3]
    assert (memory.name, memory.style, memory.bpm, memory.metre) == (
        "evening",
        "swing",
        99.0,
        "4/4",
    )
    assert memory.place == {"direction:density": 0.5}
    assert memory.knobs["swing"] == 0.25
    assert (memory.muted, memory.chart, memory.variation) == ((Part.BASS,), "Am F", Variation.C)
    assert [e for e in played.effects if isinstance(e, KeepMemories)] == [KeepMemories({3: memory})]


def test_a_memory_is_recalled_at_the_next_bar_line_with_all_that_it_holds(session: Make) -> None:
    events = take(4, at(1.4, a.RecallMemory(2)))
    before = run(session(memories={2: BUSY}), events, 1.9 * BAR)
    plain = run(session(), take(4), 1.9 * BAR)
    assert before.rows == plain.rows
    assert before.state.band == plain.state.band
    (change,) = shot(before).arranger.pending
    assert (change.kind, change.name, change.beats_left) == (ChangeKind.MEMORY, "busy", 1)
    after = run(session(memories={2: BUSY}), events, 2.5 * BAR)
    state = after.state
    assert state.band.style == "swing"
    assert state.arranger.variation is Variation.D
    assert state.clock.line.bpm == pytest.approx(140.0)
    assert state.band.muted == {Part.BASS}
    assert (state.band.control("swing"), state.band.transpose) == (0.5, 2)
    assert state.band.control("direction:density") == 0.9
    assert state.chords.chart.text == "Am F C G"
    assert str(state.ears.mode) == "whole"
    assert shot(after).arranger.pending == ()
    assert not notes(after, 2, ["bass"])
    assert [e.tick for e in after.effects if isinstance(e, TempoSet)] == [2 * 3840]


def test_a_note_of_a_part_that_the_memory_mutes_ends_at_the_bar_line(session: Make) -> None:
    events = take(4, at(1.4, a.RecallMemory(2)), told(3 * BAR, m.Stop()))
    assert_closed(run(session(memories={2: BUSY}), events, 4 * BAR))


def test_recalled_again_it_is_the_same(session: Make) -> None:
    home = Memory(name="home", style="rock", bpm=120.0, knobs={"humanize": 0.0})
    state = session(memories={1: home, 2: Memory(name="x", style="swing", bpm=120.0)})
    calls = [at(b - 0.6, a.RecallMemory(n)) for b, n in ((2, 1), (4, 2), (6, 1))]
    played = run(state, take(8, *calls), 8 * BAR)
    assert [notes(played, bar) for bar in (2, 3)] == [notes(played, bar) for bar in (6, 7)]
    assert notes(played, 4) != notes(played, 2)


def test_twice_within_a_bar_takes_it_back(session: Make) -> None:
    events = take(4, at(1.3, a.RecallMemory(2)), at(1.6, a.RecallMemory(2)))
    played = run(session(memories={2: BUSY}), events, 3 * BAR)
    assert played.rows == run(session(), take(4), 3 * BAR).rows


def test_a_style_and_a_variation_that_are_chosen_after_it_win(session: Make) -> None:
    events = take(
        4,
        at(1.3, a.RecallMemory(2)),
        at(1.5, m.SetStyle("rock")),
        at(1.6, a.SetVariation("A")),  # type: ignore[arg-type]
    )
    state = run(session(memories={2: BUSY}), events, 2.5 * BAR).state
    assert (state.band.style, state.arranger.variation) == ("rock", Variation.A)
    assert state.clock.line.bpm == pytest.approx(140.0)


def test_while_nothing_plays_it_is_recalled_at_once(session: Make) -> None:
    state = run(session(memories={2: BUSY}), [told(0, a.RecallMemory(2))], 0.1).state
    assert (state.band.style, state.clock.line.bpm) == ("swing", pytest.approx(140.0))
    assert state.arranger.recalled is None


def test_one_that_waits_when_the_music_stops_is_there_for_the_next_take(session: Make) -> None:
    events = take(2, at(1.4, a.RecallMemory(2)), at(1.6, m.Stop()), at(2.0, m.Start()))
    state = run(session(memories={2: BUSY}), events, 3.5 * BAR).state
    assert (state.band.style, state.band.muted) == ("swing", {Part.BASS})
    assert state.arranger.recalled is None


def test_a_metre_that_the_model_lacks_is_said_and_nothing_is_recalled(session: Make) -> None:
    waltz = Memory(name="waltz", style="rock", bpm=90.0, metre="3/4")
    state = run(session(memories={1: waltz}), take(3, at(1.4, a.RecallMemory(1))), 2.5 * BAR).state
    assert "3/4" in state.message
    assert state.clock.line.bpm == pytest.approx(120.0)


def test_a_pad_stores_after_store_memory_and_recalls_before(session: Make) -> None:
    pad = Binding(kind=SourceKind.NOTE, number=36, channel=9, target="memory:4")
    state = session()
    state = state.but(controllers=state.controllers.but(bindings=ControlState((pad,))))
    hit = MidiIn(1.2, bytes((0x99, 36, 100)))
    played = run(state, [told(0.1, a.ArmStore()), hit], 0.4)
    assert played.state.arranger.memories[4].style == "rock"
    assert not played.state.arranger.storing
    again = run(played.state, [MidiIn(1.5, bytes((0x99, 36, 100)))], 0.8)
    assert again.state.arranger.memories == played.state.arranger.memories
    assert again.state.message == "memory 4: rock"


def test_a_knob_picks_up_the_value_that_the_memory_brought(session: Make) -> None:
    knob = Binding(
        kind=SourceKind.CC, number=20, channel=0, target="swing", takeover=Takeover.PICKUP
    )
    state = session(memories={2: BUSY})
    state = state.but(controllers=state.controllers.but(bindings=ControlState((knob,))))
    turn = [
        MidiIn(1.0 + 2.6 * BAR + 0.01 * i, bytes((0xB0, 20, v))) for i, v in enumerate((10, 12))
    ]
    held = run(state, take(4, at(1.4, a.RecallMemory(2)), *turn), 3 * BAR).state
    assert held.band.control("swing") == 0.5
    caught = [
        MidiIn(1.0 + 2.6 * BAR + 0.01 * i, bytes((0xB0, 20, v))) for i, v in enumerate((60, 66, 80))
    ]
    moved = run(state, take(4, at(1.4, a.RecallMemory(2)), *caught), 3 * BAR).state
    assert moved.band.control("swing") == pytest.approx(80 / 127, abs=0.01)


@pytest.mark.parametrize("number", [0, 9, 5])
def test_a_number_without_a_memory_is_said(session: Make, number: int) -> None:
    with pytest.raises(NameUnknown):
        memories.recall(session(), 0.0, a.RecallMemory(number))


def test_memories_are_named_and_forgotten(session: Make) -> None:
    events = [
        told(0, a.NameMemory(2, "night")),
        told(0.1, a.StoreMemory(1)),
        told(0.2, a.ForgetMemory(1)),
    ]
    state = run(session(memories={2: BUSY}), events, 0.4).state
    assert [(n, memory.name) for n, memory in state.arranger.memories.items()] == [(2, "night")]


def test_the_place_can_be_undone_after_a_recall(session: Make) -> None:
    events = [
        told(0, m.SetControl("direction:density", 0.3)), told(1.5, a.RecallMemory(2)),
        told(2.0, m.UndoPoint()),
    ]  # fmt: skip
    state = run(session(memories={2: BUSY}), events, 3.0).state
    assert state.band.control("direction:density") == 0.3


def test_the_players_held_note_is_not_cut_by_a_recall(session: Make) -> None:
    home = Memory(name="home", style="swing", bpm=120.0)
    events = [told(0, m.Start()), on(0.5, 60), told(1.4 * BAR, a.RecallMemory(1))]
    state = run(session(memories={1: home}, thru="all"), events, 2.5 * BAR).state
    assert state.heard.phrase.held_pitches() == {60}
    assert state.heard.passed_notes
