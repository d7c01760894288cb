#!/usr/bin/env python3
"""Set Latent Bridge up and run it, on a machine that has Python and nothing else.

    python3 tools/run.py demo [...]     hear the band: writes MIDI, WAV and a picture
    python3 tools/run.py test [...]     set up for development; all checks and tests
    python3 tools/run.py play [...]     any command of latent-bridge, with its arguments

Makes .venv beside this folder once (with uv where that is on the PATH), and again only when
pyproject.toml changes. Works from any folder; files are read and written where you are.
Set LATENT_BRIDGE_VENV to put the environment elsewhere. `test ARGUMENTS` runs pytest alone,
with those arguments.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST_WITH_WHEELS = (3, 11), (3, 14)
STAMP = "latent-bridge.json"
WISHED = ("sound",)
WISHED_FOR_TESTS = ("link",)
# In the stamp: this extra was tried and cannot be installed here.
WITHOUT = "no "
WINDOWS = os.name == "nt"
CHECKED = ("bridge", "tests", "tools")

# Name, and how to run it with the environment's Python.
CHECKS = {
    "ruff": ("-m", "ruff", "check", *CHECKED),
    "ruff format": ("-m", "ruff", "format", "--check", *CHECKED),
    "mypy": ("-m", "mypy"),
    "import-linter": (
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ),
}

# The tests that need no JACK share the cores; those that do have the machine to themselves.
TESTS = {
    "pytest": ("-m", "pytest", "-m", "not integration", "--dist", "worksteal",
               "--numprocesses", "auto", "--maxprocesses", "4"),
    "pytest, integration": ("-m", "pytest", "-m", "integration"),
}  # fmt: skip
PATIENCE = 30.0  # seconds that a check has to clear up after Ctrl+C

# ID or ID_LIKE of /etc/os-release -> the command that installs {packages}, and their names.
INSTALLERS = {
    "debian": ("apt-get update && {sudo}apt-get install -y", "python3-venv", "libasound2"),
    "fedora": ("dnf install -y", "python3", "alsa-lib"),
    "suse": ("zypper install -y", "python3", "libasound2"),
    "arch": ("pacman -S --needed", "python", "alsa-lib"),
    "alpine": ("apk add", "python3", "alsa-lib"),
}
# From these releases on, Debian and Ubuntu call the package by another name.
T64_SINCE = {"debian": 13.0, "ubuntu": 24.04}


class StopError(Exception):
    """Ends the script with one line for a person."""


def say(line: str) -> None:
    """Print a line of progress on stderr; stdout belongs to the program."""
    print("run.py: " + line, file=sys.stderr, flush=True)


# --- which Python -----------------------------------------------------------------------


def version_of(python: str) -> tuple[int, int] | None:
    """The version of an interpreter, or None if it does not run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20)
        major, minor = done.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def better_python() -> str | None:
    """Another interpreter on the PATH that the packages have wheels for."""
    for minor in range(NEWEST_WITH_WHEELS[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and version_of(found) == (3, minor):
            return found
    return None


def use_right_python() -> None:
    """Start again under a better Python where this one is too old or too new."""
    here = sys.version_info[:2]
    if OLDEST <= here <= NEWEST_WITH_WHEELS:
        return
    name = ".".join(map(str, here))
    other = better_python()
    if other:
        say(f"this is Python {name}; using {other}")
        sys.exit(hand_over([other, str(Path(__file__).resolve()), *sys.argv[1:]], dict(os.environ)))
    if here < OLDEST:
        raise StopError(
            f"Python {name} is too old: 3.11 or newer is needed. Install it "
            "(https://www.python.org/downloads/) and run this script with it."
        )
    say(
        f"Python {name}: some packages may have no wheels for it yet, so pip will try to build "
        "them, which needs a compiler. Python 3.11 to 3.14 is the easier way."
    )


# --- what the system must bring ---------------------------------------------------------


def os_release() -> dict[str, str]:
    """/etc/os-release as a dictionary; empty where there is none."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def install_command(venv: bool, sound: bool, release: dict[str, str], sudo: str) -> str:
    """The command that installs what is missing on this Linux."""
    family = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    key = next((key for name in family for key in INSTALLERS if name.startswith(key)), "debian")
    command, venv_package, sound_package = INSTALLERS[key]
    try:
        if float(release.get("VERSION_ID", "0")) >= T64_SINCE.get(release.get("ID", ""), 1e9):
            sound_package += "t64"
    except ValueError:
        pass
    if key == "debian" and not is_system_python():
        venv_package = "python{}.{}-venv".format(*sys.version_info)
    packages = [venv_package] * venv + [sound_package] * sound
    return " ".join([sudo + command.format(sudo=sudo), *packages])


def is_system_python() -> bool:
    """True for the interpreter that the system's packages belong to."""
    return Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve()


def has_alsa() -> bool:
    """True if libasound is installed, which rtmidi needs on Linux; True on other systems."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        ctypes.CDLL("libasound.so.2")
    except OSError:
        return False
    return True


def advice(venv: bool, sound: bool) -> str:
    """The command that installs the missing packages, for this machine and this user."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return install_command(venv, sound, os_release(), "" if root else "sudo ")


def check_system(command: str, uv: str | None) -> None:
    """Stop, or warn, where a system package is missing, with the command that installs it."""
    venv_missing = not uv and not all(map(importlib.util.find_spec, ("venv", "ensurepip")))
    sound_missing = not has_alsa()
    if venv_missing:
        raise StopError(
            "this Python cannot make a virtual environment. Install what is missing, then run "
            "this again:\n  " + advice(venv=True, sound=sound_missing)
        )
    if not sound_missing:
        return
    fix = "\n  " + advice(venv=False, sound=True)
    if command == "test":
        raise StopError("the tests need libasound2. Install it, then run this again:" + fix)
    if command != "demo":
        say("live MIDI needs libasound2, which is not installed:" + fix)


# --- the environment --------------------------------------------------------------------


def python_in(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / ("Scripts/python.exe" if WINDOWS else "bin/python")


def fingerprint() -> str:
    """A hash that changes when the environment has to be made again."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed_extras(venv: Path) -> set[str]:
    """Extras installed under the present fingerprint; empty when all must be done again."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        if stamp["fingerprint"] == fingerprint() and version_of(str(python_in(venv))):
            return set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return set()


def step(title: str, arguments: list[str]) -> bool:
    """Run one step of the installation; its own output is the progress."""
    say(title + " ...")
    began = time.monotonic()
    done = subprocess.run(arguments, cwd=ROOT, env=clean_environment(), stdout=sys.stderr)
    if done.returncode == 0:
        say(f"{title}: done in {time.monotonic() - began:.0f} s")
    return done.returncode == 0


def clean_environment() -> dict[str, str]:
    """The environment without the variables that would misdirect the new interpreter."""
    dropped = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {
        **kept,
        "PYTHONSAFEPATH": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "LATENT_BRIDGE_COMMAND": ("py " if WINDOWS else "python3 ") + shlex.quote(sys.argv[0]),
    }


def make_venv(venv: Path, uv: str | None) -> None:
    """Make the environment, if there is none that runs."""
    if version_of(str(python_in(venv))):
        return
    title = "making the environment " + str(venv)
    fits = OLDEST <= sys.version_info[:2] <= NEWEST_WITH_WHEELS
    wanted = sys.executable if fits else "3.13"  # uv can fetch one
    if uv and step(title, [uv, "venv", "-q", "--clear", "--python", wanted, str(venv)]):
        return
    if not step(title, [sys.executable, "-m", "venv", "--clear", str(venv)]):
        raise StopError(f"no environment could be made in {venv} (the lines above say why)")


def install(venv: Path, uv: str | None, extras: set[str]) -> None:
    """Install this checkout, editable, with ``extras``."""
    python = str(python_in(venv))
    names = ",".join(sorted(extras))
    what = ["-e", f"{ROOT}[{names}]"]
    title = f"installing latent-bridge[{names}] (some 250 MB the first time)"
    if uv and step(title, [uv, "pip", "install", "--python", python, *what]):
        return
    if not version_of(python) or subprocess.run([python, "-c", "import pip"]).returncode:
        raise StopError(f"{venv} has no pip: delete it and run this again")
    quiet = [] if sys.stderr.isatty() else ["-q"]
    if not step(title, [python, "-m", "pip", "install", *quiet, *what]):
        raise StopError("pip could not install the packages (the lines above say why)" + pip_hint())


def pip_hint() -> str:
    """The likeliest cause of a failed installation."""
    if sys.version_info[:2] > NEWEST_WITH_WHEELS:
        return "; with Python 3.11 to 3.14 nothing has to be built"
    return "; is this machine on the network?"


def ready(venv: Path, command: str, extras: set[str]) -> Path:
    """The interpreter of an environment that has ``extras``, and those of WISHED that can be
    installed here: without these it works, too, and they are not tried again."""
    have = installed_extras(venv)
    wanted_here = (*WISHED, *(WISHED_FOR_TESTS if command == "test" else ()))
    wished = {name for name in wanted_here if WITHOUT + name not in have}
    if not extras | wished <= have:
        uv = shutil.which("uv")
        check_system(command, uv)
        make_venv(venv, uv)
        (venv / STAMP).unlink(missing_ok=True)
        have |= extras
        wanted = {name for name in have if not name.startswith(WITHOUT)}
        try:
            install(venv, uv, wanted | wished)
            have |= wished
        except StopError:
            if wished <= wanted:
                raise
            have |= one_by_one(venv, uv, wanted - wished, wished)
        stamp = {"fingerprint": fingerprint(), "extras": sorted(have)}
        (venv / STAMP).write_text(json.dumps(stamp), encoding="utf-8")
    elif command == "test":
        check_system(command, None)
    return python_in(venv)


def one_by_one(venv: Path, uv: str | None, wanted: set[str], wished: set[str]) -> set[str]:
    """Install what is wanted, then each wish that can be; what to note in the stamp."""
    say(f"trying again without {', '.join(sorted(wished))}")
    install(venv, uv, set(wanted))
    got: set[str] = set()
    for name in sorted(wished) if len(wished) > 1 else ():
        try:
            install(venv, uv, wanted | got | {name})
            got.add(name)
        except StopError:
            say(f"going on without {name}")
    return got | {WITHOUT + name for name in wished - got}


# --- what to run ------------------------------------------------------------------------


def hand_over(arguments: list[str], environment: dict[str, str]) -> int:
    """Become another program where the system can; else wait for it and pass its code on."""
    if not WINDOWS:
        os.execve(arguments[0], arguments, environment)
    try:
        return subprocess.call(arguments, env=environment)
    except KeyboardInterrupt:
        return 130


def run_to_its_end(command: list[str], environment: dict[str, str]) -> int:
    """Run a check; its exit code. Ctrl+C reaches the check, too: it stops what it has started,
    and is ended only if it does not come to that."""
    child = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        return child.wait()
    except KeyboardInterrupt:
        for end in (child.terminate, child.kill):
            try:
                child.wait(PATIENCE)
                break
            except subprocess.TimeoutExpired:
                end()
        raise


def test(python: Path, arguments: list[str]) -> int:
    """Run every check, whatever the one before said; 0 when all passed."""
    checks = {"pytest": ("-m", "pytest", *arguments)} if arguments else {**CHECKS, **TESTS}
    failed = []
    environment = clean_environment()
    del environment["LATENT_BRIDGE_COMMAND"]  # the tests expect the program's own name
    for name, command in checks.items():
        say(name)
        if run_to_its_end([str(python), *command], environment):
            failed.append(name)
    say("failed: " + ", ".join(failed) if failed else "passed: " + ", ".join(checks))
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Run the script; its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    use_right_python()
    command, rest = arguments[0], arguments[1:]
    venv = Path(os.environ.get("LATENT_BRIDGE_VENV") or ROOT / ".venv").absolute()
    extras = {"render", "import"}
    if command == "test":
        extras |= {"dev"} | ({"integration"} if shutil.which("jackd") else set())
        return test(ready(venv, command, extras), rest)
    python = ready(venv, command, extras)
    return hand_over([str(python), "-m", "bridge", *arguments], clean_environment())


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StopError as stop:
        say(str(stop))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
