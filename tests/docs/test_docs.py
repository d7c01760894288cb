"""What the pages say is true: links, commands, options."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge.cli.app import app
from bridge.controllers.targets_page import rewritten

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = ROOT / "README.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
TEST_COMMAND = "python3 tools/run.py test"
DEMO_COMMAND = "python3 tools/run.py demo"
NOT_RUN_HERE = {TEST_COMMAND, DEMO_COMMAND}
"""These two are what CI runs: the first is running now, the second has its own tests."""

pytestmark = pytest.mark.skipif(not README.is_file(), reason="only a checkout has the pages")


def text(page: Path) -> str:
    """The page's text."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[list[str]]:
    """The commands of each block marked ``sh``, which are those that work in a fresh checkout."""
    bodies = [body for kind, body in CODE.findall(text(page)) if kind == "sh"]
    return [[line.strip() for line in body.splitlines() if line.strip()] for body in bodies]


def runnable(page: Path) -> list[str]:
    """The commands of all blocks marked ``sh``."""
    return [line for block in blocks(page) for line in block]


def mentioned(page: Path) -> set[str]:
    """Every command line of latent-bridge on a page, in code marks or blocks."""
    plain = text(page)
    spans = re.findall(r"`((?:latent-bridge|python3 tools/run\.py)\b[^`\n]*)`", plain)
    lines = [line.strip() for _, body in CODE.findall(plain) for line in body.splitlines()]
    spans += [line for line in lines if line.startswith(("latent-bridge ", "python3 tools/run.py"))]
    return {re.sub(r"^python3 tools/run\.py", "latent-bridge", span) for span in spans}


def find(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and the words left over."""
    command: click.Command = app
    while words and isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words[0])
        if inner is None:
            break
        command, words = inner, words[1:]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(text(page)) if "://" not in target]
    missing = [t for t in targets if not (page.parent / t.split("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_option_named_exists(page: Path) -> None:
    """The commands are looked up in the program itself."""
    wrong = []
    for line in sorted(mentioned(page)):
        words = shlex.split(line, comments=True)[1:]
        if words[:1] == ["test"]:  # tools/run.py's own
            continue
        command, rest = find(words)
        if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            wrong.append(f"{line}: no command {rest[0]!r}")
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
        known |= {"--help", "-h"}
        options = [w.split("=")[0] for w in rest if re.match(r"--?[A-Za-z]", w)]
        wrong += [f"{line}: no option {o}" for o in options if o not in known]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_test_named_exists(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text(page))
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).is_file() or f"def {test}(" not in text(ROOT / file)
    ]
    assert missing == []


def test_options_named_alone_exist_somewhere() -> None:
    """``--mode`` in a sentence is an option of some command, or of the set-up script."""
    commands = [find([name])[0] for name in app.list_commands(click.Context(app))]
    known = {o for c in [app, *commands] for p in c.params for o in (*p.opts, *p.secondary_opts)}
    for page in (README, ROOT / "docs" / "architecture.md"):
        alone = set(re.findall(r"`(--[a-z][a-z-]*)`", text(page)))
        assert alone <= known | {"--help", "--strict"}, page.name


def test_the_readme_and_ci_name_the_same_test_command() -> None:
    assert TEST_COMMAND in runnable(README)
    ci = [line.strip() for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    assert any(line.split("||")[0].strip() == TEST_COMMAND for line in ci)


def test_the_two_commands_come_first_in_the_readme() -> None:
    assert runnable(README)[:2] == [DEMO_COMMAND, TEST_COMMAND]


def test_contributing_names_the_same_test_command() -> None:
    assert TEST_COMMAND in runnable(ROOT / "CONTRIBUTING.md")


@pytest.mark.parametrize(
    "block", [block for page in PAGES for block in blocks(page)], ids=lambda block: block[0][16:50]
)
def test_commands_shown_as_runnable_run(block: list[str], tmp_path: Path) -> None:
    """Each block in a folder of its own, with this interpreter in place of the set-up script's."""
    for line in block:
        if line in NOT_RUN_HERE:
            continue
        words = shlex.split(line)
        assert words[:2] == ["python3", "tools/run.py"], "mark as sh only what a test can run"
        done = subprocess.run(
            [sys.executable, "-m", "bridge", *words[2:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LATENT_BRIDGE_HISTORY": str(tmp_path)},
        )
        assert done.returncode == 0, line + done.stdout + done.stderr


def test_contributing_is_one_page() -> None:
    assert len(text(ROOT / "CONTRIBUTING.md").splitlines()) <= 80


def test_the_tables_of_targets_are_those_of_the_catalog() -> None:
    page = text(ROOT / "docs" / "mappings.md")
    assert page == rewritten(page), (
        "latent-bridge mappings targets --markdown docs/mappings.md writes them"
    )


def test_the_change_log_begins_with_this_version() -> None:
    from bridge import __version__

    headings = re.findall(r"^## (\S+)", text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == __version__


def test_every_room_is_in_the_architecture_page() -> None:
    page = text(ROOT / "docs" / "architecture.md")
    rooms = [p.parent.name for p in (ROOT / "bridge").glob("*/__init__.py")]
    assert [room for room in rooms if f"`{room}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_test_that_is_named_without_its_file_exists(page: Path) -> None:
    named = set(re.findall(r"`(test_\w+)`", text(page)))
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )
    assert named <= set(re.findall(r"def (test_\w+)\(", source))
