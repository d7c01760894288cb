"""Make a release: version, changelog, build, check, commit and tag. It uploads nothing.

    python -m tools.release 0.2.0            make it; what to push is printed at the end
    python -m tools.release 0.2.0 --dry-run  build and check, then put everything back

Run it in a clean checkout, in the environment that ``tools/run.py test`` makes. The version must be
higher than the last, and CHANGELOG.md must have a section ``## VERSION (unreleased)``, which gets
today's date. sdist and wheel go to ``dist/``; both must pass ``twine check --strict``; the wheel
is installed, from wheels alone, in an environment of its own and asked for its version.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from packaging.version import InvalidVersion, Version

ROOT: Final = Path(__file__).resolve().parent.parent
VERSION_FILE: Final = Path("bridge/__init__.py")
CHANGELOG: Final = Path("CHANGELOG.md")
_VERSION_LINE: Final = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
Run = Callable[[Sequence[str]], str]
"""Runs a command in the checkout and returns what it prints; StopError where it fails."""


class StopError(Exception):
    """Ends the script with one line for a person."""


# --- texts --------------------------------------------------------------------------------


def version_in(text: str) -> str:
    """The version in the text of :data:`VERSION_FILE`. StopError where there is none."""
    found = _VERSION_LINE.search(text)
    if found is None:
        raise StopError(f"{VERSION_FILE} has no line __version__")
    return found[1]


def with_version(text: str, version: str) -> str:
    """The text of :data:`VERSION_FILE` with another version."""
    return _VERSION_LINE.sub(f'__version__ = "{version}"', text)


def check_higher(version: str, last: str, tags: Sequence[str]) -> None:
    """StopError unless ``version`` is a version, is not tagged, and is no lower than ``last`` (the
    first release has the version that the file always had)."""
    try:
        new = Version(version)
    except InvalidVersion as error:
        raise StopError(f"{version!r} is no version: write one like 0.2.0") from error
    if str(new) != version:
        raise StopError(f"{version!r}: write it as {new}")
    if f"v{version}" in tags:
        raise StopError(f"v{version} is tagged already: choose a higher version")
    if new < Version(last):
        raise StopError(f"{version} is lower than {last}")


def with_date(changelog: str, version: str, today: date) -> str:
    """The changelog with the date of a release in the title of its section. StopError where there
    is no section of it that is ``(unreleased)``, or nothing in it."""
    title = re.compile(rf"^## {re.escape(version)} \(unreleased\)(.*)$", re.MULTILINE)
    found = title.search(changelog)
    if found is None:
        raise StopError(f"{CHANGELOG} has no section '## {version} (unreleased)'")
    rest = changelog[found.end() :].split("\n## ")[0]
    if not rest.strip():
        raise StopError(f"{CHANGELOG} says nothing of {version}")
    return title.sub(rf"## {version} ({today.isoformat()})\1", changelog)


def check_address(project: str, origin: str) -> None:
    """StopError unless the project's address is that of the repository ``origin``, which readers of
    the release will be sent to."""
    plain = re.sub(r"^(git@|ssh://git@|https://)|(\.git)?/?$", "", origin.strip()).replace(":", "/")
    if not plain or project.removeprefix("https://") != plain:
        raise StopError(
            f"the project's address is {project}, the repository's {origin.strip() or 'none'}: "
            "correct [project.urls] and the README's addresses in pyproject.toml"
        )


# --- steps --------------------------------------------------------------------------------


def run(command: Sequence[str]) -> str:
    """Run a command in the checkout."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise StopError(f"{' '.join(command)}: {said[-1] if said else done.returncode}")
    return done.stdout


def build(version: str) -> list[Path]:
    """Build the sdist and the wheel and check them; their paths."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    run([sys.executable, "-m", "build"])
    built = sorted((ROOT / "dist").iterdir())
    expected = {f"latent_bridge-{version}.tar.gz", f"latent_bridge-{version}-py3-none-any.whl"}
    if {path.name for path in built} != expected:
        raise StopError(f"dist/ has {[path.name for path in built]}, not {sorted(expected)}")
    run([sys.executable, "-m", "twine", "check", "--strict", *map(str, built)])
    return built


def try_wheel(wheel: Path, version: str) -> None:
    """Install the wheel in an environment of its own, from wheels alone, and start it."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        run([sys.executable, "-m", "venv", str(venv)])
        scripts = venv / ("Scripts" if sys.platform == "win32" else "bin")
        pip = [str(scripts / "python"), "-m", "pip", "install", "-q", "--only-binary=:all:"]
        run([*pip, str(wheel)])
        said = run([str(scripts / "latent-bridge"), "--version"]).split()
        if said[-1:] != [version]:
            raise StopError(f"the installed wheel says {said}")


def release(version: str, *, dry: bool, today: date) -> None:
    """Make the release, or try everything up to the commit."""
    if run(["git", "status", "--porcelain"]):
        raise StopError("the checkout has changes: commit them first")
    files = {path: (ROOT / path).read_text(encoding="utf-8") for path in (VERSION_FILE, CHANGELOG)}
    check_higher(version, version_in(files[VERSION_FILE]), run(["git", "tag"]).split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if not dry:
        check_address(project["urls"]["Homepage"], run(["git", "remote", "get-url", "origin"]))
    kept = False
    try:
        changed = {
            VERSION_FILE: with_version(files[VERSION_FILE], version),
            CHANGELOG: with_date(files[CHANGELOG], version, today),
        }
        for path, text in changed.items():
            (ROOT / path).write_text(text, encoding="utf-8")
        built = build(version)
        try_wheel(next(path for path in built if path.suffix == ".whl"), version)
        if not dry:
            run(["git", "commit", "-a", "--allow-empty", "-m", f"Release {version}"])
            kept = True
            run(["git", "tag", "-a", f"v{version}", "-m", f"Latent Bridge {version}"])
    finally:
        if not kept:
            for path, text in files.items():
                (ROOT / path).write_text(text, encoding="utf-8")
    print("built and checked: " + ", ".join(path.name for path in built))
    print(
        "nothing was changed"
        if dry
        else f"next, to publish: git push origin HEAD v{version}; the "
        "workflow 'release' builds it again and uploads it to PyPI"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; its exit code."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", help="such as 0.2.0")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    given = parser.parse_args(arguments)
    try:
        release(given.version, dry=given.dry_run, today=date.today())
    except StopError as stop:
        print(f"release.py: {stop}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
