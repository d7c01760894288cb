"""Sound files."""

from __future__ import annotations

import importlib.util
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import ExtraMissing, OutputError
from bridge.music.notes import Note
from bridge.music.smf.song import Song, TempoChange, Track
from bridge.offline.render import wav
from bridge.sound import soundfont
from bridge.system.atomic_write import write_whole

BPM = 120.0
HIT_SECONDS = 1.0


def one_hit() -> Song:
    """A snare one second in, at 120 BPM."""
    hit = Note(round(HIT_SECONDS * BPM / 60 * 960), 38, 240, 110)
    return Song(tracks=(Track("Drums", 9, 0, (hit,)),), tempi=(TempoChange(0, BPM),))


def samples(path: Path) -> tuple[np.ndarray, int]:
    """The file's samples [frames, 2] and its rate."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return data.reshape(-1, 2), file.getframerate()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One hit as a file."""
    for package in ("midirenderer", "pretty_midi"):
        if importlib.util.find_spec(package) is None:
            pytest.skip("the extra render is not installed")
    path = tmp_path_factory.mktemp("wav") / "hit.wav"
    wav.render_wav(one_hit(), path)
    return path


def test_the_loudest_sample_lies_at_the_peak(rendered: Path) -> None:
    sound, _ = samples(rendered)
    assert np.abs(sound.astype(int)).max() == pytest.approx(wav.PEAK * 32767, abs=1)


def test_the_hit_is_where_the_tempo_says(rendered: Path) -> None:
    sound, rate = samples(rendered)
    loud = np.abs(sound.astype(int)).max(axis=1) > 3000
    assert loud.argmax() / rate == pytest.approx(HIT_SECONDS, abs=0.02)


def test_the_last_note_dies_away_in_full(rendered: Path) -> None:
    sound, rate = samples(rendered)
    assert len(sound) / rate > HIT_SECONDS + 1.0
    assert np.abs(sound[-10:].astype(int)).max() <= 2


def test_it_returns_the_seconds_of_sound(rendered: Path, tmp_path: Path) -> None:
    sound, rate = samples(rendered)
    assert wav.render_wav(one_hit(), tmp_path / "x.wav") == pytest.approx(len(sound) / rate)


def test_silence_stays_silence(rendered: Path, tmp_path: Path) -> None:
    wav.render_wav(Song(tracks=()), tmp_path / "silence.wav")
    assert not samples(tmp_path / "silence.wav")[0].any()


def test_finding_the_sounds_does_not_import_their_package(
    rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pretty_midi", raising=False)  # another test may have
    assert soundfont.soundfont("a test").suffix == ".sf2"
    assert "pretty_midi" not in sys.modules


def test_without_the_renderer_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "midirenderer", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'latent-bridge\[render\]'"):
        wav.render_wav(one_hit(), tmp_path / "x.wav")
    assert list(tmp_path.iterdir()) == []


def test_without_the_sounds_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfont.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissing, match="pretty_midi"):
        soundfont.soundfont("a test")


def test_a_file_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError, match="choose another place"):
        write_whole(tmp_path / "b", b"three")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin", "b"]
