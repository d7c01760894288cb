"""Sample banks: recorded, stored, read again, refused when damaged."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import ExtraMissing, SoundError
from bridge.music.notes import Part
from bridge.sound import bank_loader, bank_recorder, sample_bank
from bridge.sound.sample_bank import DRUMS, PITCHED, RATE, Bank, BankLayout

SMALL = BankLayout(60, 66, 3, hold=0.3, tail=0.1)


@pytest.fixture
def font() -> Path:
    for package in ("midirenderer", "pretty_midi"):
        if importlib.util.find_spec(package) is None:
            pytest.skip("the extra sound is not installed")
    return sample_bank.default_font()


def test_every_note_of_a_layout_is_recorded_in_tune(
    font: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_recorder, "PITCHED", SMALL)
    made = bank_recorder.record_bank(0, False, font)
    assert made.samples.shape == (3, SMALL.frames, 2)
    assert (np.abs(made.samples.astype(int)).max(axis=(1, 2)) > 500).all()
    for pitch, note in zip(SMALL.pitches, made.samples, strict=True):
        spectrum = np.abs(np.fft.rfft(note[2000:12_000, 0].astype(float), 1 << 18))
        low = 440 * 2 ** ((pitch - 69) / 12)
        near = spectrum[int((low - 20) * (1 << 18) / RATE) : int((low + 20) * (1 << 18) / RATE)]
        assert (near.argmax() + int((low - 20) * (1 << 18) / RATE)) * RATE / (
            1 << 18
        ) == pytest.approx(low, rel=0.01)


def test_what_was_written_is_read_again_and_what_is_torn_is_not(tmp_path: Path) -> None:
    path = tmp_path / "sounds" / "drums-0.npy"
    samples = np.zeros((len(DRUMS.pitches), DRUMS.frames, 2), np.int16)
    samples[3, :1000] = 900
    bank_recorder.write_bank(path, Bank.of(DRUMS, samples))
    again = sample_bank.read_bank(path, drums=True)
    assert again is not None
    assert len(again.note(36)[0]) == pytest.approx(1000, abs=sample_bank.SILENCE_HOP)  # type: ignore[index]
    assert sample_bank.read_bank(path, drums=False) is None  # another layout
    path.write_bytes(path.read_bytes()[:-10])
    assert sample_bank.read_bank(path, drums=True) is None
    path.write_bytes(b"no array at all")
    assert sample_bank.read_bank(path, drums=True) is None
    assert sample_bank.read_bank(tmp_path / "none.npy", drums=True) is None


@pytest.mark.parametrize("pitch", range(128))
def test_every_pitch_has_a_recording_near_it_and_drums_only_their_own(pitch: int) -> None:
    index, step = PITCHED.nearest(pitch)  # type: ignore[misc]
    assert step == pytest.approx(2 ** ((pitch - PITCHED.pitches[index]) / 12))
    if pitch in range(24, 103):
        assert 2 ** (-1.01 / 12) < step < 2 ** (1.01 / 12)
    drum = DRUMS.nearest(pitch)
    assert (drum is None) == (pitch not in range(33, 82))
    assert drum is None or DRUMS.pitches[drum[0]] == pitch


def test_another_font_has_another_place(tmp_path: Path) -> None:
    one, two = tmp_path / "a.sf2", tmp_path / "b" / "a.sf2"
    two.parent.mkdir()
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert sample_bank.bank_path(0, False, one, tmp_path) != sample_bank.bank_path(
        0, False, two, tmp_path
    )
    assert sample_bank.bank_path(0, False, one, tmp_path) != sample_bank.bank_path(
        0, True, one, tmp_path
    )


def test_a_broken_font_is_one_line_that_says_what_to_do(tmp_path: Path, font: Path) -> None:
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF and nothing else")
    wishes = bank_loader.bank_requests((0, 33, 0), broken, tmp_path / "cache")[:1]
    said: list[str] = []
    with pytest.raises(SoundError, match=r"sound\.font"):
        bank_loader.load_banks(wishes, broken, lambda part, found: None, said.append)
    assert said == [bank_loader.RECORDING]


def test_instruments_that_are_there_are_used_without_a_word(tmp_path: Path) -> None:
    font = tmp_path / "font.sf2"
    font.write_bytes(b"x")
    wishes = bank_loader.bank_requests((0, 33, 0), font, tmp_path)
    assert [wish.part for wish in wishes] == list(Part)
    for wish in wishes:
        layout = DRUMS if wish.drums else PITCHED
        wish.path.parent.mkdir(parents=True, exist_ok=True)
        np.lib.format.open_memmap(
            wish.path, "w+", np.int16, (len(layout.pitches), layout.frames, 2)
        )
    used: list[Part] = []
    said: list[str] = []
    bank_loader.load_banks(wishes, font, lambda part, found: used.append(part), said.append)
    assert (used, said) == (list(Part), [])


def test_without_the_sounds_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match=r"latent-bridge\[sound\]"):
        sample_bank.default_font()
