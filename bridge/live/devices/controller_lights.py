"""Feedback to a controller: its lights and motors show the values (see ``controllers.feedback``).

A thread reads the session's state thirty times a second and sends changes; the engine takes no
part in it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from bridge.controllers.bindings import Binding
from bridge.controllers.feedback import Feedback
from bridge.controllers.mapping_file import read_mapping
from bridge.errors import BridgeError
from bridge.midi.ports import Out
from bridge.session.handlers.target_actions import shown
from bridge.session.state.session_state import State
from bridge.system.clock import monotonic_seconds

LOOK_EVERY_SECONDS = 1 / 30


class ControllerLights:
    """Keeps a controller's lights and motors at the session's values.

    ``look`` returns the session's state; ``mapping`` the file of its bindings (None: none);
    ``open_out`` opens an output by a part of its name (PortError if there is none); ``say`` shows
    the player a line if there is no feedback. ``port`` is the input's name.
    """

    def __init__(
        self,
        look: Callable[[], State],
        mapping: Callable[[], Path | None],
        open_out: Callable[[str], Out],
        say: Callable[[str], None],
        port: str,
    ) -> None:
        self._look, self._mapping, self._open_out, self._say = look, mapping, open_out, say
        self._port = port
        self._feedback = Feedback()
        self._lock = threading.Lock()
        self._outs: dict[tuple[str, ...], Out | None] = {}
        self._out: Out | None = None
        self._connected = True
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and switch the lights off."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(1.0)
        if self._out is not None:
            for message in self._feedback.dark():
                self._out.send(message)

    def hears(self, message: bytes, at: float) -> bool:
        """Note a message of the controller; False if it is an echo of one of ours."""
        with self._lock:
            if self._feedback.is_echo(message, at):
                return False
            self._feedback = self._feedback.hear(message, at)
        return True

    def turn(self, at: float) -> None:
        """Read the state once, and send changes."""
        state = self._look()
        bindings = state.controllers.bindings.bindings
        if bindings is not self._feedback.bindings:
            self._rebind(bindings)
        out = self._out
        if out is None or not out.connected:
            self._connected = False
            return
        with self._lock:
            if not self._connected:  # plugged in again: all values are sent
                self._connected, self._feedback = True, self._feedback.rebound(bindings)
            targets = {binding.target for binding in bindings if binding.feedback}
            values = {target: shown(state, target) for target in targets}
            known = {target: value for target, value in values.items() if value is not None}
            self._feedback, messages = self._feedback.due(known, at)
        for message in messages:
            out.send(message)

    def _rebind(self, bindings: tuple[Binding, ...]) -> None:
        """Use other bindings: find their output, and send all values again."""
        wanted = any(binding.feedback for binding in bindings)
        out = self._find() if wanted else None
        with self._lock:
            self._out, self._feedback = out, self._feedback.rebound(bindings)

    def _find(self) -> Out | None:
        """The output that the mapping names; else one named like the input, or matched."""
        path = self._mapping()
        try:
            mapping = None if path is None else read_mapping(path)
        except BridgeError:  # the file is being edited: the bindings and the port stay
            return self._out
        if mapping is None:
            names: tuple[str, ...] = (self._port,)
        else:
            names = (mapping.feedback_port,) if mapping.feedback_port else (self._port,)
            names += () if mapping.feedback_port else mapping.match
        if names not in self._outs:
            self._outs[names] = self._open(names)
        return self._outs[names]

    def _open(self, names: tuple[str, ...]) -> Out | None:
        """The first of these outputs that exists; None, and a line for the player, if none does."""
        why = ""
        for name in names:
            try:
                return self._open_out(name)
            except BridgeError as error:
                why = why or str(error)
        self._say(f"no feedback to your controller: {why}")
        return None

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_SECONDS):
            self.turn(monotonic_seconds())
