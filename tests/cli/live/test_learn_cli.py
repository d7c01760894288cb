"""`latent-bridge learn`, and the writing of what is learned on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bridge.cli.app import main
from bridge.cli.live import learn as cli
from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.control_sources import SourceKind
from bridge.controllers.mapping_file import read_mapping, shipped_mappings
from bridge.errors import ConfigError
from bridge.files.anchors import anchors_path, read_anchors
from bridge.latent.anchors import Anchor
from bridge.live.devices.mapping_watch import MappingWatch
from bridge.live.devices.user_files import UserFileWriter
from bridge.session.state.effects import KeepAnchors, KeepBindings

SWEEP = [bytes((0xB0, 20, value)) for value in range(10, 80, 10)]
SWING = Binding("swing", SourceKind.CC, 20, 0, Coding.ABSOLUTE, Takeover.PICKUP)
FILL = Binding("fill", SourceKind.NOTE, 36, 9, Coding.MOMENTARY)


def fed(*batches: list[bytes]) -> Callable[[], Iterable[bytes]]:
    """Each call gives the next batch; a test that asks for more fails."""
    waiting = list(batches)
    return lambda: waiting.pop(0)


def learned(
    target: str, bindings: tuple[Binding, ...], *batches: list[bytes], yes: bool = True
) -> tuple[tuple[Binding | None, tuple[Binding, ...]], list[str]]:
    said: list[str] = []

    def ask(question: str) -> bool:
        said.append(question)
        return yes

    return cli.learn_one(target, bindings, fed(*batches), said.append, ask), said


def test_a_knob_is_learned_as_soon_as_it_is_sure() -> None:
    found, said = learned("swing", (), SWEEP[:2], [], SWEEP[2:])
    assert found == (SWING, ())
    assert said[-1] == "cc 20 ch 1 moves 'swing' now"


def test_the_same_again_unbinds() -> None:
    assert learned("swing", (SWING,), SWEEP)[0] == (None, (SWING,))


def test_a_control_in_use_is_asked_about() -> None:
    found, said = learned("humanize", (SWING,), SWEEP)
    assert "cc 20 ch 1 moves 'swing': take it from there?" in said
    assert found[1] == (SWING,)


def test_after_a_no_another_control_is_waited_for() -> None:
    found, _ = learned("fill", (SWING,), SWEEP, [b"\x99\x24\x40"], yes=False)
    assert found == (FILL, ())


def test_a_former_name_of_a_target_is_learned_as_the_present_one_with_a_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.present("back", None) == "previous sample"
    hint = "the target 'back' is called 'previous sample' now"
    assert capsys.readouterr().out.splitlines() == [hint]
    assert cli.present("swing", None) == "swing"
    assert capsys.readouterr().out == ""


def test_a_wrong_target_is_said_before_a_port_is_opened(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["learn", "swong", "--in", "nothing"]) == 2
    assert "did you mean 'swing'" in capsys.readouterr().err


def test_a_shipped_mapping_is_changed_in_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.controllers.mapping_file.user_folder", lambda: tmp_path / "none")
    path = cli.own_file("", "MPK mini 3:MPK mini 3 MIDI 1 20:0", tmp_path)
    assert path == tmp_path / "akai-mpk-mini-mk3.yaml"
    assert path.read_bytes() == shipped_mappings()["akai-mpk-mini-mk3"].read_bytes()
    assert cli.own_file(str(path), "whatever", tmp_path) == path


def test_two_devices_of_one_name_share_what_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.controllers.mapping_file.user_folder", lambda: tmp_path)
    path = cli.own_file("", "Odd Knobs#2", tmp_path)
    assert read_mapping(path).match == ("Odd Knobs",)
    assert cli.own_file("", "Odd Knobs#1", tmp_path) == cli.own_file("", "Odd Knobs", tmp_path)


# --- what a session keeps -----------------------------------------------------------------


class Rig:
    """A keeper with what it says."""

    def __init__(self, folder: Path, path: Path | None) -> None:
        self.said: list[str] = []
        self.changed: list[tuple[Binding, ...]] = []
        self.watch = MappingWatch(path, lambda b, _: self.changed.append(b), self.said.append)
        self.anchors = folder / "anchors" / "m.yaml"
        self.keeper = UserFileWriter(self.anchors, self.watch, self.said.append, "My port", folder)

    def keep(self, *effects: KeepAnchors | KeepBindings) -> None:
        for effect in effects:
            self.keeper.keep(effect)
        self.keeper.close()


def test_the_first_learned_control_begins_a_file_for_the_port(tmp_path: Path) -> None:
    rig = Rig(tmp_path, None)
    rig.keep(KeepBindings(SWING), KeepBindings(FILL), KeepBindings(None, (SWING,)))
    path = tmp_path / "my-port.yaml"
    assert read_mapping(path).bindings == (FILL,)
    assert rig.said == [f"kept in {path}"]


def test_what_was_learned_is_not_read_again_as_an_edit(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("# mine\nbindings: []\n")
    rig = Rig(tmp_path, path)
    rig.keep(KeepBindings(SWING))
    for _ in range(3):
        rig.watch.look()
    assert rig.changed == []
    path.write_text("bindings: []\n")
    for _ in range(3):
        rig.watch.look()
    assert rig.changed == [()], "an edit by hand still is"


def test_a_file_with_something_wrong_is_left_alone_and_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("bindings:\n  - cc: 1\n    target: swong\n")
    rig = Rig(tmp_path, path)
    rig.keep(KeepBindings(SWING))
    assert rig.said[0].startswith("not kept: ")
    assert "mine.yaml:3" in rig.said[0]
    assert "cc: 20" not in path.read_text()


def test_anchors_are_written_and_read_back(tmp_path: Path) -> None:
    anchors = (
        Anchor("calm: one", {"direction:density": -0.5}),
        Anchor("wild #2", {"direction:random:7": 1.0}, (0.25, -1.5)),
    )
    rig = Rig(tmp_path, None)
    rig.keep(KeepAnchors(anchors))
    assert read_anchors(rig.anchors) == anchors
    assert read_anchors(tmp_path / "none.yaml") == ()


def test_a_broken_file_of_anchors_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("anchors:\n  - {name: x, values: {a: 3}}\n")
    with pytest.raises(ConfigError, match=r"a\.yaml:2: "):
        read_anchors(path)


def test_each_model_has_its_own_file_of_anchors() -> None:
    assert anchors_path("trio-4bar").name == "trio-4bar.yaml"
    assert anchors_path("/some/where/../mine").name == "mine.yaml"
