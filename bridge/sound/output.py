"""Live sound as the engine sees it: outputs like any other, and a switch.

``Sound`` is the sound process from outside: it starts it, hands it messages from a thread of
its own (a process that hangs never holds up a note), starts it again when it dies.
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
    Failed,
    FromSound,
    Load,
    Open,
    Opened,
    Play,
    Ready,
    Said,
    ToSound,
)
from bridge.system.ipc import Channel, read_into, reap, spawn

NAME: Final = "sound"
"""As a port's name: the program's own sound."""
MODULE: Final = "bridge.sound"
CLOSE_SECONDS: Final = 2.0
BACK_OFF: Final = (0.5, 2.0, 5.0)
"""Seconds before it is started again in a row of deaths; the last one goes on."""
MOST_WAITING: Final = 2000
"""Messages to a process that takes none: it hangs, and is started anew."""


class Sound:
    """The sound process, off until :meth:`switch`. ``say`` gets lines for the player, from a
    thread.

    As a port of the ports' list: :attr:`name` is the device, ``off`` when switched off.
    """

    def __init__(
        self,
        asked: Open,
        say: Callable[[str], None] = lambda text: None,
        module: str = MODULE,
    ) -> None:
        self.load: Load | None = None
        self.opened: Opened | None = None
        self.ready = threading.Event()
        self.failed = ""
        self.on = False
        self.say = say
        self._asked, self._module = asked, module
        self._queue: SimpleQueue[Play | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: Channel[ToSound, Any] | None = None
        self._deaths = 0
        self._writer = threading.Thread(target=self._write, name="sound", daemon=True)
        self._writer.start()

    # --- as a port ------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What sounds where."""
        if not self.on:
            return "off"
        return self.opened.device if self.opened else "none" if self.failed else "starting"

    @property
    def connected(self) -> bool:
        """False only where it was asked for and does not work."""
        return not self.on or not self.failed

    def out(self, part: Part) -> Out:
        """An output on which this part is heard."""
        return SoundOut(self, PARTS.index(part))

    def send(self, part: int, message: bytes) -> None:
        """Have a message played, now. Never blocks, never raises."""
        if self.on and self._channel is not None:
            self._queue.put(Play(time.perf_counter(), part, message))

    # --- the switch -------------------------------------------------------------------------

    def switch(self, on: bool) -> None:
        """Turn it on or off; off is silent at once. What failed before is tried again."""
        if on:
            self.failed, self._deaths = "", 0
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
        """End the process; it fades out by itself."""
        self._closing.set()
        self._queue.put(None)
        self._writer.join(CLOSE_SECONDS)  # what was sent before is heard before
        with self._lock:
            child, channel, self._channel = self._child, self._channel, None
        if channel is not None and child is not None:
            if self._writer.is_alive():  # it takes nothing any more
                child.kill()
            with contextlib.suppress(EOFError):
                channel.send(Close())
            reap(child, CLOSE_SECONDS)

    # --- the process ------------------------------------------------------------------------

    def _start(self) -> None:
        """Start it. With the lock."""
        if self._closing.is_set():
            return
        self._child, channel = spawn(self._module, [], FromSound)
        self._channel = channel
        with contextlib.suppress(EOFError):
            channel.send(self._asked)
        child = self._child
        read_into(channel, self._heard, lambda: self._ended(child, channel))

    def _write(self) -> None:
        while (message := self._queue.get()) is not None:
            channel = self._channel
            if channel is not None:
                with contextlib.suppress(EOFError, ValueError):
                    channel.send(message)

    def _heard(self, message: FromSound) -> None:
        if isinstance(message, Opened):
            self.opened = message
        elif isinstance(message, Load):
            self.load, self._deaths = message, 0
            if self._queue.qsize() > MOST_WAITING and self._child is not None:
                self._child.kill()
        elif isinstance(message, Said):
            self.say(message.text)
        elif isinstance(message, Failed):
            self.failed = message.text
            self.say(f"no sound: {message.text}")
        elif isinstance(message, Ready):
            self.ready.set()

    def _ended(self, child: subprocess.Popen[bytes], channel: Channel[ToSound, Any]) -> None:
        """In the reader's thread: the process is gone."""
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
        self._deaths += 1
        if self._deaths == 1:
            self.say("the sound stopped; trying again")
        if self._closing.wait(BACK_OFF[min(self._deaths, len(BACK_OFF)) - 1]):
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
        """Whether it is on and works."""
        return self._sound.connected

    def send(self, message: bytes) -> None:
        """Play a message now."""
        self._sound.send(self._part, message)

    def close(self) -> None:
        """Nothing: the sound closes for all parts together."""


class Both:
    """An output that is heard as well: what goes to a port of ours is played, too."""

    def __init__(self, port: Out, heard: Out) -> None:
        self._port, self._heard = port, heard

    @property
    def name(self) -> str:
        """The port's."""
        return self._port.name

    @property
    def connected(self) -> bool:
        """Whether the port is there."""
        return self._port.connected

    def send(self, message: bytes) -> None:
        """Send it, and have it heard."""
        self._port.send(message)
        self._heard.send(message)

    def close(self) -> None:
        """Close the port."""
        self._port.close()
