"""A program that runs one of our scripts as a DAW would, told by lines and answering lines."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from bridge.live.daw.exchange import ScriptedDaw
from bridge.live.daw.install import script_text


class Region(NamedTuple):
    """A clip in the DAW: its track, name, place and length (the DAW's own units), and its notes."""

    track: str
    name: str
    place: tuple[str, ...]
    notes: list[tuple[float, ...]]


class ScriptHost:
    """The program, with our script for ``daw`` in it and requests in ``folder``."""

    def __init__(
        self, command: Sequence[str], daw: str, folder: Path, before: Sequence[str] = ()
    ) -> None:
        self.exchange = folder / "exchange with a 'name'"
        self.exchange.mkdir(parents=True, exist_ok=True)
        script = folder / f"{daw}.lua"
        script.write_text(script_text(daw, self.exchange), encoding="utf-8")
        self.child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        for line in (*before, str(script)):
            self._write(line)

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self._lines.put(line.rstrip("\n"))

    def _write(self, line: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(f"{line}\n")
        self.child.stdin.flush()

    def until(self, *ends: str, seconds: float = 40.0) -> list[str]:
        """The lines before one that begins so; raises Empty where none comes."""
        found: list[str] = []
        while not (line := self._lines.get(timeout=seconds)).startswith(ends):
            found.append(line)
        assert not line.startswith("failed"), line
        return found

    def do(self, words: str) -> list[str]:
        """Have it do something; the lines that it answers."""
        self._write(words)
        return self.until("done", "failed")

    def daw(self, name: str) -> ScriptedDaw:
        """The DAW as our program sees it; the DAW's timer runs while we wait for an answer."""
        return ScriptedDaw(name, self.exchange, "start it", wait=lambda _: self._tick())

    def _tick(self) -> None:
        self.do("serve")

    def close(self) -> None:
        """End it."""
        self.child.kill()
        self.child.wait()
        for end in (self.child.stdin, self.child.stdout):
            assert end is not None
            end.close()
