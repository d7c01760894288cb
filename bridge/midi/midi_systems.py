"""MIDI systems by name with remedies for failures; detection of JACK servers; quiet libraries."""

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
class MidiSystem:
    """A MIDI system: rtmidi's name for it, what to do when it does not open, and what is
    appended to its ports' names."""

    api: str
    virtual_ports: bool
    remedy: str
    decoration: Decoration = Decoration.NONE


SYSTEMS: Final = {
    "alsa": MidiSystem(
        "API_LINUX_ALSA",
        True,
        "ALSA's sequencer does not open: `sudo modprobe snd-seq`, and in a container pass "
        "/dev/snd through",
        Decoration.ADDRESS,
    ),
    "jack": MidiSystem(
        "API_UNIX_JACK",
        True,
        "no JACK server runs: start one (`jackd -d alsa`, or `jackd -d dummy` without a "
        "sound card) and try again",
    ),
    "coremidi": MidiSystem(
        "API_MACOSX_CORE", True, "CoreMIDI does not open: `sudo killall coreaudiod` restarts it"
    ),
    "winmm": MidiSystem(
        "API_WINDOWS_MM",
        False,
        "Windows MIDI does not open: restart the Windows Audio service",
        Decoration.POSITION,
    ),
}
BY_PLATFORM: Final = {"darwin": ("coremidi",), "win32": ("winmm",)}
LINUX_SYSTEMS: Final = ("alsa", "jack")


def jack_server_id() -> str:
    """Id of the running JACK server of the environment's name; empty when none runs or on other
    systems than Linux.

    It is the inode of the socket that the server listens on, so it differs after a restart. It
    is needed because a client does not notice the end of its server: it goes on listing ports
    from shared memory.
    """
    name = os.environ.get("JACK_DEFAULT_SERVER") or "default"
    try:
        lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields = line.split(maxsplit=7)
        if len(fields) == 8 and fields[3] == _LISTENING and f"/jack_{name}_" in fields[7]:
            return fields[6]
    return ""


_LISTENING: Final = "00010000"
"""Flags of a listening socket in ``/proc/net/unix``."""


def silence_jack() -> None:
    """Keep the JACK library that rtmidi has loaded from writing to the terminal, where our screen
    is, when its server ends.

    Its messages go to a C function without effect (``strlen``); a Python callback would wait for
    the interpreter lock in JACK's own thread.
    """
    try:
        maps = Path("/proc/self/maps").read_text(errors="replace")
        found = next((x for x in maps.splitlines() if "/libjack" in x), "")
        if found:
            library = ctypes.CDLL(found.split(maxsplit=5)[5])
            sink = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
            library.jack_set_error_function(sink)
            library.jack_set_info_function(sink)
    except (OSError, AttributeError, IndexError):
        return


@contextlib.contextmanager
def stderr_silenced() -> Iterator[None]:
    """Redirect stderr to the null device, because the C code of ALSA and JACK writes there."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)
