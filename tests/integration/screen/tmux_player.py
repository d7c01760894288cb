"""A player in a terminal: the real program in tmux, its keys and mouse, what its screen says, and
what its engine says of itself by OSC, which the screen has no part in."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from pythonosc.osc_packet import OscPacket

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0
"""Seconds, reached only where the test fails."""
LOOK = 0.08
"""Seconds between two looks at the screen."""
STROKE = 0.03
"""Seconds between two keys of a hand."""
OWN_HOME = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
            "XDG_MUSIC_DIR", "LATENT_BRIDGE_HISTORY", "LATENT_BRIDGE_STYLES",
            "LATENT_BRIDGE_TAKES", "COLUMNS", "LINES")  # fmt: skip
"""Variables that the program finds a person's own files by, which the player has only in its home,
and those that would stand above the size of its window."""
Value = float | str


class Engine:
    """The engine's own account: the newest value of each address, by OSC."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port = int(self._socket.getsockname()[1])
        self.values: dict[str, Value] = {}
        self._open = True
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while self._open:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            for timed in OscPacket(data).messages:
                self.values[timed.message.address] = timed.message.params[0]

    def close(self) -> None:
        """Hear no more."""
        self._open = False
        self._thread.join(1.0)
        self._socket.close()


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class TmuxPlayer:
    """The program in a window of ``size`` (columns, rows), with an empty home of its own.

    ``arguments`` are the program's; ``engine`` has what the engine tells by OSC, where ``osc`` is
    asked for.
    """

    def __init__(
        self, home: Path, arguments: Sequence[str], size: tuple[int, int] = (120, 40), *,
        osc: bool = True, environment: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.home, self.size = home, size
        self.engine = Engine()
        self._server = f"lb{uuid.uuid4().hex[:10]}"
        told = ["--osc", str(free_port()), "--osc-out", str(self.engine.port)] if osc else []
        own = {"PYTHONPATH": str(ROOT), "HOME": str(home), **(environment or {})}
        unset = [word for name in OWN_HOME if name not in own for word in ("-u", name)]
        program = ["env", *unset, *(f"{k}={v}" for k, v in own.items()),
                   sys.executable, "-m", "bridge", *arguments, *told]  # fmt: skip
        line = f"{shlex.join(program)}; echo left with $?; exec cat"
        self._tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), line)
        self.began = time.monotonic()

    # --- what is there ----------------------------------------------------------------------

    def screen(self) -> str:
        """The text in the window."""
        return self._tmux("capture-pane", "-p")

    def value(self, name: str) -> Value | None:
        """The engine's newest value of an address below ``/latent/``; None if it has not yet."""
        return self.engine.values.get(f"/latent/{name}")

    def until(self, true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Wait until something is true."""
        end = time.monotonic() + patience
        while not true():
            assert time.monotonic() < end, f"{what}\n{self.screen()}\n{self._shown_values()}"
            time.sleep(LOOK)

    def sees(self, *texts: str, patience: float = PATIENCE) -> None:
        """Wait until the screen shows all of these texts."""
        self.until(
            lambda: all(text in self.screen() for text in texts), f"not shown: {texts}", patience
        )

    def sees_no(self, text: str) -> None:
        """Wait until the screen does not show a text."""
        self.until(lambda: text not in self.screen(), f"still shown: {text}")

    def tells(self, name: str, value: Value, patience: float = PATIENCE) -> None:
        """Wait until the engine says that an address has this value (numbers within 1/100)."""

        def same() -> bool:
            found = self.value(name)
            if isinstance(value, str) or not isinstance(found, int | float):
                return found == value
            return abs(found - value) < 0.01

        self.until(same, f"the engine does not say {name} = {value}", patience)

    def place(self, text: str) -> tuple[int, int]:
        """The column and row (from 0) of a text on the screen."""
        for row, line in enumerate(self.screen().splitlines()):
            if text in line:
                return line.index(text), row
        raise AssertionError(f"not on the screen: {text}\n{self.screen()}")

    @property
    def left(self) -> bool:
        """True once the program has ended."""
        return "left with" in self.screen()

    def _shown_values(self) -> str:
        values = self.engine.values
        told = (f"{name.removeprefix('/latent/')}={values[name]}" for name in sorted(values))
        return ", ".join(text for text in told if not text.endswith(("=0.0", "=")))

    # --- what the player does ---------------------------------------------------------------

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names, one after another."""
        for name in names:
            self._tmux("send-keys", name)
            time.sleep(STROKE)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """Paste a text, as terminals do it: one event, where typing is one for each key."""
        self.raw(f"\x1b[200~{text}\x1b[201~")

    def raw(self, sequence: str) -> None:
        """Send what a terminal would: a sequence of bytes."""
        self._tmux("send-keys", "-H", *(f"{byte:02x}" for byte in sequence.encode()))

    def click(self, column: int, row: int, button: int = 0) -> None:
        """Press and release a mouse button (0 left, 2 right) on a cell."""
        self.mouse_down(column, row, button)
        self.mouse_up(column, row, button)

    def mouse_down(self, column: int, row: int, button: int = 0) -> None:
        """Press a mouse button on a cell."""
        self.raw(f"\x1b[<{button};{column + 1};{row + 1}M")

    def mouse_up(self, column: int, row: int, button: int = 0) -> None:
        """Release a mouse button on a cell."""
        self.raw(f"\x1b[<{button};{column + 1};{row + 1}m")

    def click_text(self, text: str, button: int = 0, *, right: int = 1) -> None:
        """Click a text on the screen, ``right`` of its beginning."""
        column, row = self.place(text)
        self.click(column + right, row, button)

    def wheel(self, column: int, row: int, *, up: bool) -> None:
        """Turn the wheel over a cell."""
        self.raw(f"\x1b[<{64 if up else 65};{column + 1};{row + 1}M")

    def command(self, words: str, title: str = "") -> None:
        """Find a command by the palette, see that its first line is ``title`` (the words, unless
        given), and run it."""
        self.keys(":")
        self.sees("Search for commands")
        self.paste(words)
        self.until(lambda: first_offer(self.screen()) == (title or words), f"offered: {title}")
        self.keys("Enter")
        self.sees_no("🔎")

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))
        self.size = columns, rows

    def close(self) -> None:
        """End the program and its terminal."""
        self.keys("C-q")
        end = time.monotonic() + 10.0
        while not self.left and time.monotonic() < end:
            time.sleep(LOOK)
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False)
        self.engine.close()

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._server, "-f", os.devnull, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        return done.stdout


def first_offer(screen: str) -> str:
    """The title of the palette's first line; empty while there is none."""
    lines = screen.splitlines()
    field = next((row for row, line in enumerate(lines) if "🔎" in line), None)
    below = [] if field is None else lines[field + 1 :]
    return next((line.strip() for line in below if line.strip(" ▁▔")), "")


def has_tmux() -> bool:
    """True where tmux is installed."""
    return shutil.which("tmux") is not None
