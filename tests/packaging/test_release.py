"""The release script's texts and refusals, and that the workflows say what the project says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import yaml

from tools import release
from tools.release import StopError

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2027, 1, 31)
CHANGES = "# Changes\n\n## 0.2.0 (unreleased): Second\n\n- more\n\n## 0.1.0 (2026-12-01)\n\n- it\n"

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="only a checkout has its tree"
)


def test_the_version_is_read_and_written_in_its_line_alone() -> None:
    text = (ROOT / release.VERSION_FILE).read_text(encoding="utf-8")
    changed = release.with_version(text, "9.9.9")
    assert release.version_in(changed) == "9.9.9"
    assert changed.replace("9.9.9", release.version_in(text)) == text


def test_the_section_of_the_release_gets_the_date() -> None:
    changed = release.with_date(CHANGES, "0.2.0", TODAY)
    assert "## 0.2.0 (2027-01-31): Second\n" in changed
    assert changed.replace("2027-01-31", "unreleased") == CHANGES


@pytest.mark.parametrize(
    ("changelog", "why"),
    [
        ("# Changes\n\n## 0.2.0 (2026-12-01)\n\n- it\n", "has no section"),
        ("## 0.2.0 (unreleased)\n\n\n## 0.1.0 (2026-12-01)\n\n- it\n", "says nothing"),
    ],
)
def test_a_changelog_without_the_release_is_refused(changelog: str, why: str) -> None:
    with pytest.raises(StopError, match=why):
        release.with_date(changelog, "0.2.0", TODAY)


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("two", "is no version"),
        ("0.2", None),
        ("0.02.0", "write it as 0.2.0"),
        ("0.1.0", "tagged already"),
        ("0.0.9", "lower than"),
        ("0.2.0", None),
    ],
)
def test_a_version_must_be_higher_than_the_last(version: str, why: str | None) -> None:
    if why is None:
        release.check_higher(version, "0.1.0", ["v0.1.0"])
    else:
        with pytest.raises(StopError, match=why):
            release.check_higher(version, "0.1.0", ["v0.1.0"])


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://github.com/me/it.git\n", True),
        ("git@github.com:me/it.git", True),
        ("https://github.com/me/it", True),
        ("https://github.com/you/it", False),
        ("", False),
    ],
)
def test_the_address_must_be_the_repositorys(origin: str, right: bool) -> None:
    if right:
        release.check_address("https://github.com/me/it", origin)
    else:
        with pytest.raises(StopError, match="correct"):
            release.check_address("https://github.com/me/it", origin)


def fails(*_: object) -> None:
    raise StopError("twine: no")


def test_a_failure_puts_the_files_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[Sequence[str]] = []
    for path, text in (
        (release.VERSION_FILE, '__version__ = "0.1.0"\n'),
        (release.CHANGELOG, CHANGES),
        (Path("pyproject.toml"), '[project.urls]\nHomepage = "https://github.com/me/it"\n'),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")

    def run(command: Sequence[str]) -> str:
        ran.append(command)
        return "https://github.com/me/it" if "remote" in command else ""

    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "run", run)
    monkeypatch.setattr(release, "build", fails)
    with pytest.raises(StopError, match="twine"):
        release.release("0.2.0", dry=False, today=TODAY)
    assert (tmp_path / release.CHANGELOG).read_text(encoding="utf-8") == CHANGES
    assert "0.1.0" in (tmp_path / release.VERSION_FILE).read_text(encoding="utf-8")
    assert not any("commit" in command or "push" in command for command in ran)


def test_the_script_uploads_nothing() -> None:
    text = (ROOT / "tools" / "release.py").read_text(encoding="utf-8")
    assert '"upload"' not in text
    assert '"push"' not in text


# --- the workflows ------------------------------------------------------------------------


def workflow(name: str) -> dict[str, object]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def test_the_suite_runs_on_three_systems_under_each_python_of_the_classifiers() -> None:
    matrix = workflow("tests.yml")["jobs"]["suite"]["strategy"]["matrix"]  # type: ignore[index]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        found[1]
        for line in project["classifiers"]
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line))
    }
    assert set(matrix["python"]) == named
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_only_the_publishing_job_may_ask_pypi_for_trust() -> None:
    jobs = workflow("release.yml")["jobs"]
    granted = {name: job.get("permissions", {}) for name, job in jobs.items()}  # type: ignore[attr-defined]
    assert granted == {"build": {}, "publish": {"id-token": "write"}}
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert "password" not in text.split("jobs:")[1]
