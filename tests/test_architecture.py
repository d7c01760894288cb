"""The house holds: rooms, import rules, sizes, and nothing that belongs to one machine."""

from __future__ import annotations

import ast
import graphlib
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import bridge
from bridge import errors

ROOT = Path(bridge.__file__).resolve().parents[1]
PACKAGE = ROOT / "bridge"
PACKAGES = ("bridge", "tools")
MOST_ENTRIES = 16
"""Of a folder, besides ``__init__``, ``__main__`` and markers: more than a reader takes in."""
MARKERS = {"py.typed"}
"""Files that hold nothing to read."""
PURE_ROOMS = ("music", "listening", "timing", "latent")
HEAVY = ("onnxruntime", "rtmidi", "supriya_midi", "textual", "yaml", "matplotlib", "torch", "jack")

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="only a checkout has its tree"
)


def tracked_files() -> list[Path]:
    """The files of the checkout that git knows; every file where git does not answer."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    names = [name for name in listed.stdout.split("\0") if name]
    if not names:
        pytest.skip("no git here to say which files belong to the project")
    return [path for name in names if (path := ROOT / name).is_file()]


def modules_in(room: str) -> list[str]:
    """The importable modules of a room, by name."""
    found = pkgutil.walk_packages([str(PACKAGE / room)], f"bridge.{room}.")
    return [f"bridge.{room}", *(module.name for module in found)]


def test_import_contracts_are_kept() -> None:
    """import-linter's contracts in pyproject.toml all hold."""
    from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, "see the report above, or run: lint-imports"


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    """The modules of both packages, each with those of them that it imports, also in functions."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def circle(imports: dict[str, set[str]], package: str, depth: int) -> list[str]:
    """A circle of imports within a package, the first name again at its end; empty if none is.

    Names are cut to ``depth`` parts: the modules of a room count as one.
    """

    def cut(name: str) -> str:
        return ".".join(name.split(".")[:depth])

    edges: dict[str, set[str]] = {}
    for name, imported in imports.items():
        if name.startswith(f"{package}."):
            inside = {cut(other) for other in imported if other.startswith(f"{package}.")}
            edges.setdefault(cut(name), set()).update(inside - {cut(name)})
    try:
        graphlib.TopologicalSorter(edges).prepare()
    except graphlib.CycleError as exc:
        return list(exc.args[1])
    return []


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("depth", [2, 3, 99], ids=["rooms", "inner rooms", "modules"])
def test_no_import_goes_in_a_circle(imports: dict[str, set[str]], package: str, depth: int) -> None:
    assert circle(imports, package, depth) == []


def test_a_circle_of_imports_is_found() -> None:
    """The check itself: between two modules, and between rooms whose modules have none."""
    modules = {"a.x.one": {"a.y.one"}, "a.y.one": {"a.x.one"}}
    assert sorted(set(circle(modules, "a", 99))) == ["a.x.one", "a.y.one"]
    rooms = {"a.x.one": {"a.y.one"}, "a.y.two": {"a.x.two"}}
    assert circle(rooms, "a", 99) == []
    assert sorted(set(circle(rooms, "a", 2))) == ["a.x", "a.y"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_holds_more_than_sixteen_entries(package: str) -> None:
    entries: dict[str, set[str]] = {}
    for path in (ROOT / package).rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.name not in MARKERS and not any(part.startswith("__") for part in parts):
            entries.setdefault(path.parent.relative_to(ROOT).as_posix(), set()).add(path.name)
    assert set(entries) >= {package}
    crowded = {folder: len(names) for folder, names in entries.items()
               if len(names) > MOST_ENTRIES}  # fmt: skip
    assert crowded == {}


def test_the_core_imports_no_screen_no_runtime_no_midi_library() -> None:
    """A process that has imported the pure rooms and the core has nothing heavy loaded."""
    names = [name for room in PURE_ROOMS for name in modules_in(room)]
    names += ["bridge.session.core", "bridge.session.messages.commands", "bridge.model.contract"]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("onnxruntime", {"model/runtime.py"}),
        ("rtmidi", {"midi/rtmidi_driver.py"}),
        ("supriya_midi", {"midi/supriya_driver.py"}),
        ("yaml", {"system/strict_yaml.py"}),
    ],
)
def test_a_library_is_named_in_its_room_only(library: str, home: set[str]) -> None:
    """Even an import inside a function is only where it belongs (import-linter sees those too)."""
    pattern = re.compile(rf"^\s*(?:import|from)\s+{library}\b", re.MULTILINE)
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }
    assert users <= home


def test_textual_is_named_in_the_ui_only() -> None:
    pattern = re.compile(r"^\s*(?:import|from)\s+textual\b", re.MULTILINE)
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert all(user.startswith("ui/") for user in users), users


def test_nothing_is_pickled_and_no_yaml_is_executed() -> None:
    forbidden = re.compile(
        r"^\s*(?:import|from)\s+(?:c?pickle|shelve|marshal)\b|yaml\.(?:unsafe_)?load\("
    )
    guilty = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(forbidden.search(line) for line in path.read_text(encoding="utf-8").splitlines())
    ]
    assert guilty == []


def test_the_model_folder_holds_no_python() -> None:
    """A package named onnx in the working folder would shadow the onnx library."""
    assert list((ROOT / "onnx").rglob("*.py")) == []


def test_every_error_of_ours_ends_with_code_two_and_is_in_the_drawn_tree() -> None:
    ours = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.BridgeError)
    ]
    assert len(ours) >= 8
    for kind in ours:
        assert kind.exit_code == 2, kind
        assert kind.__name__ in (errors.__doc__ or ""), f"{kind.__name__} is not in the tree"


def test_every_module_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_in_the_tree_belongs_to_one_machine() -> None:
    """No file names a home folder or a working folder of whoever wrote it."""
    private = re.compile(rb"/(?:work|home|Users|root)/[A-Za-z0-9_.]")
    allowed = {"tests/test_architecture.py"}
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".svg", ""}
        and path.relative_to(ROOT).as_posix() not in allowed
        and private.search(path.read_bytes())
    ]
    assert guilty == []


def test_a_room_has_one_line_about_itself() -> None:
    for room in ("cli", "latent", "midi", "model", "music", "session", "timing", "ui"):
        assert importlib.import_module(f"bridge.{room}").__doc__, room
