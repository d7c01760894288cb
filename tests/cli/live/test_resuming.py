"""A session that begins as the last one ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.live import resuming
from bridge.cli.live.play import play
from bridge.cli.live.play_plan import PlayPlan, plan_of
from bridge.cli.live.resuming import keeps, ports_there
from bridge.errors import PortError
from bridge.files.last_session import (
    Chosen,
    LastSession,
    last_session_path,
    read_last_session,
    write_last_session,
)
from bridge.files.settings import Settings
from bridge.live.devices.last_session_keeper import LastSessionKeeper, session_of
from bridge.model.worker.child import FAKE
from bridge.music.notes import Part
from bridge.session.core import step
from bridge.session.messages import commands as m
from bridge.session.state.events import CommandReceived
from bridge.session.state.session_state import State

Make = Callable[..., State]
USUAL = Chosen.of(Settings())


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.files.settings.settings_path", lambda: tmp_path / "none.yaml")


def flags(*words: str) -> dict[str, Any]:
    return play.make_context("play", ["--model", FAKE, *words]).params


def plan(*words: str) -> PlayPlan:
    return plan_of(flags(*words))


@pytest.fixture
def styles() -> list[str]:
    """The styles of the model without files."""
    from bridge.live.live_session import facts_of

    return list(facts_of(FAKE).presets)


@pytest.fixture
def last(styles: list[str]) -> LastSession:
    """A session in the second style, at 97 BPM, in mode loop, with a port, a mute and a knob."""
    now = Chosen(97.0, styles[1], "4/4", "loop", ports={**USUAL.ports, "drums": "TR-8S"})
    session = LastSession(_band(), now, USUAL, ("bass",), {"swing": 0.4})
    write_last_session(session)
    return session


def _band() -> str:
    from bridge.live.live_session import facts_of

    return facts_of(FAKE).spec.name


def test_the_last_session_comes_back(last: LastSession, styles: list[str]) -> None:
    made = plan()
    assert (made.setup.bpm, made.setup.style, made.setup.mode) == (97.0, styles[1], m.Mode.LOOP)
    assert made.settings.ports["drums"] == "TR-8S"
    assert made.commands[:2] == (m.SetControl("swing", 0.4), m.Mute(Part.BASS, True))


@pytest.mark.parametrize("words", [["--fresh"], ["--headless"]])
def test_a_fresh_start_and_one_without_a_screen_go_by_the_settings(
    last: LastSession, words: list[str]
) -> None:
    made = plan(*words)
    assert (made.setup.bpm, made.commands) == (Settings().bpm, ())


def test_the_settings_may_say_that_every_start_is_fresh(last: LastSession, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("fresh: true\n", encoding="utf-8")
    assert plan("--settings", str(path)).setup.bpm == Settings().bpm
    assert plan("--settings", str(path), "--resume").setup.bpm == 97.0
    assert plan("--headless", "--resume").setup.bpm == 97.0


def test_options_stand_above_the_last_session(last: LastSession, styles: list[str]) -> None:
    made = plan("--bpm", "140", "--drums", "Kit", "--style", styles[2])
    assert (made.setup.bpm, made.setup.style) == (140.0, styles[2])
    assert made.settings.ports["drums"] == "Kit"
    assert made.setup.mode is m.Mode.FOLLOW  # style, metre and mode go together


def test_what_was_changed_in_the_settings_file_since_stands_above_the_last_session(
    last: LastSession, tmp_path: Path
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("bpm: 88\nports: {drums: Kit}\n", encoding="utf-8")
    made = plan("--settings", str(path))
    assert made.setup.bpm == 88.0
    assert made.settings.ports["drums"] == "Kit"
    assert made.setup.mode is m.Mode.LOOP


def test_a_style_that_the_model_lacks_is_no_reason_not_to_start(styles: list[str]) -> None:
    now = Chosen(97.0, "a style that is gone", "4/4", "tap")
    write_last_session(LastSession(_band(), now, USUAL))
    made = plan()
    assert (made.setup.bpm, made.setup.style) == (97.0, "")


def test_controls_of_another_models_space_stay_away(styles: list[str]) -> None:
    moved = {"direction:no such": 0.5, "swing": 0.4, "restlessness": 0.2}
    write_last_session(LastSession("another", USUAL, USUAL, (), moved, ("a", "b")))
    assert plan().commands == (m.SetControl("swing", 0.4),)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": 1}', "\x00"])
def test_a_damaged_file_of_the_last_session_is_as_none(text: str) -> None:
    path = last_session_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert read_last_session() is None
    assert plan().setup.bpm == Settings().bpm


def test_only_a_session_with_a_screen_is_the_last_one_unless_it_is_resumed() -> None:
    assert keeps(flags())
    assert keeps(flags("--fresh"))
    assert not keeps(flags("--headless"))
    assert keeps(flags("--headless", "--resume"))


# --- ports --------------------------------------------------------------------------------


class System:
    """A MIDI system with these ports."""

    def __init__(self, inputs: list[str], outputs: list[str]) -> None:
        self._inputs, self._outputs = inputs, outputs

    def __enter__(self) -> System:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def inputs(self) -> list[str]:
        return self._inputs

    def outputs(self) -> list[str]:
        return self._outputs


def there(monkeypatch: pytest.MonkeyPatch, inputs: list[str], outputs: list[str]) -> None:
    class Choice:
        @staticmethod
        def choose(name: str, driver: str) -> System:
            return System(inputs, outputs)

    monkeypatch.setattr(resuming, "Backend", Choice)


RESTORED = Settings(
    ports={"in": "MPK mini", "melody": "virtual", "bass": "virtual", "drums": "TR-8S"},
    clock="DAW", clock_out=("TR-8S",),
)  # fmt: skip


def test_ports_that_are_there_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    there(monkeypatch, ["MPK mini 3", "My DAW"], ["TR-8S"])
    assert ports_there(RESTORED, Settings(), "", "") == (RESTORED, "")


def test_a_port_that_is_gone_is_said_and_the_usual_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there(monkeypatch, ["My DAW"], [])
    settings, said = ports_there(RESTORED, Settings(), "", "")
    assert settings.ports == Settings().ports
    assert (settings.clock, settings.clock_out) == ("DAW", ())
    assert said == "gone since last time: MPK mini, TR-8S; the usual port is used"


def test_without_midi_the_ports_say_why_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    class Choice:
        @staticmethod
        def choose(name: str, driver: str) -> System:
            raise PortError("no MIDI here")

    monkeypatch.setattr(resuming, "Backend", Choice)
    assert ports_there(RESTORED, Settings(), "", "") == (RESTORED, "")


# --- kept while it runs -------------------------------------------------------------------


def after(state: State, *commands: m.Command) -> State:
    for number, command in enumerate(commands):
        state, _ = step(state, CommandReceived(1.0 + number, command))
    return state


def test_a_session_is_kept_as_it_stands(session: Make) -> None:
    state = after(
        session(), m.SetTempo(97), m.SetStyle("swing"), m.SetMode(m.Mode.LOOP),
        m.Mute(Part.BASS, True), m.SetControl("direction:density", 0.5),
        m.SetControl("fills", 0.5),
    )  # fmt: skip
    kept = session_of(state, USUAL, USUAL)
    assert (kept.now.bpm, kept.now.style, kept.now.mode) == (97.0, "swing", "loop")
    assert kept.muted == ("bass",)
    assert kept.controls["direction:density"] == 0.5
    assert "fills" not in kept.controls  # where it usually stands
    assert "swing" not in kept.controls  # the style's own


def test_the_file_is_written_when_something_has_changed_and_read_again(
    session: Make, tmp_path: Path
) -> None:
    path = tmp_path / "last.json"
    state = session()
    keeper = LastSessionKeeper(lambda: state, USUAL, USUAL, path)
    keeper.keep()
    first = path.stat().st_ino
    keeper.keep()
    assert path.stat().st_ino == first  # nothing new: not written again
    state = after(state, m.SetTempo(97))
    keeper.keep()
    found = read_last_session(path)
    assert found == session_of(state, USUAL, USUAL)


def test_a_state_folder_that_cannot_be_written_stops_nothing(session: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    LastSessionKeeper(session, USUAL, USUAL, tmp_path / "file" / "last.json").keep()
