"""``latent-bridge doctor``: checks this machine, with advice on problems."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from bridge import __version__
from bridge.cli.shared.options import JSON
from bridge.controllers.mapping_file import read_mapping
from bridge.errors import BridgeError, ModelError
from bridge.files.settings import SoundSettings, read_settings, settings_path
from bridge.live.devices.own_sound import missing as sound_missing
from bridge.live.devices.own_sound import sound_of
from bridge.midi.drivers import choose_driver, installed, version
from bridge.midi.midi_systems import BY_PLATFORM, LINUX_SYSTEMS
from bridge.midi.rtmidi_ports import Backend
from bridge.model import library
from bridge.system.clock import monotonic_seconds
from bridge.system.cpu_latency import CpuLatencyHold, permitted
from bridge.system.realtime import request_realtime

PACKAGES: Final = (
    "mido",
    "onnxruntime",
    "numpy",
    "textual",
    "PyYAML",
    "click",
    "msgspec",
    "platformdirs",
)
EXTRAS: Final = {
    "midirenderer": "WAV files of what was played",
    "pretty_midi": "General MIDI sounds in WAV files",
    "matplotlib": "pictures of the piano roll",
}
OLDEST_PYTHON: Final = (3, 11)
TIMER_SECONDS: Final = 1.5
"""Length of the timer check."""
TIMER_STEP: Final = 0.005
"""Seconds between two wake-ups in the timer check."""
LATE_MS: Final = 5.0
"""Milliseconds. Playing sounds unsteady if one wake-up in a hundred is later than this."""
PINGS: Final = 20
"""Notes sent through a virtual port to measure its delay."""
SOUND_SECONDS: Final = 30.0
"""Longest wait for the audio device, and again for the instruments."""
PING_PORT: Final = "Latent Bridge Doctor"
SMALLEST_SCREEN: Final = (80, 24)
GOVERNOR: Final = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
POWER_TODO: Final = (
    "if the timer below is late: `powerprofilesctl set performance`, or `sudo cpupower "
    "frequency-set -g performance`"
)
PRIORITY_TODO: Final = {
    "linux": (
        "for steadier timing: install rtkit, or put '@audio - rtprio 95' into "
        "/etc/security/limits.d/audio.conf, `sudo usermod -aG audio $USER`, and log in again"
    ),
    "darwin": "for steadier timing: close other audio programs and start again",
    "win32": ("for steadier timing: start the service 'Multimedia Class Scheduler' (services.msc)"),
}
"""Advice by platform where real-time priority was refused."""
READY_TODO: Final = (
    """for steadier timing: put 'KERNEL=="cpu_dma_latency", GROUP="audio", MODE="0660"' into """
    "/etc/udev/rules.d/99-cpu-dma-latency.rules, `sudo usermod -aG audio $USER`, and restart"
)


class Level(StrEnum):
    """Result of a check: in order, something optional is missing, or the band cannot play."""

    OK = "ok"
    MISSING = "--"
    BROKEN = "NO"


@dataclass(frozen=True)
class Finding:
    """The result of a check. ``todo`` is advice for the user, empty if nothing is to be done."""

    level: Level
    name: str
    detail: str
    todo: str = ""


@click.command()
@JSON
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check this machine, with advice on problems.

    Exit code 0 when the band can play (`latent-bridge demo` needs no MIDI), else 2.
    """
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            click.echo(line(finding))
    playable = all(f.level is not Level.BROKEN for f in findings)
    if as_json:
        facts = {"playable": playable, "version": __version__, "findings": findings}
        click.echo(json.dumps(facts, default=asdict, ensure_ascii=False, indent=2))
    else:
        click.echo(verdict(findings))
    if not playable:
        ctx.exit(BridgeError.exit_code)


def line(finding: Finding) -> str:
    """A finding as text: a line, and a second one for the advice."""
    text = f"{finding.level.value}  {finding.name:<16} {finding.detail}"
    return text + (f"\n{'':<21}-> {finding.todo}" if finding.todo else "")


def verdict(findings: list[Finding]) -> str:
    """The last line: whether the band can play, and the commands to run next."""
    if any(f.level is Level.BROKEN for f in findings):
        return "\nNot playable yet: follow the arrows above, from the top."
    midi = any(f.name.startswith("MIDI") and f.level is Level.OK for f in findings)
    further = "latent-bridge play" if midi else "latent-bridge play (its keys play without MIDI)"
    return f"\nPlayable. Hear it: latent-bridge demo. Play it: {further}."


def examine() -> Iterator[Finding]:
    """Run every check in turn. An exception in a check is reported as a finding."""
    for check in CHECKS:
        try:
            yield from check()
        except Exception as error:  # the other checks must still run
            name = check.__name__.removeprefix("check_")
            yield Finding(Level.MISSING, name, f"the check itself failed: {error!r}")


# --- the program itself -------------------------------------------------------------------


def check_python() -> Iterator[Finding]:
    """Check the versions of Python and the operating system."""
    detail = f"{platform.python_version()} on {platform.platform(terse=True)}"
    if sys.version_info < OLDEST_PYTHON:
        yield Finding(Level.BROKEN, "Python", detail, "install Python 3.11 or newer")
    else:
        yield Finding(Level.OK, "Python", f"{detail}, latent-bridge {__version__}")


def check_packages() -> Iterator[Finding]:
    """Check that the required packages are installed."""
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        todo = "pip install " + " ".join(missing)
        yield Finding(Level.BROKEN, "packages", "missing: " + ", ".join(missing), todo)
    else:
        yield Finding(Level.OK, "packages", ", ".join(found))


def check_extras() -> Iterator[Finding]:
    """Check the optional packages that write sound files and pictures."""
    missing = [name for name in EXTRAS if importlib.util.find_spec(name) is None]
    if missing:
        detail = "not installed: " + ", ".join(f"{n} ({EXTRAS[n]})" for n in missing)
        yield Finding(Level.MISSING, "extras", detail, "pip install 'latent-bridge[render]'")
    else:
        yield Finding(Level.OK, "extras", ", ".join(EXTRAS))


def check_models() -> Iterator[Finding]:
    """Check that the models are installed and match their checksums."""
    folders = library.folders()
    if not folders:
        todo = "reinstall latent-bridge; its models come with it"
        yield Finding(Level.BROKEN, "models", "none found", todo)
    whole = 0
    findings = []
    for name, folder in folders.items():
        try:
            files = library.verify(folder)
        except ModelError as error:
            findings.append(Finding(Level.MISSING, f"model {name}", *_problem(error)))
        else:
            whole += 1
            detail = f"{len(files)} files match their checksums"
            findings.append(Finding(Level.OK, f"model {name}", detail))
    yield from findings
    if folders and not whole:
        yield Finding(Level.BROKEN, "models", "none is whole", "see the lines above")


def check_settings() -> Iterator[Finding]:
    """Check that the user's settings and mapping can be read."""
    path = settings_path()
    try:
        settings = read_settings()
        count = len(read_mapping(Path(settings.mapping)).bindings) if settings.mapping else 0
    except BridgeError as error:
        yield Finding(Level.MISSING, "settings", *_problem(error))
        return
    detail = str(path) if path.exists() else f"defaults (there is no {path})"
    yield Finding(Level.OK, "settings", detail + (f", {count} mapped controls" if count else ""))


def check_terminal() -> Iterator[Finding]:
    """Check that there is a terminal large enough for the screen."""
    size = shutil.get_terminal_size()
    detail = f"{size.columns}x{size.lines}, TERM={os.environ.get('TERM', '')}"
    detail += f", {sys.stdout.encoding}"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        todo = "run it in a terminal window, or use `latent-bridge play --headless`"
        yield Finding(Level.MISSING, "terminal", "none (output is redirected)", todo)
    elif size.columns < SMALLEST_SCREEN[0] or size.lines < SMALLEST_SCREEN[1]:
        yield Finding(Level.MISSING, "terminal", detail, "make the window 80x24 or larger")
    else:
        yield Finding(Level.OK, "terminal", detail)


def _problem(error: Exception) -> tuple[str, str]:
    """An error's message as the problem and the advice."""
    what, _, todo = str(error).rpartition(": ")
    return (what, todo) if what else (todo, "")


# --- MIDI ---------------------------------------------------------------------------------


def check_midi_driver() -> Iterator[Finding]:
    """Report the package that MIDI goes through, and others that could be chosen."""
    try:
        driver = choose_driver()
    except BridgeError as error:
        yield Finding(Level.MISSING, "MIDI driver", *_problem(error))
        return
    others = [package for package in installed() if package != driver.package]
    also = f" (or --midi-driver {' or '.join(others)})" if others else ""
    yield Finding(Level.OK, "MIDI driver", f"{driver.package} {version(driver.package)}{also}")


def check_midi() -> Iterator[Finding]:
    """Check each MIDI system of the platform with a message through a virtual port.

    One of them is enough: the advice on the others is then optional.
    """
    findings = [_check_system(name) for name in BY_PLATFORM.get(sys.platform, LINUX_SYSTEMS)]
    enough = any(f.level is Level.OK for f in findings)
    for finding in findings:
        optional = enough and finding.level is Level.MISSING
        todo = f"only if you want it: {finding.todo}" if optional else finding.todo
        yield Finding(finding.level, finding.name, finding.detail, todo)


def _check_system(name: str) -> Finding:
    title = f"MIDI {name}"
    try:
        with Backend.choose(name) as system:
            detail = f"{len(system.inputs())} inputs, {len(system.outputs())} outputs"
            if not system.virtual_ports:
                return Finding(
                    Level.OK,
                    title,
                    detail + ", no virtual ports",
                    "for ports of our own: loopbacks of Windows MIDI Services, or loopMIDI",
                )
            return Finding(Level.OK, title, f"{detail}, {_ping(system)}")
    except BridgeError as error:
        what, _, todo = str(error).partition(": ")
        return Finding(Level.MISSING, title, what, todo)


def _ping(system: Backend) -> str:
    """Send notes through a virtual port; their median delay as text."""
    took: list[float] = []
    arrived = threading.Event()

    def receive(at: float, message: bytes) -> None:
        took.append(at - sent)
        arrived.set()

    sent = 0.0
    system.open_in(PING_PORT, receive, virtual=True)
    out = system.open_out(PING_PORT)
    for _ in range(PINGS):
        arrived.clear()
        sent = monotonic_seconds()
        out.send(b"\x90\x3c\x40")
        arrived.wait(0.1)
    if not took:
        return "a virtual port opens, but nothing came through it"
    return f"virtual ports work, {1000 * _percentile(took, 50):.1f} ms through one (median)"


# --- sound --------------------------------------------------------------------------------


def check_sound() -> Iterator[Finding]:
    """Check the program's own sound: its packages, the audio device, the instruments."""
    if lacking := sound_missing():
        todo = "pip install 'latent-bridge[sound]'"
        yield Finding(Level.MISSING, "sound", "not installed: " + ", ".join(lacking), todo)
        return
    try:
        settings = read_settings().sound
    except BridgeError:  # check_settings reports it
        settings = SoundSettings()
    sound = sound_of(settings)
    try:
        sound.switch(True)
        end = monotonic_seconds() + SOUND_SECONDS
        while not (sound.opened or sound.failed) and monotonic_seconds() < end:
            time.sleep(0.02)
        opened = sound.opened
        if opened is None:
            what, _, todo = (sound.failed or "no answer: run it again").partition(": ")
            yield Finding(Level.MISSING, "sound", what, todo)
            return
        ready = sound.ready.wait(SOUND_SECONDS) and not sound.failed
        detail = f"{opened.device} ({opened.system}), notes {opened.delay_ms:.0f} ms behind"
        if opened.buffer_ms:
            detail += f" and {opened.buffer_ms:.0f} ms in the device"
        if ready:
            yield Finding(Level.OK, "sound", detail)
        else:
            what = sound.failed or "its instruments are not there yet"
            yield Finding(Level.MISSING, "sound", f"{detail}; {what}", "run doctor again")
    finally:
        sound.close()


# --- time ---------------------------------------------------------------------------------


def check_timing() -> Iterator[Finding]:
    """Check real-time priority, and measure how late a sleeping thread is woken."""
    late: list[float] = []
    granted: list[str] = []

    def measure() -> None:
        granted.append(request_realtime())
        cpu_latency.hold(True)
        due = monotonic_seconds()
        end = due + TIMER_SECONDS
        while due < end:
            due += TIMER_STEP
            time.sleep(max(0.0, due - monotonic_seconds()))
            late.append(monotonic_seconds() - due)
        cpu_latency.hold(False)

    cpu_latency = CpuLatencyHold()
    thread = threading.Thread(target=measure, name="timer check")
    thread.start()
    thread.join()
    yield _priority(granted[0])
    yield from _readiness(permitted())
    middle, worst = (1000 * _percentile(late, p) for p in (50, 99))
    detail = f"wakes {middle:.2f} ms late (median), {worst:.2f} ms at worst in a hundred"
    todo = "" if worst <= LATE_MS else "close programs that take the processor, or plug in power"
    yield Finding(Level.OK if worst <= LATE_MS else Level.MISSING, "timer", detail, todo)


def _priority(granted: str) -> Finding:
    if granted.startswith("real-time"):
        return Finding(Level.OK, "priority", granted)
    todo = PRIORITY_TODO.get(sys.platform, "")
    return Finding(Level.MISSING if todo else Level.OK, "priority", granted.split(" (")[0], todo)


def _readiness(allowed: bool | None) -> Iterator[Finding]:
    """Report whether the program may keep the cores cpu_latency while the band plays.

    ``allowed`` is None on platforms without such a permission: nothing is reported.
    """
    if allowed:
        yield Finding(Level.OK, "wake-up", "the processor is kept ready while the band plays")
    elif allowed is not None:
        detail = "the processor may fall asleep between two notes"
        yield Finding(Level.MISSING, "wake-up", detail, READY_TODO)


def check_power() -> Iterator[Finding]:
    """Check for a power-saving processor governor (Linux), which delays wake-ups."""
    try:
        governor = GOVERNOR.read_text().strip()
    except OSError:  # no such thing here, or in a virtual machine
        return
    todo = POWER_TODO if governor == "powersave" else ""
    yield Finding(Level.OK, "processor", f"governor {governor}", todo)


def _percentile(values: list[float], percent: float) -> float:
    """The percentile ``percent`` (0..100) of a list that is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


CHECKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    check_python,
    check_packages,
    check_models,
    check_midi_driver,
    check_midi,
    check_sound,
    check_power,
    check_timing,
    check_extras,
    check_settings,
    check_terminal,
)
