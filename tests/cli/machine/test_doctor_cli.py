"""``doctor``, ``ports`` and ``monitor`` where there is no MIDI, and what the doctor advises."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path

import pytest

from bridge import cli
from bridge.cli.machine import doctor
from bridge.cli.machine.doctor import Finding, Level
from bridge.errors import ModelError, PortError
from bridge.midi.rtmidi_ports import Backend


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A short timer check, no MIDI, and settings of nobody."""
    monkeypatch.setattr(doctor, "TIMER_SECONDS", 0.02)
    monkeypatch.setattr(Backend, "choose", no_midi)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("LATENT_BRIDGE_MIDI", "")


def no_midi(name: str = "", driver: str = "") -> Backend:
    raise PortError("the MIDI system does not open: do this")


def test_without_midi_it_is_playable_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "check_models", lambda: iter([Finding(Level.OK, "model", "")]))
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_midi, doctor.check_python))
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "--  MIDI" in out
    assert "-> do this" in out
    assert out.splitlines()[-1].startswith("Playable. Hear it: latent-bridge demo.")


def test_a_missing_package_makes_it_unplayable_with_exit_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "mido":
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_packages,))
    assert cli.main(["doctor"]) == 2
    out = capsys.readouterr().out
    assert "NO  packages" in out
    assert "pip install mido" in out


def test_json_has_every_finding_with_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["doctor", "--json"])
    facts = json.loads(capsys.readouterr().out)
    names = {finding["name"] for finding in facts["findings"]}
    assert {"Python", "packages", "priority", "timer", "extras", "settings", "terminal"} <= names
    assert {finding["level"] for finding in facts["findings"]} <= {"ok", "--", "NO"}
    assert facts["playable"] == all(f["level"] != "NO" for f in facts["findings"])


def test_a_damaged_model_is_named_and_no_whole_one_means_not_playable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def verify(folder: Path) -> None:
        raise ModelError(f"{folder}/decoder.onnx differs from its checksum: fetch it again")

    monkeypatch.setattr(doctor.library, "folders", lambda: {"trio": Path("trio")})
    monkeypatch.setattr(doctor.library, "verify", verify)
    damaged, none = doctor.check_models()
    assert damaged.name == "model trio"
    assert damaged.todo == "fetch it again"
    assert none.level is Level.BROKEN


def test_a_check_that_crashes_does_not_end_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_stars():
        raise RuntimeError("clouds")

    monkeypatch.setattr(doctor, "CHECKS", (check_stars, doctor.check_python))
    first, second = doctor.examine()
    assert (first.name, first.level) == ("stars", Level.MISSING)
    assert "clouds" in first.detail
    assert second.name == "Python"


def test_wrong_settings_are_a_finding_with_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("bmp: 100\n")
    monkeypatch.setattr("bridge.files.settings.settings_path", lambda: path)
    (finding,) = doctor.check_settings()
    assert finding.level is Level.MISSING
    assert f"{path}:1" in finding.detail
    assert "'bpm'" in finding.todo


@pytest.mark.parametrize(
    ("allowed", "level", "advice"),
    [(True, Level.OK, ""), (False, Level.MISSING, "udev"), (None, None, "")],
)
def test_whether_the_processor_may_be_kept_ready(
    allowed: bool | None, level: Level | None, advice: str
) -> None:
    """Where there is no such thing, nothing is said."""
    findings = list(doctor._readiness(allowed))
    assert [f.level for f in findings] == ([] if level is None else [level])
    assert all(advice in f.todo for f in findings)


def test_priority_that_is_not_granted_says_which_file_to_write() -> None:
    finding = doctor._priority("normal priority (real-time not permitted)")
    if sys.platform == "linux":
        assert "limits.d" in finding.todo


@pytest.mark.parametrize("arguments", [["ports"], ["ports", "--json"], ["monitor", "Piano"]])
def test_without_midi_the_port_commands_say_so_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "latent-bridge: the MIDI system does not open: do this\n"


def test_monitor_without_a_port_asks_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["monitor"]) == 2
    assert "give a PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("platform", "help_"), [("linux", "rtprio"), ("darwin", "close"), ("win32", "Multimedia")]
)
def test_a_refused_priority_comes_with_what_would_help(
    monkeypatch: pytest.MonkeyPatch, platform: str, help_: str
) -> None:
    monkeypatch.setattr(doctor.sys, "platform", platform)
    finding = doctor._priority("normal priority (real-time not permitted: see there)")
    assert finding.level is Level.MISSING
    assert finding.detail == "normal priority"
    assert help_ in finding.todo
    assert doctor._priority("real-time priority (x)").level is Level.OK


def test_a_processor_that_saves_power_is_mentioned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "GOVERNOR", tmp_path / "governor")
    assert list(doctor.check_power()) == []
    (tmp_path / "governor").write_text("powersave\n")
    assert ["performance" in f.todo for f in doctor.check_power()] == [True]
    (tmp_path / "governor").write_text("performance\n")
    assert [f.todo for f in doctor.check_power()] == [""]
