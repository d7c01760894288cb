"""Matching port names: strict matches first, ambiguous names are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PortError
from bridge.midi.port_names import match_port, plain_name, same_port, short_name

ALSA = [
    "Midi Through:Midi Through Port-0 14:0",
    "MPK mini 3:MPK mini 3 MIDI 1 20:0",
    "Arturia KeyStep 32:Arturia KeyStep 32 MIDI 1 24:0",
]


@pytest.mark.parametrize(
    "wanted",
    [
        "MPK mini 3:MPK mini 3 MIDI 1 20:0",
        "mpk MINI 3:mpk mini 3 midi 1 20:0",
        "MPK mini 3:MPK mini 3 MIDI 1",
        "MPK mini 3:MPK mini 3 MIDI 1 28:0",
        "MPK mini 3 MIDI 1",
        "MPK",
        "mini 3",
    ],
)
def test_a_port_is_found_by_its_whole_name_or_a_clear_part(wanted: str) -> None:
    assert match_port(wanted, ALSA, "input") == ALSA[1]


def test_an_exact_name_wins_over_names_that_contain_it() -> None:
    assert match_port("Synth", ["Synth 2", "Synth", "synth"], "output") == "Synth"


def test_two_that_match_are_both_named_and_none_is_chosen() -> None:
    with pytest.raises(PortError, match=r"Synth A.*Synth B.*write more"):
        match_port("synth", ["Synth A", "Synth B", "Piano"], "output")


def test_two_of_the_same_name_are_not_guessed_between() -> None:
    with pytest.raises(PortError, match="2 MIDI outputs match"):
        match_port("Synth", ["Synth", "Synth"], "output")


def test_a_name_that_is_not_there_gets_the_nearest_and_the_list() -> None:
    with pytest.raises(PortError) as caught:
        match_port("Pianno", ["Piano", "Organ"], "input")
    assert "did you mean 'Piano'?" in str(caught.value)
    assert "'Organ'" in str(caught.value)


def test_where_there_is_no_port_the_message_says_what_to_do() -> None:
    with pytest.raises(PortError, match="none at all; plug in"):
        match_port("Piano", [], "input")


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=6))
def test_any_names_give_a_port_that_is_there_or_a_port_error(wanted: str, names: list[str]) -> None:
    try:
        found = match_port(wanted, names, "input")
    except PortError:
        return
    assert found in names


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, unique=True))
def test_a_listed_name_always_finds_itself(names: list[str]) -> None:
    assert all(match_port(name, names, "input") == name for name in names)


def test_plugged_in_again_alsa_gives_other_numbers_to_the_same_port() -> None:
    assert same_port("MPK:MPK MIDI 1 20:0", "MPK:MPK MIDI 1 28:0")
    assert not same_port("MPK:MPK MIDI 1 20:0", "MPK:MPK MIDI 2 20:1")


def test_on_windows_the_place_in_the_list_is_no_part_of_the_name() -> None:
    assert same_port("MPK mini 3 0", "MPK mini 3 2", numbered=True)
    assert not same_port("MPK mini 3", "MPK mini 4")


def test_only_alsa_names_lose_their_decorations() -> None:
    assert plain_name("system:midi_capture_1") == "system:midi_capture_1"
    assert short_name("system:midi_capture_1") == "system:midi_capture_1"
    assert short_name(ALSA[0]) == "Midi Through Port-0"
