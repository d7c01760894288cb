"""The DAW beside a live session: a thread that asks for its position and prints into it.

The engine hands it what to print and goes on; what comes of it is news for the session. Another
program (``latent-bridge print``) may ask for a print through the files of a folder.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

import msgspec

from bridge.errors import BridgeError
from bridge.live.daw.clips import EARLY_TICKS, ClipSet, cut
from bridge.live.daw.daw import Daw, DawMarker, DawPosition, Printed
from bridge.live.daw.exchange import answer_request, taken_request
from bridge.music.chords import NO_CHORD, parse_chord
from bridge.music.grid import FOUR_FOUR, TICKS_PER_BEAT, Metre
from bridge.session.messages.commands import Command, SetKey
from bridge.session.messages.daw import (
    DawStatus,
    FollowMarkers,
    PrintClips,
    PrintWhat,
    UndoPrint,
)
from bridge.session.recorder import Recorder
from bridge.session.recording.take import Take
from bridge.session.state.effects import PrintBand, TakeBackPrint

POLL_SECONDS: Final = 0.4
"""Time between two questions for the position."""
RETRY_SECONDS: Final = 2.0
"""Time between two tries to reach a DAW that does not answer."""
MARKER_SECONDS: Final = 3.0
"""Time between two readings of the DAW's markers."""
REQUEST_SECONDS: Final = 4.0
"""Longest wait for what comes of another program's request."""
CLOSING_SECONDS: Final = 7.0
"""Longest time to wait for a print that is under way at the end."""
MOST_BARS: Final = 256
"""Bars of chords that are read from markers at most."""
NOTHING_PRINTED: Final = "nothing has been printed yet, so nothing to take back"


@dataclass(frozen=True, slots=True)
class DawOptions:
    """The choice of what is taken over from the DAW: its key (``keys``), and chords that markers
    name (``chords``). ``folder`` is where other programs ask for prints (None: nowhere)."""

    keys: bool = True
    chords: bool = False
    folder: Path | None = None


class DawClient:
    """Prints into a DAW, and reports on it.

    ``connect`` opens the DAW, and is tried until it succeeds; ``tell`` takes commands for the
    session, ``report`` its news, ``say`` lines for the player; ``message`` gives the session's
    last line, ``metre`` the band's, ``whole`` the take with what has left the recorder's window.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Daw],
        tell: Callable[[Command], None],
        report: Callable[[DawStatus], None],
        say: Callable[[str], None],
        message: Callable[[], str] = str,
        options: DawOptions = DawOptions(),
        metre: Callable[[], Metre] = lambda: FOUR_FOUR,
        whole: Callable[[], Take | None] = lambda: None,
    ) -> None:
        self._connect, self._tell, self._report, self._say = connect, tell, report, say
        self._message, self._options, self._metre = message, options, metre
        self._whole = whole
        self._daw: Daw | None = None
        self._status = DawStatus(name)
        self._jobs: SimpleQueue[ClipSet | PrintBand | TakeBackPrint | None] = SimpleQueue()
        self._prints: list[Printed] = []
        self._asking: tuple[str, float] | None = None
        self._key, self._signature = "", ""
        self._chords: tuple[int, ...] = ()
        self._next_poll = self._next_markers = 0.0
        self._lost = ""
        self._thread = threading.Thread(target=self._run, name="daw", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._report(self._status)
        self._thread.start()

    def close(self) -> None:
        """Finish the prints that wait, and end the thread."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(CLOSING_SECONDS)

    def take(self, effect: PrintBand | TakeBackPrint, recorder: Recorder) -> None:
        """Queue what the session wants; called in the engine's thread, and never waits."""
        if isinstance(effect, TakeBackPrint):
            self._jobs.put(effect)
            return
        inside = recorder.take.covers(effect.first - EARLY_TICKS)
        self._jobs.put(clips_of(recorder.take, effect) if inside else effect)

    # --- the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        while self.turn(time.monotonic()):
            pass
        if self._daw is not None:
            self._daw.close()

    def turn(self, now: float) -> bool:
        """Wait for a job until the position is due, or do one; False at the end."""
        if self._options.folder is not None:
            self._serve(self._options.folder, now)
        if now >= self._next_poll:
            self._poll(now)
        pause = 0.1 if self._options.folder is not None else POLL_SECONDS
        try:
            job = self._jobs.get(timeout=max(0.0, min(pause, self._next_poll - now)))
        except Empty:
            return True
        if job is None:
            return False
        self._do(job)
        return True

    def _do(self, job: ClipSet | PrintBand | TakeBackPrint) -> None:
        """Print, or take back; what came of it is said."""
        self._now(printing=True)
        try:
            if isinstance(job, PrintBand):
                job = clips_of(self._whole() or Take(job.bpm), job)
            said = self._undo() if isinstance(job, TakeBackPrint) else self._print(job)
            answer = ["ok", f"said {said}"]
        except BridgeError as error:
            said, answer = str(error), [f"error {error}"]
        self._say(said)
        self._now(printing=False)
        if self._asking is not None and self._options.folder is not None:
            answer_request(self._options.folder, self._asking[0], answer)
            self._asking = None

    def _print(self, clips: ClipSet) -> str:
        if not clips.notes:
            return "the band was silent in these bars, so nothing is printed"
        printed = self._open().print_clips(clips)
        self._prints.append(printed)
        self._now(printed=f"{printed.name}, {printed.where}", prints=len(self._prints))
        return f"printed into {self._status.name}: {printed.name}, {printed.where}"

    def _undo(self) -> str:
        if not self._prints:
            return NOTHING_PRINTED
        said = self._open().undo(self._prints[-1])
        self._prints.pop()
        last = f"{self._prints[-1].name}, {self._prints[-1].where}" if self._prints else ""
        self._now(printed=last, prints=len(self._prints))
        return said

    def _open(self) -> Daw:
        if self._daw is None:
            self._daw = self._connect()
            self._now(name=self._daw.name)
        return self._daw

    def _now(self, **changes: object) -> None:
        self._status = msgspec.structs.replace(self._status, **changes)
        self._report(self._status)

    # --- its position ---------------------------------------------------------------------

    def _poll(self, now: float) -> None:
        """Ask for the position; a DAW that comes or goes is said once."""
        try:
            daw = self._open()
            position = daw.position()
            at = time.monotonic()
        except BridgeError as error:
            self._next_poll = now + RETRY_SECONDS
            if str(error) != self._lost:
                self._lost = str(error)
                self._say(self._lost)
            self._now(connected=False, playing=False)
            return
        if not self._status.connected:
            self._say(f"connected to {daw.name}")
        self._lost = ""
        self._next_poll = time.monotonic() + POLL_SECONDS
        self._now(
            name=daw.name, connected=True, at=at, playing=position.playing, tempo=position.tempo,
            beat=position.beat, bar=position.bar, bar_beat=position.bar_beat, loop=position.loop,
            signature=position.signature, key=position.key,
        )  # fmt: skip
        self._follow(daw, position, now)

    def _follow(self, daw: Daw, position: DawPosition, now: float) -> None:
        """Take over the key and the chords, and say if the metre is another."""
        if self._options.keys and position.key != self._key:
            self._key = position.key
            self._tell(SetKey(self._key))
            scale = f" ({position.scale})" if position.scale else ""
            self._say(
                f"key: {self._key}, from {daw.name}'s scale{scale}" if self._key
                else f"{daw.name} has no scale set: the key is yours again"
            )  # fmt: skip
        ours = self._metre()
        if position.signature and position.signature != self._signature:
            self._signature = position.signature
            if self._signature != f"{ours.numerator}/{ours.denominator}":
                self._say(f"{daw.name} is in {self._signature}, the band in {ours.name}")
        if self._options.chords and now >= self._next_markers:
            self._next_markers = now + MARKER_SECONDS
            self._follow_chords(daw, ours)

    def _follow_chords(self, daw: Daw, metre: Metre) -> None:
        with suppress(BridgeError):
            classes = chords_of(daw.markers(), metre)
            if classes != self._chords:
                self._chords = classes
                self._tell(FollowMarkers(f"{daw.name}'s markers" if classes else "", classes))

    # --- requests of other programs -------------------------------------------------------

    def _serve(self, folder: Path, now: float) -> None:
        """Hand another program's request to the session, one at a time."""
        if self._asking is not None:
            if now > self._asking[1]:
                answer_request(folder, self._asking[0], [f"error {self._message()}"])
                self._asking = None
            return
        found = taken_request(folder)
        if found is None:
            return
        ident, words = found
        command = command_of(words)
        if command is None:
            answer_request(folder, ident, ["error the session is of another version: start it new"])
            return
        self._asking = (ident, now + REQUEST_SECONDS)
        self._tell(command)


def clips_of(take: Take, effect: PrintBand) -> ClipSet:
    """The clips of the bars of a take that are to be printed."""
    played = take.played(effect.first - EARLY_TICKS, effect.end - EARLY_TICKS, effect.now)
    clips = cut(effect.name, played, effect.first, effect.end, metre=effect.metre, bpm=effect.bpm)
    return clips.moved_to(effect.start)


def command_of(words: dict[str, str]) -> PrintClips | UndoPrint | None:
    """The command that another program's request means; None for one that means nothing."""
    if words.get("do") == "undo":
        return UndoPrint()
    try:
        return PrintClips(PrintWhat(words.get("what", "")), max(0, int(words.get("bars", "0"))))
    except ValueError:
        return None


def chords_of(markers: Iterable[DawMarker], metre: Metre) -> tuple[int, ...]:
    """The chord classes, two a bar from the song's beginning, of markers that are chord names.

    A chord lasts until the next, the last one for :data:`MOST_BARS` in all; other markers are
    passed over. Empty where none is a chord.
    """
    found: list[tuple[float, int]] = []
    for marker in markers:
        with suppress(ValueError):
            chord = parse_chord(marker.text)
            if chord is not None:
                found.append((marker.beat, chord.cls))
    if not found:
        return ()
    classes: list[int] = []
    sounding, coming = NO_CHORD, sorted(found)
    middle = metre.half_step * metre.ticks_per_step
    for bar in range(MOST_BARS):
        for begin, finish in ((0, middle), (middle, metre.ticks)):
            half = (bar * metre.ticks + (begin + finish) / 2) / TICKS_PER_BEAT
            while coming and coming[0][0] < half:
                sounding = coming.pop(0)[1]
            classes.append(sounding)
    return tuple(classes)
