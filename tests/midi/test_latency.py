"""Clicks to set a delay by ear, probes, and the figures of a round trip."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.midi.latency import (
    CLICK_SECONDS,
    PROBES,
    ClickVoice,
    RoundTrip,
    clicks,
    probe,
    probe_number,
    reference_for,
)
from bridge.music.notes import Part

MILLISECONDS = st.integers(-500, 500)
VOICES = [ClickVoice(Part.DRUMS, 9, 77), ClickVoice(Part.BASS, 1, 48)]


@given(MILLISECONDS, MILLISECONDS)
def test_two_clicks_are_as_far_apart_as_their_offsets_and_each_ends(drums: int, bass: int) -> None:
    offsets = {Part.DRUMS: drums / 1000, Part.BASS: bass / 1000}
    sent = clicks(10.0, VOICES, offsets)
    on = {part: at for at, part, message in sent if message[0] & 0xF0 == 0x90}
    off = {part: at for at, part, message in sent if message[0] & 0xF0 == 0x80}
    assert abs(on[Part.DRUMS] - on[Part.BASS] - (drums - bass) / 1000) < 1e-9
    assert min(on.values()) == 10.0
    assert all(abs(off[part] - at - CLICK_SECONDS) < 1e-9 for part, at in on.items())
    assert [at for at, _, _ in sent] == sorted(at for at, _, _ in sent)


@given(st.binary(min_size=1, max_size=4), st.integers(0, PROBES - 1))
def test_a_probe_is_told_from_all_other_messages(other: bytes, number: int) -> None:
    assert probe_number(probe(number)) == number
    found = probe_number(other)
    assert found is None or probe(found) == other


def test_the_reference_is_another_part_on_the_own_sound_else_the_drums() -> None:
    assert reference_for(Part.DRUMS, {Part.DRUMS, Part.BASS}) is Part.BASS
    assert reference_for(Part.DRUMS, ()) is Part.MELODY
    assert reference_for(Part.MELODY, {Part.MELODY}) is Part.DRUMS


def test_the_figures_say_that_they_are_of_both_ways_and_what_to_do_without_any() -> None:
    text = RoundTrip(15, (0.004, 0.005, 0.012)).text
    assert "out and back in 5.0 ms (4.0 to 12.0; 3 of 15 came back)" in text
    assert "about 2.5 ms each way" in text
    assert "connect this output to the input" in RoundTrip(3, ()).text
