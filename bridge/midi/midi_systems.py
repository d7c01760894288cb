"""The MIDI systems there are, what to do when one does not open, and JACK's habits."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.midi.port_names import Decoration


@dataclass(frozen=True, slots=True)
class System:
    """A MIDI system: rtmidi's name for it, what to do when it does not open, and what is
    appended to its ports' names."""

    api: str
    virtual_ports: bool
    remedy: str
    decoration: Decoration = Decoration.NONE


SYSTEMS: Final = {
    "alsa": System(
        "API_LINUX_ALSA",
        True,
        "ALSA's sequencer does not open: `sudo modprobe snd-seq`, and in a container pass "
        "/dev/snd through",
        Decoration.ADDRESS,
    ),
    "jack": System(
        "API_UNIX_JACK",
        True,
        "no JACK server runs: start one (`jackd -d alsa`, or `jackd -d dummy` without a "
        "sound card) and try again",
    ),
    "coremidi": System(
        "API_MACOSX_CORE", True, "CoreMIDI does not open: `sudo killall coreaudiod` restarts it"
    ),
    "winmm": System(
        "API_WINDOWS_MM",
        False,
        "Windows MIDI does not open: restart the Windows Audio service",
        Decoration.POSITION,
    ),
}
BY_PLATFORM: Final = {"darwin": ("coremidi",), "win32": ("winmm",)}
ELSEWHERE: Final = ("alsa", "jack")


def jack_server() -> str:
    """Which JACK server runs under the environment's name: the id of the socket it listens
    on, another for each start; empty when none does, or where this cannot be told.

    A client does not notice the end of its server: it goes on listing ports from memory
    that they once shared.
    """
    name = os.environ.get("JACK_DEFAULT_SERVER") or "default"
    try:
        lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields = line.split(maxsplit=7)
        if len(fields) == 8 and fields[3] == _LISTENS and f"/jack_{name}_" in fields[7]:
            return fields[6]
    return ""


_LISTENS: Final = "00010000"


def silence_jack() -> None:
    """Keep the JACK library from writing to the terminal, where our screen is, when its
    server ends. It is the library that rtmidi has loaded, wherever that lies.

    Its messages go to a C function that takes a text and does nothing with it: one of ours
    would wait for the interpreter in JACK's own thread.
    """
    try:
        maps = Path("/proc/self/maps").read_text(errors="replace")
        found = next((x for x in maps.splitlines() if "/libjack" in x), "")
        if found:
            library = ctypes.CDLL(found.split(maxsplit=5)[5])
            nothing = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
            library.jack_set_error_function(nothing)
            library.jack_set_info_function(nothing)
    except (OSError, AttributeError, IndexError):
        return


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep ALSA's and JACK's own complaints, written by C, off the terminal."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
