"""An output whose port can be changed while the band plays, without a note lost or left hanging."""

from __future__ import annotations

import contextlib

from bridge.midi.messages import CC_PEDAL, CONTROL, NOTE_OFF, NOTE_ON
from bridge.midi.ports import Out

CHANNELS = 16


class RoutedOut:
    """An :class:`~bridge.midi.ports.Out` that leads to another one.

    After :meth:`lead_to` new notes go to the new port, while the notes that sound on the old one
    end there; when the last has ended the old port is closed, unless it is to be kept, as the
    first one is. The change is made by :meth:`send`, in the thread that sends.
    """

    def __init__(self, target: Out) -> None:
        self.target = target
        self._kept = {id(target)}
        self._wanted: tuple[Out, bool] | None = None
        self._leaving: list[tuple[Out, set[tuple[int, int]]]] = []
        self._sounding: set[tuple[int, int]] = set()

    @property
    def name(self) -> str:
        """The port's name."""
        return (self._wanted[0] if self._wanted else self.target).name

    @property
    def connected(self) -> bool:
        """The port's connection state."""
        return (self._wanted[0] if self._wanted else self.target).connected

    def lead_to(self, target: Out, *, keep: bool = False) -> None:
        """Send to another port from the next message on; ``keep`` it open when it is left again."""
        self._wanted = target, keep

    def send(self, message: bytes) -> None:
        """Send a message; the end of a note goes where the note went."""
        if self._wanted is not None:
            self._change()
        kind = message[0] & 0xF0
        ends = kind == NOTE_OFF or (kind == NOTE_ON and not message[2])
        if kind not in (NOTE_ON, NOTE_OFF):
            self.target.send(message)
            return
        key = message[0] & 0x0F, message[1]
        if not ends:
            self._sounding.add(key)
            self.target.send(message)
        elif key in self._sounding or not self._ended_elsewhere(key, message):
            self._sounding.discard(key)
            self.target.send(message)

    def _change(self) -> None:
        assert self._wanted is not None
        (target, keep), self._wanted = self._wanted, None
        if keep:
            self._kept.add(id(target))
        for channel in range(CHANNELS):  # no pedal holds what is left behind
            self.target.send(bytes((CONTROL | channel, CC_PEDAL, 0)))
        self._leaving.append((self.target, self._sounding))
        self.target, self._sounding = target, set()
        self._close_silent()

    def _ended_elsewhere(self, key: tuple[int, int], message: bytes) -> bool:
        """Send the end of a note that sounds on a port left earlier; False if none has it."""
        for port, sounding in self._leaving:
            if key in sounding:
                sounding.discard(key)
                port.send(message)
                self._close_silent()
                return True
        return False

    def _close_silent(self) -> None:
        """Close the ports left earlier on which nothing sounds any more."""
        for port, sounding in self._leaving:
            if not sounding and id(port) not in self._kept and port is not self.target:
                with contextlib.suppress(Exception):
                    port.close()
        self._leaving = [(port, sounding) for port, sounding in self._leaving if sounding]

    def close(self) -> None:
        """Close the port, and those on which notes still sound."""
        for port in (self.target, *(port for port, _ in self._leaving)):
            port.close()


def port_of(out: Out) -> Out:
    """The port behind an output that can be led elsewhere; any other output itself."""
    return out.target if isinstance(out, RoutedOut) else out
