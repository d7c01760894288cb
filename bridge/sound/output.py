"""Live sound on the engine's side: ordinary outputs and a switch.

``Sound`` controls the sound process: it starts it, sends it messages from a thread of its own (so
that a hung process never delays a note), and restarts it when it ends.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final

from bridge.midi.messages import panic_messages
from bridge.midi.ports import Out
from bridge.music.notes import Part
from bridge.sound.messages import (
    PARTS,
    Close,
    DeviceOpened,
    FromSound,
    Load,
    Open,
    Play,
    Ready,
    SoundFailed,
    SoundNotice,
    ToSound,
    WatchLevel,
)
from bridge.system.ipc import Channel, read_into, reap, spawn
from bridge.system.program_log import log_path

NAME: Final = "sound"
"""Reserved port name of the program's own sound."""
MODULE: Final = "bridge.sound"
CLOSE_SECONDS: Final = 2.0
BACK_OFF: Final = (0.5, 2.0, 5.0)
"""Seconds before each restart in a row; the last applies to all further ones."""
MAX_QUEUED: Final = 2000
"""Waiting messages from which the process counts as hung and is restarted."""


class Sound:
    """The sound process, off until :meth:`switch`. ``say`` gets notices for the player, from a
    thread.

    In the list of ports :attr:`name` is the device, ``off`` when switched off.
    """

    def __init__(
        self,
        asked: Open,
        say: Callable[[str], None] = lambda text: None,
        module: str = MODULE,
    ) -> None:
        self.load: Load | None = None
        self.opened: DeviceOpened | None = None
        self.ready = threading.Event()
        self.failed = ""
        self.on = False
        self.say = say
        self._asked, self._module = asked, module
        self._queue: SimpleQueue[Play | WatchLevel | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: Channel[ToSound, Any] | None = None
        self._losses = 0
        self._writer = threading.Thread(target=self._write, name="sound", daemon=True)
        self._writer.start()

    # --- as a port ------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The device's name, or ``off``, ``starting``, or ``none`` after a failure."""
        if not self.on:
            return "off"
        return self.opened.device if self.opened else "none" if self.failed else "starting"

    @property
    def connected(self) -> bool:
        """False only when it is on and has failed."""
        return not self.on or not self.failed

    def out(self, part: Part) -> Out:
        """An output that plays this part."""
        return SoundOut(self, PARTS.index(part))

    def send(self, part: int, message: bytes) -> None:
        """Play a message now. Never blocks, never raises."""
        if self.on and self._channel is not None:
            self._queue.put(Play(time.perf_counter(), part, message))

    @property
    def peak(self) -> float:
        """The peak (0..1 of full scale) of the last report; 0 while it is off."""
        return self.load.peak if self.on and self.load is not None else 0.0

    def watch_level(self) -> None:
        """Have the level reported often, for a moment."""
        if self.on and self._channel is not None:
            self._queue.put(WatchLevel())

    # --- the switch -------------------------------------------------------------------------

    def switch(self, on: bool) -> None:
        """Turn sound on or off; off is silent at once. Turning on retries after a failure."""
        if on:
            self.failed, self._losses = "", 0
            self.on = True
            with self._lock:
                if self._child is None:
                    self._start()
        else:
            for part in range(len(PARTS)):
                for message in panic_messages(()):
                    self.send(part, message)
            self.on = False

    def close(self) -> None:
        """End the process, which fades out."""
        self._closing.set()
        self._queue.put(None)
        self._writer.join(CLOSE_SECONDS)  # queued messages are sent first
        with self._lock:
            child, channel, self._channel = self._child, self._channel, None
        if channel is not None and child is not None:
            if self._writer.is_alive():  # the process no longer reads
                child.kill()
            with contextlib.suppress(EOFError):
                channel.send(Close())
            reap(child, CLOSE_SECONDS)

    # --- the process ------------------------------------------------------------------------

    def _start(self) -> None:
        """Start the process. The caller holds the lock."""
        if self._closing.is_set():
            return
        self._child, channel = spawn(self._module, [], FromSound, log=log_path())
        self._channel = channel
        with contextlib.suppress(EOFError):
            channel.send(self._asked)
        child = self._child
        read_into(channel, self._on_child_message, lambda: self._ended(child, channel))

    def _write(self) -> None:
        while (message := self._queue.get()) is not None:
            channel = self._channel
            if channel is not None:
                with contextlib.suppress(EOFError, ValueError):
                    channel.send(message)

    def _on_child_message(self, message: FromSound) -> None:
        if isinstance(message, DeviceOpened):
            self.opened = message
        elif isinstance(message, Load):
            self.load, self._losses = message, 0
            if self._queue.qsize() > MAX_QUEUED and self._child is not None:
                self._child.kill()
        elif isinstance(message, SoundNotice):
            self.say(message.text)
        elif isinstance(message, SoundFailed):
            self.failed = message.text
            self.say(f"no sound: {message.text}")
        elif isinstance(message, Ready):
            self.ready.set()

    def _ended(self, child: subprocess.Popen[bytes], channel: Channel[ToSound, Any]) -> None:
        """Handle the end of the process, in the reader's thread."""
        with self._lock:
            if self._child is child:
                self._child = self._channel = None
        if self._closing.is_set():
            return
        self.opened = None
        self.ready.clear()
        reap(child, CLOSE_SECONDS)
        with contextlib.suppress(OSError):
            channel.close()
        if self.failed or not self.on:
            return
        self._losses += 1
        if self._losses == 1:
            self.say("the sound stopped; trying again")
        if self._closing.wait(BACK_OFF[min(self._losses, len(BACK_OFF)) - 1]):
            return
        with self._lock:
            if self._child is None and self.on and not self.failed:
                self._start()


class SoundOut:
    """One part's output through live sound: an :class:`~bridge.midi.ports.Out`."""

    def __init__(self, sound: Sound, part: int) -> None:
        self._sound, self._part = sound, part

    @property
    def name(self) -> str:
        """The port's reserved name."""
        return NAME

    @property
    def connected(self) -> bool:
        """True if sound is off or works."""
        return self._sound.connected

    def send(self, message: bytes) -> None:
        """Play a message now."""
        self._sound.send(self._part, message)

    def close(self) -> None:
        """No effect: the sound process closes for all parts together."""


class TeeOut:
    """An output that sends to a port and plays through live sound as well."""

    def __init__(self, port: Out, heard: Out) -> None:
        self._port, self._on_child_message = port, heard

    @property
    def name(self) -> str:
        """The port's name."""
        return self._port.name

    @property
    def connected(self) -> bool:
        """The port's connection state."""
        return self._port.connected

    def send(self, message: bytes) -> None:
        """Send a message to both outputs."""
        self._port.send(message)
        self._on_child_message.send(message)

    def close(self) -> None:
        """Close the port."""
        self._port.close()
