"""Requests to a script inside a DAW, by files in a folder that both know.

A DAW's script cannot listen on a network, but it can read a file ten times a second. ``request``
holds one request; the script removes it when it begins, and answers in ``answer-ID``. Both are
written whole and renamed. A request is lines of words, and ends with ``end``::

    latent-bridge 1
    id 4242-1
    time 1764370000
    do print
    ...
    end

Nothing in it is ever executed. A script ignores a request older than :data:`STALE_SECONDS`.
"""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from bridge.live.daw.clips import ClipSet
from bridge.live.daw.daw import DawError, DawMarker, DawPosition, Printed

HEADER: Final = "latent-bridge 1"
STALE_SECONDS: Final = 20
REPLY_SECONDS: Final = 5.0
"""Longest wait for a script's answer; a DAW may stand still for a while as it saves."""
ASK_SECONDS: Final = 1.5
"""Longest wait for the answer to what is asked often, or of a DAW that may be absent."""
POLL_SECONDS: Final = 0.02
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_IDENT: Final = re.compile(r"\d+-\d+")
_NUMBERS: Final = itertools.count(1)


class ScriptedDaw:
    """A DAW in which our script runs, reached through the files of ``folder``.

    ``hint`` says how to start the script. ``clock`` and ``wait`` are for tests.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        hint: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._folder, self._hint = folder, hint
        self._clock, self._wait = clock, wait
        _tidy(folder)

    def position(self) -> DawPosition:
        """The position now."""
        return position_of(self.ask(["do position"], ASK_SECONDS))

    def markers(self) -> tuple[DawMarker, ...]:
        """The markers of the song."""
        lines = self.ask(["do markers"], ASK_SECONDS)
        return tuple(markers_of(lines))

    def print_clips(self, clips: ClipSet) -> Printed:
        """Have the script insert clips: all or none."""
        answer = self.ask(print_lines(clips), REPLY_SECONDS)
        where = next((line[6:] for line in answer if line.startswith("where ")), "")
        items = tuple(line[5:] for line in answer if line.startswith("item "))
        if not where or not items:
            raise DawError(f"{self.name} answered nonsense: install our script again")
        return Printed(clips.name, where, items)

    def undo(self, printed: Printed) -> str:
        """Have the script take a print out again."""
        self.ask(["do undo", *(f"item {item}" for item in printed.items)], REPLY_SECONDS)
        return f"taken back: {printed.name} ({printed.where})"

    def close(self) -> None:
        """Nothing to close."""

    def ask(
        self, lines: Iterable[str], seconds: float, at_work: float = REPLY_SECONDS
    ) -> list[str]:
        """Send a request and return the lines of its answer after ``ok``.

        DawError where it is not begun within ``seconds``, or not done ``at_work`` seconds later,
        or where the script answers an error.
        """
        ident = f"{os.getpid()}-{next(_NUMBERS)}"
        request, answer = self._folder / "request", self._folder / f"answer-{ident}"
        end = self._clock() + seconds
        while request.exists() and self._clock() < end:  # another program's
            self._wait(POLL_SECONDS)
        text = "\n".join((HEADER, f"id {ident}", f"time {int(time.time())}", *lines, "end", ""))
        self._send(request, text)
        while not answer.exists() and self._clock() < end:
            self._wait(POLL_SECONDS)
        if not answer.exists() and not self._begun(request, ident):
            raise DawError(f"{self.name} does not answer: {self._hint}")
        return self._read(answer, at_work)

    def _send(self, request: Path, text: str) -> None:
        try:
            put(request, text)
        except OSError as error:
            raise DawError(f"{self._folder}: cannot be written ({error.strerror})") from error

    def _begun(self, request: Path, ident: str) -> bool:
        """Take our request back; True if the script has begun it, and may answer yet."""
        with suppress(OSError, ValueError):
            if f"id {ident}\n" in request.read_text("utf-8"):
                request.unlink()
                return False
        return True

    def _read(self, answer: Path, seconds: float) -> list[str]:
        end = self._clock() + seconds
        while not answer.exists() and self._clock() < end:
            self._wait(POLL_SECONDS)
        try:
            lines = answer.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise DawError(
                f"{self.name} went away while it worked: look there whether anything was printed"
            ) from error
        with suppress(OSError):
            answer.unlink()
        if len(lines) < 3 or lines[0] != HEADER or lines[-1] != "end":
            raise DawError(f"{self.name} answered nonsense: install our script again")
        if lines[1] != "ok":
            raise DawError(f"{self.name}: {lines[1].removeprefix('error ')}")
        return lines[2:-1]


def _tidy(folder: Path) -> None:
    """Remove answers that nobody has fetched."""
    for answer in folder.glob("answer-*"):
        with suppress(OSError):
            if time.time() - answer.stat().st_mtime > STALE_SECONDS:
                answer.unlink()


def put(path: Path, text: str) -> None:
    """Write a file whole and rename it; it is not brought to the disk, for it lives a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


# --- lines --------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def print_lines(clips: ClipSet) -> list[str]:
    """The request to print: times in ticks, 960 a quarter note."""
    lines = [
        "do print",
        f"name {one_line(clips.name)}",
        f"at {'cursor' if clips.start is None else clips.start}",
        f"length {clips.length}",
        f"bpm {clips.bpm:.6f}",
    ]
    for clip in clips.clips:
        lines.append(f"clip {clip.channel} {clip.track}")
        lines += [f"note {n.tick} {n.length} {n.pitch} {n.velocity}" for n in clip.notes]
    return lines


def position_of(lines: Iterable[str]) -> DawPosition:
    """The position that a script answered. DawError for what is none."""
    found = dict(line.split(" ", 1) for line in lines if " " in line)
    try:
        loop = tuple(float(word) for word in found.get("loop", "").split())
        numerator, denominator = (int(word) for word in found["metre"].split())
        if numerator < 1 or denominator < 1:
            raise ValueError("a metre of nothing")
        return DawPosition(
            playing=found["playing"] == "1",
            tempo=float(found["tempo"]),
            beat=float(found["beat"]),
            bar=int(found["bar"]),
            bar_beat=float(found["bar_beat"]),
            numerator=numerator,
            denominator=denominator,
            loop=(loop[0], loop[1]) if len(loop) == 2 and loop[0] < loop[1] else None,
            song=found.get("song", ""),
        )
    except (KeyError, ValueError) as error:
        raise DawError(
            f"its position makes no sense ({error}): install our script again"
        ) from error


def markers_of(lines: Iterable[str]) -> Iterator[DawMarker]:
    """The markers that a script answered, in order; lines that are none are passed over."""
    found: list[DawMarker] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        beat, _, text = rest.partition(" ")
        if word == "marker" and text:
            with suppress(ValueError):
                found.append(DawMarker(float(beat), text))
    yield from sorted(found, key=lambda marker: marker.beat)


# --- the other side -----------------------------------------------------------------------


def taken_request(folder: Path) -> tuple[str, dict[str, str]] | None:
    """The request that waits in a folder, as a script would take it: its id, and its words with
    the rest of their lines. None if there is none that is whole and new."""
    request = folder / "request"
    try:
        lines = request.read_text("utf-8").splitlines()
        request.unlink()
    except (OSError, ValueError):
        return None
    if not lines or lines[0] != HEADER or lines[-1] != "end":
        return None
    found = dict(line.partition(" ")[::2] for line in lines[1:-1])
    with suppress(KeyError, ValueError):
        if abs(time.time() - int(found["time"])) <= STALE_SECONDS and _IDENT.fullmatch(found["id"]):
            return found["id"], found
    return None


def answer_request(folder: Path, ident: str, lines: Iterable[str]) -> None:
    """Answer a request: ``ok`` or ``error WHY`` first."""
    text = "\n".join((HEADER, *map(one_line, lines), "end", ""))
    with suppress(OSError):
        put(folder / f"answer-{ident}", text)
