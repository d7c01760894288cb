"""tools/run.py: what it says and does on machines that lack something."""

from __future__ import annotations

import ast
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from interrupts import answer_to_ctrl_c

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "run.py"
DEBIAN_12 = {"ID": "debian", "VERSION_ID": "12"}
DEBIAN_13 = {"ID": "debian", "VERSION_ID": "13"}
UBUNTU_24 = {"ID": "ubuntu", "ID_LIKE": "debian", "VERSION_ID": "24.04"}
MINT = {"ID": "linuxmint", "ID_LIKE": "ubuntu debian", "VERSION_ID": "21.3"}
FEDORA = {"ID": "fedora", "VERSION_ID": "41"}


@pytest.fixture
def script() -> ModuleType:
    """The script as a module, fresh for each test."""
    spec = importlib.util.spec_from_file_location("latent_bridge_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def system_python(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend to be the interpreter that came with the system."""
    monkeypatch.setattr(script, "is_system_python", lambda: True)


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names


def test_an_old_python_can_read_it_far_enough_to_complain() -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.usefixtures("system_python")
@pytest.mark.parametrize(
    ("release", "command"),
    [
        (DEBIAN_12, "sudo apt-get update && sudo apt-get install -y python3-venv libasound2"),
        (DEBIAN_13, "sudo apt-get update && sudo apt-get install -y python3-venv libasound2t64"),
        (UBUNTU_24, "sudo apt-get update && sudo apt-get install -y python3-venv libasound2t64"),
        (MINT, "sudo apt-get update && sudo apt-get install -y python3-venv libasound2"),
        (FEDORA, "sudo dnf install -y python3 alsa-lib"),
        ({}, "sudo apt-get update && sudo apt-get install -y python3-venv libasound2"),
    ],
    ids=["debian 12", "debian 13", "ubuntu 24.04", "mint", "fedora", "unknown"],
)
def test_the_command_that_installs_what_is_missing(
    script: ModuleType, release: dict[str, str], command: str
) -> None:
    assert script.install_command(True, True, release, "sudo ") == command


@pytest.mark.usefixtures("system_python")
def test_root_is_not_told_to_use_sudo(script: ModuleType) -> None:
    command = script.install_command(False, True, DEBIAN_12, "")
    assert command == "apt-get update && apt-get install -y libasound2"


def test_another_python_needs_its_own_venv_package(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "is_system_python", lambda: False)
    expected = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert script.install_command(True, False, DEBIAN_12, "").endswith(" " + expected)


def test_no_venv_module_stops_with_the_command(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(script, "os_release", lambda: DEBIAN_12)
    with pytest.raises(script.StopError, match=r"apt-get install -y python3\S*-venv"):
        script.check_system("demo", uv=None)


def test_uv_makes_up_for_a_missing_venv_module(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(script, "has_alsa", lambda: True)
    script.check_system("demo", uv="/usr/bin/uv")


def test_without_libasound_the_demo_runs_and_says_nothing(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "has_alsa", lambda: False)
    script.check_system("demo", uv="uv")
    assert capsys.readouterr().err == ""


def test_without_libasound_playing_is_warned_of_and_goes_on(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "has_alsa", lambda: False)
    monkeypatch.setattr(script, "os_release", lambda: DEBIAN_12)
    script.check_system("play", uv="uv")
    assert "apt-get install -y libasound2" in capsys.readouterr().err


def test_without_libasound_the_tests_stop_with_the_command(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "has_alsa", lambda: False)
    monkeypatch.setattr(script, "os_release", lambda: UBUNTU_24)
    with pytest.raises(script.StopError, match="apt-get install -y libasound2t64"):
        script.check_system("test", uv="uv")


def test_an_old_python_is_refused_in_one_line(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(script, "better_python", lambda: None)
    with pytest.raises(script.StopError, match=r"Python 3\.9 is too old: 3\.11 or newer"):
        script.use_right_python()


def test_a_newer_python_is_tried_and_said(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script.sys, "version_info", (3, 15, 0, "final", 0))
    monkeypatch.setattr(script, "better_python", lambda: None)
    script.use_right_python()
    assert "Python 3.11 to 3.14 is the easier way" in capsys.readouterr().err


def test_a_better_python_on_the_path_is_used(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(script.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(script.sys, "argv", ["run.py", "demo", "--bars", "4"])
    monkeypatch.setattr(script, "better_python", lambda: "/opt/python3.12")
    monkeypatch.setattr(script, "hand_over", lambda arguments, env: handed.append(arguments) or 0)
    with pytest.raises(SystemExit):
        script.use_right_python()
    assert handed == [["/opt/python3.12", str(SCRIPT), "demo", "--bars", "4"]]


def test_the_environment_is_used_again_until_pyproject_changes(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[set[str]] = []
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("one", encoding="utf-8")
    monkeypatch.setattr(script, "ROOT", project)
    monkeypatch.setattr(script, "check_system", lambda command, uv: None)
    monkeypatch.setattr(script, "version_of", lambda python: (3, 11))
    monkeypatch.setattr(script, "install", lambda venv, uv, extras: done.append(extras))
    venv = tmp_path / "venv"
    venv.mkdir()
    script.ready(venv, "demo", {"render"})
    script.ready(venv, "demo", {"render"})
    assert done == [{"render", "sound"}]
    script.ready(venv, "test", {"dev"})
    assert done[1:] == [{"render", "dev", "sound", "link"}]
    (project / "pyproject.toml").write_text("two", encoding="utf-8")
    script.ready(venv, "demo", {"render"})
    assert done[2:] == [{"render", "sound"}]


def test_where_sound_cannot_be_installed_the_rest_is_and_it_is_tried_once(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[set[str]] = []

    def install(venv: Path, uv: str | None, extras: set[str]) -> None:
        tried.append(set(extras))
        if "sound" in extras:
            raise script.StopError("no wheel for this machine")

    monkeypatch.setattr(script, "check_system", lambda command, uv: None)
    monkeypatch.setattr(script, "version_of", lambda python: (3, 11))
    monkeypatch.setattr(script, "install", install)
    script.ready(tmp_path, "demo", {"render"})
    script.ready(tmp_path, "demo", {"render"})
    assert tried == [{"render", "sound"}, {"render"}]
    script.ready(tmp_path, "test", {"dev"})
    assert tried[2:] == [{"render", "dev", "link"}]


def test_a_wish_that_fails_costs_no_other_wish(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[set[str]] = []

    def install(venv: Path, uv: str | None, extras: set[str]) -> None:
        tried.append(set(extras))
        if "link" in extras:
            raise script.StopError("no wheel for this machine")

    monkeypatch.setattr(script, "check_system", lambda command, uv: None)
    monkeypatch.setattr(script, "version_of", lambda python: (3, 11))
    monkeypatch.setattr(script, "install", install)
    script.ready(tmp_path, "test", {"dev"})
    assert tried[-1] == {"dev", "sound"}
    assert script.installed_extras(tmp_path) == {"dev", "sound", "no link"}
    script.ready(tmp_path, "test", {"dev"})
    assert len(tried) == 4, "not tried again"


def test_a_failed_installation_is_not_taken_for_a_good_one(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(script, "check_system", lambda command, uv: None)
    monkeypatch.setattr(script, "version_of", lambda python: (3, 11))

    def fail(venv: Path, uv: str | None, extras: set[str]) -> None:
        raise script.StopError("no network")

    monkeypatch.setattr(script, "install", fail)
    with pytest.raises(script.StopError):
        script.ready(tmp_path, "demo", {"render"})
    assert script.installed_extras(tmp_path) == set()


def test_anything_else_goes_to_latent_bridge_with_its_arguments(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr(script, "use_right_python", lambda: None)
    monkeypatch.setattr(script, "ready", lambda venv, command, extras: Path("PY"))
    monkeypatch.setattr(script, "hand_over", lambda arguments, env: handed.append(arguments) or 0)
    assert script.main(["accompany", "a b.mid", "--seed", "3"]) == 0
    assert handed == [["PY", "-m", "bridge", "accompany", "a b.mid", "--seed", "3"]]


def noted(script: ModuleType, monkeypatch: pytest.MonkeyPatch, failing: str) -> list[list[str]]:
    """The checks that are run, in which one that contains a word fails."""
    ran: list[list[str]] = []

    def run(command: list[str], environment: dict[str, str]) -> int:
        ran.append(command[1:])
        return int(failing in command)

    monkeypatch.setattr(script, "run_to_its_end", run)
    return ran


def test_tests_run_every_check_even_when_one_fails(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = noted(script, monkeypatch, "mypy")
    assert script.test(Path("PY"), []) == 1
    assert len(ran) == len(script.CHECKS) + 2
    assert capsys.readouterr().err.splitlines()[-1] == "run.py: failed: mypy"


@pytest.mark.parametrize("failing", ["not integration", "integration"])
def test_tests_without_jack_come_first_and_both_halves_count(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: str,
) -> None:
    """Together they are the whole suite; only the first shares the cores."""
    ran = noted(script, monkeypatch, failing)
    assert script.test(Path("PY"), []) == 1
    assert [run[2:4] for run in ran[-2:]] == [["-m", "not integration"], ["-m", "integration"]]
    assert ["--numprocesses" in run for run in ran[-2:]] == [True, False]
    assert capsys.readouterr().err.splitlines()[-1].startswith("run.py: failed: pytest")


def test_with_arguments_pytest_alone_is_run_with_them(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = noted(script, monkeypatch, "-x")
    assert script.test(Path("PY"), ["tests/music", "-x"]) == 1
    assert ran == [["-m", "pytest", "tests/music", "-x"]]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a group of processes")
def test_ctrl_c_lets_a_check_clear_up_and_stops_the_rest(tmp_path: Path) -> None:
    """As a terminal does it: the signal reaches the script and what it runs."""
    check = tmp_path / "check.py"
    check.write_text(CLEARS_UP)
    start = f"import runpy; run = runpy.run_path({str(SCRIPT)!r}, run_name='here'); "
    start += f"run['run_to_its_end']([{sys.executable!r}, {str(check)!r}], None)"
    script = subprocess.Popen(
        [sys.executable, "-c", start], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, preexec_fn=answer_to_ctrl_c,
    )  # fmt: skip
    assert script.stdout is not None
    assert script.stdout.readline() == "running\n"
    os.killpg(script.pid, signal.SIGINT)
    out, errors = script.communicate(timeout=60)
    assert out == "cleared up\n"
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert script.returncode != 0


CLEARS_UP = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print("running", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    print("cleared up", flush=True)
"""


def test_no_argument_explains_the_script(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main([]) == 0
    assert "python3 tools/run.py demo" in capsys.readouterr().out
