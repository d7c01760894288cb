"""Live sound without a device: the frame of a note, and its end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.music.notes import Part
from bridge.sound.frame_clock import MARGIN_SECONDS, FrameClock
from bridge.sound.messages import PARTS, Play
from bridge.sound.mixer import MAX_VOICES, Mixer
from bridge.sound.player import Player
from bridge.sound.sample_bank import DRUMS, PITCHED, RATE, Bank

BLOCK = 240
ON, OFF, CONTROL = 0x90, 0x80, 0xB0


def steady(layout: object = PITCHED, frames: int = 20_000) -> Bank:
    """An instrument whose every note is a constant: what is heard is the envelope."""
    count = len(layout.pitches)  # type: ignore[attr-defined]
    return Bank.of(layout, np.full((count, frames, 2), 8000, np.int16))  # type: ignore[arg-type]


@pytest.fixture
def mixer() -> Mixer:
    banks = {Part.MELODY: steady(), Part.BASS: steady(), Part.DRUMS: steady(DRUMS)}
    return Mixer(banks=banks)


def onset(sound: np.ndarray) -> int:
    """The first frame that is heard."""
    return int((np.abs(sound[:, 0]) > 1e-4).argmax())


@pytest.mark.parametrize("frame", [0, 1, 119, BLOCK - 1, BLOCK, 3 * BLOCK + 17])
def test_a_note_lands_on_its_very_frame_whatever_the_blocks(mixer: Mixer, frame: int) -> None:
    mixer.play(frame, Part.DRUMS, bytes((ON | 9, 36, 100)))
    heard = np.concatenate([mixer.render(BLOCK) for _ in range(5)])
    assert onset(heard) == frame
    assert not heard[:frame].any()


def test_a_released_note_fades_and_is_gone(mixer: Mixer) -> None:
    mixer.play(0, Part.MELODY, bytes((ON, 60, 100)))
    mixer.play(1000, Part.MELODY, bytes((OFF, 60, 0)))
    heard = mixer.render(1000)
    after = np.concatenate([mixer.render(BLOCK) for _ in range(200)])
    assert heard[999, 0] > 0.05
    assert (np.diff(after[:4000, 0]) <= 0).all()
    assert not after[-BLOCK:].any()
    assert mixer.quiet


def test_a_note_on_with_velocity_0_is_an_off(mixer: Mixer) -> None:
    mixer.play(0, Part.BASS, bytes((ON | 1, 40, 100)))
    mixer.play(10, Part.BASS, bytes((ON | 1, 40, 0)))
    mixer.render(BLOCK)
    assert not any(voice.held for voice in mixer.voices)


def test_the_pedal_holds_what_is_released_until_it_comes_up(mixer: Mixer) -> None:
    for message in ((CONTROL, 64, 127), (ON, 60, 100), (OFF, 60, 0)):
        mixer.play(0, Part.MELODY, bytes(message))
    held = mixer.render(2000)
    assert held[1999, 0] == pytest.approx(held[0, 0])
    mixer.play(2000, Part.MELODY, bytes((CONTROL, 64, 0)))
    mixer.render(RATE)
    assert mixer.quiet


@pytest.mark.parametrize("control", [120, 123])
def test_panic_silences_a_part_within_a_twentieth_of_a_second(mixer: Mixer, control: int) -> None:
    for pitch in range(50, 60):
        mixer.play(0, Part.MELODY, bytes((ON, pitch, 127)))
        mixer.play(0, Part.DRUMS, bytes((ON, pitch, 127)))
    mixer.render(BLOCK)
    for part in (Part.MELODY, Part.DRUMS):
        mixer.apply(part, bytes((CONTROL, control, 0)))
    mixer.render(RATE // 10)
    assert not [v for v in mixer.voices if v.part is Part.MELODY]
    assert bool(mixer.voices) == (control == 123)  # All Notes Off lets a cymbal ring


def test_silence_forgets_what_was_to_come(mixer: Mixer) -> None:
    mixer.play(0, Part.DRUMS, bytes((ON, 49, 127)))
    mixer.play(5000, Part.DRUMS, bytes((ON, 49, 127)))
    mixer.render(BLOCK)
    mixer.silence()
    mixer.render(RATE // 20)
    assert mixer.quiet


def test_a_closed_hat_ends_an_open_one(mixer: Mixer) -> None:
    mixer.play(0, Part.DRUMS, bytes((ON, 46, 100)))
    mixer.play(100, Part.DRUMS, bytes((ON, 42, 100)))
    mixer.render(RATE // 10)
    assert [v.pitch for v in mixer.voices] == [42]


def test_loudness_goes_with_the_square_of_the_velocity(mixer: Mixer) -> None:
    loud = {}
    for velocity in (40, 80):
        mixer.play(mixer.frame, Part.DRUMS, bytes((ON, 38, velocity)))
        loud[velocity] = mixer.render(10)[5, 0]
        mixer.silence()
        mixer.render(RATE)
    assert loud[80] / loud[40] == pytest.approx(4.0, rel=0.02)


def test_however_many_keys_are_hammered_the_output_stays_whole(mixer: Mixer) -> None:
    for k in range(1000):
        part = PARTS[k % 3]
        mixer.play(0, part, bytes((ON, 33 + k % 49, 127)))
    heard = mixer.render(BLOCK)
    assert len(mixer.voices) <= MAX_VOICES
    assert np.abs(heard).max() <= 1.0


def test_a_pitch_between_two_recordings_is_bent_into_tune() -> None:
    time = np.arange(RATE)
    tones = [
        np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time / RATE)
        for pitch in PITCHED.pitches
    ]
    samples = np.stack([np.repeat((8000 * t).astype(np.int16)[:, None], 2, 1) for t in tones])
    mixer = Mixer(banks={Part.MELODY: Bank.of(PITCHED, samples)})
    mixer.play(0, Part.MELODY, bytes((ON, 70, 127)))
    heard = mixer.render(RATE // 2)[:, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * 2 == pytest.approx(440 * 2 ** (1 / 12), abs=2)


def test_a_part_without_an_instrument_is_silent_and_other_messages_do_nothing() -> None:
    mixer = Mixer()
    for message in ((ON, 60, 100), (0xE0, 0, 64), (0xC0, 5), (0xF8,), (), (ON, 200, 1)):
        mixer.play(0, Part.MELODY, bytes(message))
    assert not mixer.render(BLOCK).any()


messages = st.tuples(
    st.integers(0, 2000),
    st.sampled_from(PARTS),
    st.one_of(
        st.tuples(st.just(ON), st.integers(0, 127), st.integers(0, 127)),
        st.tuples(st.just(OFF), st.integers(0, 127), st.just(0)),
        st.tuples(st.just(CONTROL), st.sampled_from((64, 120, 123, 7)), st.integers(0, 127)),
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(messages, max_size=40), st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_blocks_of_any_size_give_the_same_sound_in_the_order_of_sending(
    events: list[tuple[int, Part, tuple[int, int, int]]], sizes: list[int]
) -> None:
    """However the frames are cut into blocks, and whatever the times say, the order is that of
    sending, so the sound is the same; and after the offs nothing is left."""
    banks = {Part.MELODY: steady(), Part.BASS: steady(), Part.DRUMS: steady(DRUMS)}
    one, many = Mixer(banks=dict(banks)), Mixer(banks=dict(banks))
    for frame, part, message in events:
        one.play(frame, part, bytes(message))
        many.play(frame, part, bytes(message))
    total = sum(sizes)
    whole = one.render(total)
    cut = np.concatenate([many.render(size) for size in sizes])
    np.testing.assert_allclose(whole, cut, atol=2e-4)
    for part in PARTS:
        one.play(one.frame, part, bytes((CONTROL, 64, 0)))
        for pitch in range(128):
            one.play(one.frame, part, bytes((OFF, pitch, 0)))
    one.render(3 * RATE)
    assert one.quiet


# --- time -----------------------------------------------------------------------------------


def calls(count: int, jitter: list[float]) -> list[float]:
    """When a device of this rate asks for its blocks, late by ``jitter`` in turn."""
    return [100.0 + k * BLOCK / RATE + jitter[k % len(jitter)] for k in range(count)]


@pytest.mark.parametrize(
    "jitter", [[0.0], [0.0, 0.0012], [0.0, 0.0004, 0.0011, 0.0002]], ids=["even", "two", "four"]
)
def test_a_note_is_heard_a_constant_time_after_it_was_sent(jitter: list[float]) -> None:
    """Constant delay within half a millisecond, independent of the block of a note."""
    player = Player()
    player.use(Part.DRUMS, steady(DRUMS, 30))
    times = calls(2000, jitter)
    sent = [times[500] + k * 0.0173 for k in range(300)]
    waiting, heard = list(sent), []
    for now in times:
        while waiting and waiting[0] <= now:
            player.hear(Play(waiting.pop(0), PARTS.index(Part.DRUMS), bytes((0x99, 36, 127))))
        heard.append(player.block(BLOCK, now))
    sound = np.concatenate(heard)[:, 0] > 0.01
    onsets = np.flatnonzero(sound[1:] & ~sound[:-1]) + 1
    delays = onsets / RATE - (np.array(sent[: len(onsets)]) - times[0])
    assert len(onsets) == len(sent)
    assert np.ptp(delays) < 0.0005
    assert delays.mean() == pytest.approx(BLOCK / RATE + MARGIN_SECONDS, abs=0.001)


def test_bursts_of_blocks_make_the_delay_longer_not_unsteady() -> None:
    """A device that asks for four blocks at once, as some do."""
    line = FrameClock(RATE)
    late = 0
    for k in range(4000):
        now = 10.0 + (k // 4) * 4 * BLOCK / RATE
        line.block(now, BLOCK)
        for at in (now - 0.015, now - 0.001):
            late += k > 100 and line.frame_of(at) <= line.frame and k % 4 == 0
    assert BLOCK / RATE < line.delay / RATE < 0.030
    assert late < 100


def test_a_device_that_stood_still_begins_a_new_line() -> None:
    line = FrameClock(RATE)
    for now in (1.0, 1.005, 1.010, 3.0, 3.005):
        line.block(now, BLOCK)
    assert line.gaps == 1
    assert line.frame_of(3.005) == line.frame + line.delay


def test_a_dead_engine_leaves_no_note_sounding() -> None:
    """When the pipe closes the process is silent within milliseconds, then it ends."""
    player = Player()
    player.use(Part.MELODY, steady())
    player.block(BLOCK, 1.0)
    player.hear(Play(1.0, 0, bytes((ON, 60, 127))))
    player.hear(Play(1.0, 0, bytes((CONTROL, 64, 127))))
    for k in range(1, 10):
        player.block(BLOCK, 1.0 + k * BLOCK / RATE)
    assert player.load().voices == 1
    player.end()
    for k in range(10, 16):
        heard = player.block(BLOCK, 1.0 + k * BLOCK / RATE)
    assert player.over
    assert not heard[-10:].any()


def test_the_load_tells_the_peak_since_it_was_told_last() -> None:
    player = Player()
    player.use(Part.MELODY, steady())
    player.block(BLOCK, 1.0)
    assert player.load().peak == 0.0
    player.hear(Play(1.0, 0, bytes((ON, 60, 127))))
    blocks = [player.block(BLOCK, 1.0 + k * BLOCK / RATE) for k in range(1, 10)]
    highest = max(float(abs(block).max()) for block in blocks)
    assert highest > 0.1
    assert player.load().peak == pytest.approx(highest)
    assert player.load().peak == 0.0, "nothing since"
