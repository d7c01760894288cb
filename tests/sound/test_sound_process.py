"""The sound process on the engine's side, with the null device."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.errors import ExtraMissing
from bridge.files.settings import Settings, SoundSettings
from bridge.live.devices import own_sound
from bridge.midi.ports import MemoryOut
from bridge.music.notes import Part
from bridge.sound import output, sample_bank
from bridge.sound.messages import Open
from bridge.sound.output import Sound, TeeOut

PATIENCE = 120.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:g} s: {what}"
        time.sleep(0.01)


@pytest.fixture
def said() -> list[str]:
    """The notices to the player."""
    return []


@pytest.fixture
def sound(said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sound]:
    """A sound process with silent instruments on the null device."""
    for package in own_sound.PACKAGES:
        if importlib.util.find_spec(package) is None:
            pytest.skip("the extra sound is not installed")
    font = sample_bank.default_font()
    own = tmp_path / "font.sf2"
    own.write_bytes(font.read_bytes()[:100])
    for program, drums in ((0, False), (33, False), (0, True)):
        layout = sample_bank.DRUMS if drums else sample_bank.PITCHED
        path = sample_bank.bank_path(program, drums, own, tmp_path / "latent-bridge" / "sounds")
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (len(layout.pitches), layout.frames, 2)
        np.lib.format.open_memmap(path, "w+", np.int16, shape)[:, ::100] = 1000
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform != "linux":
        pytest.skip("the cache is elsewhere here")
    sound = Sound(Open(system="null", font=str(own)), said.append)
    yield sound
    sound.close()


def test_it_starts_plays_and_ends_with_what_it_was_told(sound: Sound, said: list[str]) -> None:
    assert (sound.name, sound.connected) == ("off", True)
    sound.switch(True)
    wait_for(sound.ready.is_set, "instruments")
    assert sound.opened is not None
    assert sound.opened.system == "null"
    out = sound.out(Part.MELODY)
    out.send(bytes((0x90, 60, 100)))
    wait_for(lambda: sound.load is not None and sound.load.voices == 1, "a voice")
    child = sound._child
    assert child is not None
    sound.close()
    assert child.returncode == 0
    assert said == []


def test_its_level_is_reported_and_looking_at_it_disturbs_nothing(sound: Sound) -> None:
    sound.watch_level()
    sound.switch(True)
    wait_for(sound.ready.is_set, "instruments")
    assert sound.peak == 0.0
    sound.watch_level()
    out = sound.out(Part.MELODY)
    out.send(bytes((0x90, 60, 127)))
    wait_for(lambda: sound.peak > 0.01, "a level")
    child = sound._child
    assert child is not None
    assert child.poll() is None


def test_off_is_silent_and_on_again_plays_in_the_same_process(sound: Sound) -> None:
    sound.switch(True)
    wait_for(sound.ready.is_set, "instruments")
    out = sound.out(Part.MELODY)
    out.send(bytes((0x90, 60, 100)))
    wait_for(lambda: sound.load is not None and sound.load.voices == 1, "a voice")
    sound.switch(False)
    assert sound.name == "off"
    out.send(bytes((0x90, 64, 100)))
    assert sound.peak == 0.0
    wait_for(lambda: sound.load is not None and sound.load.voices == 0, "silence")
    child = sound._child
    sound.switch(True)
    assert sound._child is child


def test_a_process_that_dies_is_started_again(
    sound: Sound, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "BACK_OFF", (0.01,))
    sound.switch(True)
    wait_for(sound.ready.is_set, "instruments")
    child = sound._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: sound._child not in (None, child) and sound.ready.is_set(), "a new one")
    assert said == ["the sound stopped; trying again"]


def test_an_audio_system_that_is_not_there_is_one_line_and_no_end(said: list[str]) -> None:
    if importlib.util.find_spec("miniaudio") is None:
        pytest.skip("the extra sound is not installed")
    sound = Sound(Open(system="gramophone"), said.append)
    sound.switch(True)
    wait_for(lambda: sound.failed, "a complaint")
    sound.out(Part.DRUMS).send(bytes((0x99, 36, 100)))
    assert (sound.name, sound.connected) == ("none", False)
    assert len(said) == 1
    assert "gramophone" in said[0]
    assert "\n" not in said[0]
    sound.close()


def test_it_is_started_by_the_engine_only() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge.sound"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "started by latent-bridge" in done.stderr


# --- who is heard ---------------------------------------------------------------------------


def ports(**given: str) -> Settings:
    """Settings with these ports."""
    return Settings(ports={**Settings().ports, **given})


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is there, and nothing in the environment speaks against it."""
    monkeypatch.setattr(own_sound, "missing", list)
    monkeypatch.delenv(own_sound.ENVIRONMENT, raising=False)


def test_with_a_screen_what_nobody_chose_a_port_for_is_heard(installed: None) -> None:
    assert own_sound.audible(Settings(), None, screen=True) == set(Part)
    assert own_sound.audible(ports(drums="TR-8S", melody="none"), None, True) == {Part.BASS}


def test_headless_is_silent_unless_asked(installed: None) -> None:
    assert own_sound.audible(Settings(), None, screen=False) == set()
    assert own_sound.audible(Settings(), True, screen=False) == set(Part)
    assert own_sound.audible(ports(drums="sound"), None, screen=False) == {Part.DRUMS}
    always = Settings(sound=SoundSettings(play="always"))
    assert own_sound.audible(always, None, screen=False) == set(Part)


def test_it_can_be_refused(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_sound.audible(Settings(), False, screen=True) == set()
    never = Settings(sound=SoundSettings(play="never"))
    assert own_sound.audible(never, None, screen=True) == set()
    monkeypatch.setenv(own_sound.ENVIRONMENT, "never")
    assert own_sound.audible(Settings(), None, screen=True) == set()


def test_without_the_extra_only_who_asks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(own_sound.ENVIRONMENT, raising=False)
    monkeypatch.setattr(own_sound, "missing", lambda: ["miniaudio"])
    assert own_sound.audible(Settings(), None, screen=True) == set()
    for settings, asked in ((Settings(), True), (ports(bass="sound"), None)):
        with pytest.raises(ExtraMissing, match=r"latent-bridge\[sound\]"):
            own_sound.audible(settings, asked, screen=True)


def test_a_port_that_is_heard_too_gets_everything_first() -> None:
    port, heard = MemoryOut("Latent Bridge Drums"), MemoryOut("sound")
    both = TeeOut(port, heard)
    both.send(b"\x99\x24\x64")
    assert (both.name, both.connected) == ("Latent Bridge Drums", True)
    assert port.sent == heard.sent == [b"\x99\x24\x64"]
    both.close()
    assert not port.connected
