"""MIDI messages: bytes to values and back; malformed bytes never raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.midi import messages as m

channels = st.integers(0, 15)
data = st.integers(0, 127)
MESSAGES = st.one_of(
    st.builds(m.NoteOn, channels, data, st.integers(1, 127)),
    st.builds(m.NoteOff, channels, data, data),
    st.builds(m.PolyAftertouch, channels, data, data),
    st.builds(m.ControlChange, channels, data, data),
    st.builds(m.ProgramChange, channels, data),
    st.builds(m.Aftertouch, channels, data),
    st.builds(m.PitchBend, channels, st.integers(-8192, 8191)),
    st.builds(m.SongPosition, st.integers(0, 16383)),
    st.builds(m.Realtime, st.sampled_from([m.CLOCK, m.START, m.CONTINUE, m.STOP, m.RESET])),
)


@given(MESSAGES)
def test_what_is_encoded_decodes_to_the_same(message: m.Message) -> None:
    assert m.decode(m.encode(message)) == message


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_decoding_or_describing_raise(message: bytes) -> None:
    m.decode(message)
    line = m.describe(message)
    assert line
    assert "\n" not in line


@given(st.binary(max_size=4))
def test_what_decodes_encodes_to_bytes_that_mean_the_same(message: bytes) -> None:
    value = m.decode(message)
    if value is not None and not isinstance(value, m.Sysex):
        assert m.decode(m.encode(value)) == value


def test_note_on_with_velocity_0_is_a_note_off() -> None:
    assert m.decode(bytes((0x93, 60, 0))) == m.NoteOff(3, 60)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x90",
        b"\x90\x3c",
        b"\x90\x3c\x40\x40",
        b"\x90\x80\x40",
        b"\x3c\x40",
        b"\xf4",
        b"\xf8\x00",
    ],
)
def test_torn_and_unknown_messages_are_none(message: bytes) -> None:
    assert m.decode(message) is None


@given(st.binary(min_size=0, max_size=5000))
def test_a_sysex_of_any_size_and_content_is_its_length(content: bytes) -> None:
    assert m.decode(b"\xf0" + content) == m.Sysex(len(content) + 1)
    assert len(m.describe(b"\xf0" + content)) < 80


def test_a_sysex_cannot_be_encoded_again() -> None:
    with pytest.raises(ValueError, match="sysex"):
        m.encode(m.Sysex(10))


@pytest.mark.parametrize(("raw", "value"), [((0, 0), -8192), ((0, 64), 0), ((127, 127), 8191)])
def test_pitch_bend_is_14_bits_around_the_middle(raw: tuple[int, int], value: int) -> None:
    assert m.decode(bytes((0xE0, *raw))) == m.PitchBend(0, value)


def test_song_position_is_low_bits_first() -> None:
    assert m.decode(b"\xf2\x01\x02") == m.SongPosition(257)


@pytest.mark.parametrize(("pitch", "name"), [(0, "C-1"), (36, "C2"), (60, "C4"), (127, "G9")])
def test_middle_c_is_c4(pitch: int, name: str) -> None:
    assert m.note_name(pitch) == name


def test_people_see_channels_from_1() -> None:
    assert m.describe(b"\x99\x24\x64").split() == ["note", "on", "ch", "10", "36", "C2", "v100"]


def test_panic_ends_each_note_first_and_then_every_channel() -> None:
    messages = [m.decode(raw) for raw in m.panic_messages([(9, 36), (1, 40)])]
    assert messages[:2] == [m.NoteOff(9, 36), m.NoteOff(1, 40)]
    rest = {(c.channel, c.control, c.value) for c in messages[2:] if isinstance(c, m.ControlChange)}
    assert rest == {(channel, cc, 0) for channel in range(16) for cc in (64, 120, 123)}
