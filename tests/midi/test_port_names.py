"""Matching port names: strict matches first, ambiguous names are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PortError
from bridge.midi.midi_systems import SYSTEMS
from bridge.midi.port_names import (
    Decoration,
    Remembered,
    listed,
    match_port,
    one_port,
    plain_name,
    short_name,
)

SOME_NAMES = [
    "X",
    "X 1",
    "X#1",
    "X#2",
    "x",
    "Y",
    "MIDI 10",
    "client:MIDI",
    "Клавиатура",
    "キーボード",
]
words = st.one_of(st.sampled_from(SOME_NAMES), st.text(min_size=1, max_size=12))
"""Names of devices, often of one name or of names that look numbered."""
ADDRESS, POSITION, NONE = Decoration.ADDRESS, Decoration.POSITION, Decoration.NONE

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


def test_only_alsa_names_lose_their_decorations() -> None:
    assert plain_name("system:midi_capture_1") == "system:midi_capture_1"
    assert short_name("system:midi_capture_1") == "system:midi_capture_1"
    assert short_name(ALSA[0]) == "Midi Through Port-0"


# --- decorations --------------------------------------------------------------------------


def labels(raws: list[str], decoration: Decoration) -> list[str]:
    return [port.label for port in listed(raws, decoration)]


def decorated(names: list[str], decoration: Decoration) -> list[str]:
    """The names as a system lists them: one client a port, or positions, or nothing."""
    forms = {ADDRESS: "{name} {client}:0", POSITION: "{name} {index}", NONE: "{name}"}
    return [
        forms[decoration].format(name=name, client=20 + 4 * index, index=index)
        for index, name in enumerate(names)
    ]


def test_each_system_has_its_decoration() -> None:
    assert {name: system.decoration for name, system in SYSTEMS.items()} == {
        "alsa": ADDRESS, "jack": NONE, "coremidi": NONE, "winmm": POSITION}  # fmt: skip


def test_on_windows_the_position_is_no_part_of_a_name_and_a_number_of_the_name_is() -> None:
    raws = ["loopMIDI Port 0", "loopMIDI Port 1 1", "loopMIDI Port 10 2", "Latent Bridge Clock 3",
            "Latent Bridge Clock Out 4", "MIDIIN2 (Launchkey) 5"]  # fmt: skip
    assert labels(raws, POSITION) == [
        "loopMIDI Port", "loopMIDI Port 1", "loopMIDI Port 10", "Latent Bridge Clock",
        "Latent Bridge Clock Out", "MIDIIN2 (Launchkey)"]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["Latent Bridge Clock", "Latent Bridge Clock Out", "loopMIDI Port", "loopMIDI Port 1",
     "loopMIDI Port 10"],
)  # fmt: skip
def test_the_exact_name_of_a_windows_port_wins_over_longer_ones(name: str) -> None:
    names = ["loopMIDI Port 10", "Latent Bridge Clock Out", "loopMIDI Port 1",
             "Latent Bridge Clock", "loopMIDI Port"]  # fmt: skip
    assert match_port(name, labels(decorated(names, POSITION), POSITION), "input") == name


def test_a_number_that_is_not_the_position_stays() -> None:
    assert labels(["Synth 2", "Organ 1"], POSITION) == ["Synth 2", "Organ"]


def test_alsa_ports_lose_their_addresses_and_keep_their_numbers_in_the_device() -> None:
    ports = listed(
        ["Launchkey MK4:Launchkey MK4 24:0", "Launchkey MK4:Launchkey MK4 24:1"], ADDRESS
    )
    assert [(port.label, port.number) for port in ports] == [
        ("Launchkey MK4:Launchkey MK4#1", "0"), ("Launchkey MK4:Launchkey MK4#2", "1")]  # fmt: skip


def test_devices_of_one_name_are_chosen_by_their_number() -> None:
    names = labels(["MPK", "Organ", "MPK"], NONE)
    assert names == ["MPK#1", "Organ", "MPK#2"]
    assert match_port("mpk#2", names, "input") == "MPK#2"
    with pytest.raises(PortError, match=r"2 MIDI inputs .*'MPK#1', 'MPK#2'; give one of these"):
        match_port("MPK", names, "input")


def test_one_of_two_that_was_chosen_by_number_is_not_guessed_when_the_other_is_gone() -> None:
    with pytest.raises(PortError, match="did you mean 'MPK'"):
        match_port("MPK#2", labels(["MPK", "Organ"], NONE), "input")


def test_an_alsa_address_of_former_days_still_means_the_name() -> None:
    names = labels(ALSA, ADDRESS)
    assert match_port("MPK mini 3:MPK mini 3 MIDI 1 28:0", names, "input") == names[1]


@given(st.sampled_from(Decoration), st.lists(words, max_size=8))
def test_in_every_system_each_listed_name_chooses_exactly_its_port(
    decoration: Decoration, names: list[str]
) -> None:
    found = labels(decorated(names, decoration), decoration)
    assert len(set(found)) == len(names)
    assert [match_port(label, found, "output") for label in found] == found


# --- one port for both --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("loopMIDI Port", "loopMIDI Port", True),
        ("loopMIDI Port", "loopMIDI Port 1", False),
        ("MPK#1", "MPK#1", True),
        ("MPK#1", "MPK#2", False),
        ("MPK#1", "MPK", True),
        ("a2j:IAC [14] (capture): Bus", "a2j:IAC [14] (playback): Bus", True),
        ("Midi-Bridge:MPK:(capture_0) MIDI 1", "Midi-Bridge:MPK:(playback_0) MIDI 1", True),
        ("Midi-Bridge:MPK:(capture_0) MIDI 1", "Midi-Bridge:MPK:(playback_1) MIDI 1", False),
        ("system:midi_capture_1", "Synth:in", False),
    ],
)
def test_an_input_and_an_output_are_one_port_by_name_and_number(a: str, b: str, same: bool) -> None:
    assert one_port(a, b) is one_port(b, a) is same


# --- plugged in again ---------------------------------------------------------------------


def again(before: list[str], at: int, *later: list[str]) -> str | None:
    """The raw name of the port at a place of an ALSA list, in the last of later lists."""
    ports = listed(before, ADDRESS)
    memory, found = Remembered.of(ports[at], ports), None
    for raws in later:
        found, memory = memory.find(listed(raws, ADDRESS))
    return found and found.raw


MK4 = ["MK4:MK4 24:0", "MK4:MK4 24:1"]
TWINS = ["MPK:MPK 20:0", "MPK:MPK 24:0"]


@pytest.mark.parametrize("at", [0, 1])
def test_two_ports_of_one_device_come_back_by_their_port_numbers(at: int) -> None:
    assert again(MK4, at, [], ["MK4:MK4 28:0", "MK4:MK4 28:1"]) == f"MK4:MK4 28:{at}"
    assert again(MK4, at, [], ["MK4:MK4 28:1"]) == (f"MK4:MK4 28:{at}" if at else None)


def test_of_two_devices_of_one_name_the_one_that_stayed_is_not_taken_for_the_other() -> None:
    assert again(TWINS, 0, [TWINS[1]]) is None
    assert again(TWINS, 0, [TWINS[1]], [TWINS[1], "MPK:MPK 28:0"]) == "MPK:MPK 28:0"
    assert again(TWINS, 1, [TWINS[1]], [TWINS[1], "MPK:MPK 28:0"]) == TWINS[1]


def test_two_devices_that_both_went_come_back_in_their_order_and_not_before() -> None:
    both = ["MPK:MPK 28:0", "MPK:MPK 32:0"]
    assert again(TWINS, 1, [], both[:1]) is None
    assert again(TWINS, 1, [], both[:1], both) == both[1]


@given(
    st.lists(words, min_size=1, max_size=6),
    st.data(),
    st.sampled_from([NONE, POSITION]),
)
def test_by_name_and_order_a_port_is_found_in_any_later_list(
    names: list[str], data: st.DataObject, decoration: Decoration
) -> None:
    """Devices of other names move about; those of one name keep their order."""
    at = data.draw(st.integers(0, len(names) - 1))
    ports = listed(decorated(names, decoration), decoration)
    later = listed(decorated(data.draw(st.permutations(names)), decoration), decoration)
    found, memory = Remembered.of(ports[at], ports).find(later)
    assert found is not None
    assert (found.plain, found.label) == (ports[at].plain, ports[at].label)
    assert memory.port == found
    assert Remembered.of(ports[at], ports).find([])[0] is None


@given(st.lists(st.tuples(words, st.integers(1, 3)), min_size=1, max_size=5), st.data())
def test_under_alsa_a_port_is_found_when_every_device_has_another_client(
    devices: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Devices with up to three ports of one name; all are plugged in again, in any order but
    for devices of one name, which keep theirs."""

    def world(order: list[int], first: int) -> dict[tuple[int, int], str]:
        clients = {device: first + 4 * place for place, device in enumerate(order)}
        return {
            (device, port): f"{devices[device][0]} {clients[device]}:{port}"
            for device in order
            for port in range(devices[device][1])
        }

    count = range(len(devices))
    before = world(list(count), 20)
    mixed = data.draw(st.permutations([name for name, _ in devices]))
    waiting = {name: [d for d in count if devices[d][0] == name] for name, _ in devices}
    after = world([waiting[name].pop(0) for name in mixed], 200)
    ports = listed(before.values(), ADDRESS)
    key = data.draw(st.sampled_from(list(before)))
    mine = ports[list(before).index(key)]
    found, _ = Remembered.of(mine, ports).find(listed(after.values(), ADDRESS))
    assert found is not None
    assert found.raw == after[key]


@given(st.lists(words, max_size=6), st.lists(words, max_size=6), st.sampled_from(Decoration))
def test_what_is_found_again_has_the_same_name_whatever_the_lists(
    names: list[str], later: list[str], decoration: Decoration
) -> None:
    ports = listed(decorated(names, decoration), decoration)
    for port in ports:
        found, memory = Remembered.of(port, ports).find(
            listed(decorated(later, decoration), decoration)
        )
        assert memory.port == (found or port)
        assert memory.port.plain == port.plain
