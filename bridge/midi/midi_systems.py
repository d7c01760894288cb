"""MIDI systems by name with remedies for failures; JACK's library and servers; quiet libraries."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.midi.port_names import Decoration


@dataclass(frozen=True, slots=True)
class MidiSystem:
    """A MIDI system: RtMidi's name for it, what to do when it does not open, and what is
    appended to its ports' names."""

    api: str
    virtual_ports: bool
    remedy: str
    decoration: Decoration = Decoration.NONE


SYSTEMS: Final = {
    "alsa": MidiSystem(
        "LINUX_ALSA",
        True,
        "ALSA's sequencer does not open: `sudo modprobe snd-seq`, and in a container pass "
        "/dev/snd through",
        Decoration.ADDRESS,
    ),
    "jack": MidiSystem(
        "UNIX_JACK",
        True,
        "no JACK server runs: start one (`jackd -d alsa`, or `jackd -d dummy` without a "
        "sound card) and try again",
    ),
    "coremidi": MidiSystem(
        "MACOSX_CORE", True, "CoreMIDI does not open: `sudo killall coreaudiod` restarts it"
    ),
    "winmm": MidiSystem(
        "WINDOWS_MM",
        False,
        "Windows MIDI does not open: restart the Windows Audio service",
        Decoration.POSITION,
    ),
}
BY_PLATFORM: Final = {"darwin": ("coremidi",), "win32": ("winmm",)}
LINUX_SYSTEMS: Final = ("alsa", "jack")


def jack_server_id() -> str:
    """Id of the running JACK server of the environment's name, else of PipeWire, which may stand in
    for one; empty when none runs or on other systems than Linux.

    It is the inode of the socket that the server listens on, so it differs after a restart. It
    is needed because a client does not notice the end of its server: it goes on listing ports
    from shared memory.
    """
    name = os.environ.get("JACK_DEFAULT_SERVER") or "default"
    wanted = (f"/jack_{name}_", "/" + (os.environ.get("PIPEWIRE_REMOTE") or "pipewire-0"))
    try:
        lines = Path("/proc/net/unix").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    sockets = [fields for line in lines if len(fields := line.split(maxsplit=7)) == 8]
    for part in wanted:
        for fields in sockets:
            if fields[3] == _LISTENING and part in fields[7]:
                return fields[6]
    return ""


_LISTENING: Final = "00010000"
"""Flags of a listening socket in ``/proc/net/unix``."""
_JACK_LIBRARY: Final = "libjack.so.0"


def share_jack_library() -> None:
    """Make a driver that is imported from now on use the system's JACK library (Linux).

    Wheels carry one of their own, and a server refuses a client of another protocol: JACK 1.9.14 in
    supriya-midi and rtmidi2 speaks 8, servers from 1.9.15 on speak 9. PipeWire's JACK is reached
    through its library alone. Where the system has none, the wheel's is used.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            ctypes.CDLL(_JACK_LIBRARY, ctypes.RTLD_GLOBAL)


def silence_jack() -> None:
    """Keep the JACK libraries that are loaded from writing to the terminal, where our screen is,
    when their server ends.

    Their messages go to a C function without effect (``strlen``); a Python callback would wait for
    the interpreter lock in JACK's own thread.
    """
    try:
        maps = Path("/proc/self/maps").read_text(errors="replace")
        sink = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p)
        for path in {x.split(maxsplit=5)[5] for x in maps.splitlines() if "/libjack" in x}:
            library = ctypes.CDLL(path)
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
