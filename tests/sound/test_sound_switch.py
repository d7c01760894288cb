"""The switch of live sound, from the screen to the process, and its display."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bridge.cli.app import app
from bridge.cli.live import demo
from bridge.files.settings import Settings
from bridge.live import live_session
from bridge.live.devices import own_sound
from bridge.live.devices.ports import Ports
from bridge.midi.ports import MemoryOut
from bridge.music.notes import Part
from bridge.session.handlers.table import on_command
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.state.effects import TurnSound
from bridge.session.state.events import CommandReceived, Notice
from bridge.session.state.setup import ModelFacts, Setup
from bridge.sound.output import Sound, SoundOut, TeeOut
from bridge.ui.actions import _PLAIN
from bridge.ui.keymap import HINTS, KEYS, Action


def facts() -> ModelFacts:
    """The facts of the fake model."""
    return live_session.facts_of("fake")


def test_a_key_asks_for_it_and_the_session_passes_it_on() -> None:
    assert _PLAIN[KEYS["0"]] == m.SwitchSound()
    assert ("0", "sound", Action.SOUND) in HINTS
    _, effects = on_command(first_state(Setup(), facts()), CommandReceived(1.0, m.SwitchSound()))
    assert effects == [TurnSound()]


class Asked(Sound):
    """A sound that starts no process."""

    def switch(self, on: bool) -> None:
        """Remember it."""
        self.on = on


def ports(**chosen: str) -> tuple[Settings, Ports]:
    """Settings with these ports, and outputs for them: a name of our own has a device."""
    names = {**Settings().ports, **chosen}
    outs = {p: MemoryOut(names[p.value]) for p in Part}
    return Settings(ports=names), Ports(dict(outs), None, None, lambda: None)


def test_ports_of_our_own_are_heard_beside_and_chosen_ones_are_left_alone() -> None:
    settings, opened = ports(drums="TR-8S", bass="sound")
    with_it, sound = own_sound.with_sound(opened, settings)
    assert sound is not None
    assert with_it.outs[Part.DRUMS] is opened.outs[Part.DRUMS]
    assert isinstance(with_it.outs[Part.BASS], SoundOut)
    assert not sound.on
    sound.close()


def test_where_all_ports_were_chosen_there_is_no_sound_to_switch() -> None:
    settings, opened = ports(drums="a", bass="b", melody="c")
    assert own_sound.with_sound(opened, settings) == (opened, None)


def test_the_rig_switches_and_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Asked(own_sound.sound_of(Settings().sound)._asked)
    outs = {p: TeeOut(MemoryOut(p.value), sound.out(p)) for p in Part}
    played = live_session.LiveSession(Setup(), "fake", outs, realtime=False, sound=sound)
    try:
        assert ("sound", sound) in played.engine.others
        said: list[str] = []
        monkeypatch.setattr(
            played.engine, "post", lambda e: said.append(e.text) if isinstance(e, Notice) else None
        )
        sound.on = True
        played.engine._do(TurnSound())
        assert (sound.on, said) == (False, ["sound off"])
        shown = {status.role: status.name for status in played.engine._ports()}
        assert shown["sound"] == "off"
        assert shown["drums"] == "drums"
    finally:
        played.close()


def test_without_a_part_that_could_be_heard_the_player_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played = live_session.LiveSession(
        Setup(), "fake", {p: MemoryOut(p.value) for p in Part}, realtime=False
    )
    try:
        said: list[str] = []
        monkeypatch.setattr(played, "say", said.append)
        played._turn_sound()
        assert said == [live_session.NO_SOUND]
    finally:
        played.close()


def test_the_demo_does_without_where_it_may_not_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import ExitStack

    monkeypatch.setenv(own_sound.ENVIRONMENT, "never")
    with ExitStack() as stack:
        assert demo.begin_sound(stack) is None


def test_asking_for_what_is_not_installed_is_one_line_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_sound, "missing", lambda: ["miniaudio"])
    done = CliRunner().invoke(app, ["play", "--headless", "--sound", "--model", "fake"])
    assert done.exit_code != 0
    assert "pip install 'latent-bridge[sound]'" in str(done.exception)
