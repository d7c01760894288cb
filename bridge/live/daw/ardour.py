"""Ardour: clips by our script in its session, or by ``mcp_http``; transport and bar by OSC too.

Sources: manual.ardour.org, "Controlling Ardour with OSC"; github.com/Ardour/ardour,
``libs/surfaces/osc/osc.cc`` and ``osc_global_observer.cc``. Ardour's OSC has transport, loop
and bar, but neither tempo nor metre: these come from the script or from ``mcp_http``.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

from bridge.errors import BridgeError
from bridge.live.daw.ardour_mcp import ArdourMcp
from bridge.live.daw.clips import ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed
from bridge.live.daw.exchange import ScriptedDaw
from bridge.live.daw.install import exchange_folder
from bridge.live.daw.osc_peer import OscMessage, OscPeer

OSC_PORT: Final = 3819
FEEDBACK: Final = 8 + 16 + 32
"""Feedback of Ardour's OSC: a heartbeat each second (bit 3), buttons of the transport (bit 4), bar
and beat (bit 5)."""
OSC_SECONDS: Final = 0.2
SILENT_SECONDS: Final = 5.0
"""Silence after which Ardour's OSC counts as gone, and is asked for feedback again."""
HINT: Final = (
    "open a session, and add our script once: latent-bridge daw install ardour; or switch on "
    "Preferences > Control Surfaces > MCPHttp where it is there"
)
_BBT: Final = re.compile(r"(-?\d+)\|(\d+)\|(\d+)")
TICKS: Final = 1920
"""Ardour's ticks of a beat."""


class ArdourTransport:
    """The transport as Ardour's OSC feedback tells it: what has changed since it was asked."""

    def __init__(self, port: int = OSC_PORT) -> None:
        self._peer = OscPeer("Ardour", port)
        self._heard: dict[str, Any] = {}
        self._active = -SILENT_SECONDS

    def overlaid(self, position: DawPosition) -> DawPosition:
        """A position with the transport and the bar of the latest feedback."""
        now = time.monotonic()
        news = self._peer.drain()
        if news:
            self._active = now
        elif now - self._active > SILENT_SECONDS:
            self._active = now
            self._heard.clear()
            self._peer.send("/set_surface", 0, 0, FEEDBACK, 0)
            first = self._peer.receive(now + OSC_SECONDS)
            news = [] if first is None else [first, *self._peer.drain()]
        for message in news:
            self._take(message)
        return replace(position, **self._heard)

    @property
    def heard(self) -> bool:
        """True if Ardour's OSC answers."""
        return bool(self._heard)

    def _take(self, message: OscMessage) -> None:
        value = message.arguments[0] if message.arguments else None
        if message.address == "/transport_play" and isinstance(value, int | float):
            self._heard["playing"] = value > 0
        elif message.address == "/loop_toggle" and value == 0:
            self._heard["loop"] = None
        elif message.address == "/loop_toggle":
            self._heard.pop("loop", None)  # its range is the script's to say
        elif message.address == "/position/bbt":
            found = _BBT.fullmatch(str(value).strip())
            if found:
                bar, beat, ticks = map(int, found.groups())
                self._heard |= {"bar": bar, "bar_beat": beat + ticks / TICKS}

    def close(self) -> None:
        """Close the socket."""
        self._peer.close()


class Printer(Protocol):
    """The part of a :class:`Daw` that prints and knows the position."""

    def position(self) -> DawPosition:
        """The position now."""

    def markers(self) -> tuple[DawMarker, ...]:
        """The markers of the song."""

    def print_clips(self, clips: ClipSet) -> Printed:
        """Print clips."""

    def undo(self, printed: Printed) -> str:
        """Take a print back."""


class Ardour:
    """Ardour 7 and later on this machine: through ``mcp_http`` where it answers, else through our
    script; with OSC for the transport where that is switched on."""

    name = "Ardour"

    def __init__(
        self,
        script: Printer | None = None,
        mcp: ArdourMcp | None = None,
        transport: ArdourTransport | None = None,
    ) -> None:
        self._script = script or ScriptedDaw(self.name, exchange_folder("ardour"), HINT)
        self._mcp = mcp or ArdourMcp()
        self._transport = transport
        if transport is None:
            with suppress(BridgeError):  # no python-osc: the script is enough
                self._transport = ArdourTransport()
        self._printer: Printer | None = None

    def position(self) -> DawPosition:
        """The position: from whatever answers, with the transport by OSC."""
        found, why = DawPosition(numerator=0), None
        try:
            found = self._answering().position()
        except DawError as error:
            why, self._printer = error, None
        if self._transport is not None:
            found = self._transport.overlaid(found)
        if why is not None and not (self._transport and self._transport.heard):
            raise why
        return found

    def markers(self) -> tuple[DawMarker, ...]:
        """The markers of the session."""
        return self._answering().markers()

    def print_clips(self, clips: ClipSet) -> Printed:
        """Print by what answers."""
        return self._answering().print_clips(clips)

    def undo(self, printed: Printed) -> str:
        """Take a print back by what answers."""
        return self._answering().undo(printed)

    def close(self) -> None:
        """Close the OSC socket."""
        if self._transport is not None:
            self._transport.close()

    def _answering(self) -> Printer:
        """The way that answered last; else the script, if it answers, else ``mcp_http``."""
        if self._printer is None:
            self._printer = self._first_to_answer()
        return self._printer

    def _first_to_answer(self) -> Printer:
        if self._mcp.answers():
            return self._mcp
        self._script.position()
        return self._script
