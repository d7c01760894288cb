"""The example of CONTRIBUTING.md (a control, an action) is carried out on a copy of the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="only a checkout has the page")

CONTROL = """
from playing import FACTS, ons, run, told, tune
from bridge.session.messages.commands import MoveTarget, Start
state = first_state(Setup(bpm=120.0, key="C major"), FACTS)
assert state.band.controls["volume band"] == 1.0
state, _ = core.step(state, Remapped(0.0, read_mapping(Path("mine.yaml")).bindings))
state, _ = core.step(state, MidiIn(0.1, bytes((0xB0, 20, 64)), "port"))
assert state.band.controls["volume band"] == 64 / 127
loud, soft = (
    run(state, [told(0.0, MoveTarget("volume band", v)), told(0.1, Start()), *tune(3)], 6.0)
    for v in (1.0, 0.3)
)
assert sum(r.velocity for r in ons(soft, "drums")) < sum(r.velocity for r in ons(loud, "drums"))
"""
ACTION = """
from playing import FACTS, told
from bridge.session.messages.commands import Learn, MoveTarget, UsualTempo
state = first_state(Setup(bpm=90.0), FACTS)
state, _ = core.step(state, Remapped(0.0, read_mapping(Path("mine.yaml")).bindings))
state, _ = core.step(state, MidiIn(0.1, bytes((0xB0, 20, 127)), "port"))
assert state.clock.line.bpm == 120.0
assert command_of(state, 0.0, "usual tempo", 1.0) == UsualTempo()
state, _ = core.step(state, told(0.2, Learn("usual tempo")))
assert state.controllers.learn.status.target == "usual tempo"
"""
COMMON = """
from pathlib import Path
from bridge.controllers.mapping_file import read_mapping
from bridge.controllers.targets_page import tables
from bridge.session import core
from bridge.session.handlers import osc_addresses
from bridge.session.handlers.target_actions import command_of
from bridge.session.messages.commands import MoveTarget
from bridge.session.state.events import MidiIn, Remapped
from bridge.session.new_session import first_state
from bridge.session.state.setup import Setup
"""
OSC = """
address = "/latent/" + NAME.replace(" ", "_")
sent = osc_addresses.command_for(osc_addresses.targets(state), address, [1.0])
assert sent == MoveTarget(NAME, 1.0)
assert f"| `{NAME}` |" in tables()
"""


def examples() -> dict[str, list[str]]:
    """The lines of each part of the example, by its heading."""
    block = PAGE.read_text(encoding="utf-8").partition("```diff\n")[2].partition("```")[0]
    found: dict[str, list[str]] = {}
    for line in block.splitlines():
        if line.startswith("# "):
            heading = line[2:].split("(")[0].strip()
            found[heading] = []
        else:
            found[heading].append(line)
    return found


def files_of(lines: list[str]) -> dict[str, list[str]]:
    """The changed lines by file."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("+++ "):
            name = line[4:]
            found[name] = []
        else:
            found[name].append(line)
    return found


def changed(text: str, lines: list[str]) -> str:
    """The text with the lines of a difference applied: a line of context, there once, comes
    before what is added."""
    there, at = text.splitlines(), 0
    for line in lines:
        sign, body = line[0], line[1:]
        if sign == "+":
            there.insert(at, body)
            at += 1
            continue
        assert there.count(body) == 1, f"not there once: {body}"
        at = there.index(body) + 1
        if sign == "-":
            at -= 1
            del there[at]
    return "\n".join(there) + "\n"


@pytest.mark.parametrize(
    ("heading", "files", "name", "check"),
    [
        ("a control", 2, "volume band", CONTROL),
        ("an action", 3, "usual tempo", ACTION),
    ],
)
def test_the_example_works_in_as_many_files_as_the_page_says(
    tmp_path: Path, heading: str, files: int, name: str, check: str
) -> None:
    shutil.copytree(
        ROOT / "bridge", tmp_path / "bridge", ignore=shutil.ignore_patterns("__pycache__")
    )
    edits = files_of(examples()[heading])
    assert len(edits) == files
    for file, lines in edits.items():
        path = tmp_path / file
        path.write_text(changed(path.read_text(encoding="utf-8"), lines), encoding="utf-8")
    mapping = f"bindings: [{{cc: 20, target: {name}}}]"
    (tmp_path / "mine.yaml").write_text(mapping, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", f"NAME = {name!r}\n{COMMON}{check}{OSC}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT / "tests")))},
    )
    assert done.returncode == 0, done.stderr


def test_the_longest_line_of_the_example_would_pass_the_linter() -> None:
    for lines in examples().values():
        assert all(len(line) <= 101 for line in lines)
