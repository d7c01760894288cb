"""The engine: the thread that owns the session's state and runs ``core.step`` in real time.

All events arrive in one inbox; panic overtakes them. The loop sleeps until the next deadline
or event, and never does anything slow: no inference, no file, no screen.
"""

from __future__ import annotations

import contextlib
import gc
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from bridge.midi.messages import CLOCK, NOTE_OFF, NOTE_ON, STOP, panic_messages
from bridge.midi.ports import In, NamedPort, Out
from bridge.model.messages import Request
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.messages.commands import Panic
from bridge.session.messages.listings import FileRequest
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import PortStatus, Timing
from bridge.session.recorder import WINDOW, Recorder
from bridge.session.recording.take_records import TakeRecord
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import (
    AnswerFromFiles,
    Ask,
    Click,
    ClockOut,
    Effect,
    End,
    KeepAnchors,
    KeepBindings,
    KeepCode,
    KeepMemories,
    Kept,
    LinkOut,
    PrintBand,
    Save,
    Send,
    Silence,
    TakeBackPrint,
    TurnClockOuts,
    TurnSound,
)
from bridge.session.state.events import (
    Answered,
    ClockIn,
    ClockSentTo,
    CommandReceived,
    Event,
    MidiIn,
    Tick,
)
from bridge.session.state.session_state import State
from bridge.system.clock import monotonic_seconds

SPIN_SECONDS = 0.0005
"""Time before a deadline at which its step is computed; the rest is waited for in a busy loop.
Waking earlier, by the oversleep measured lately, was tried: notes were no more punctual, and keys
waited for the lock."""
FRAME_SECONDS = 1 / 30
"""Time between two snapshots while the music runs."""
IDLE_FRAME_SECONDS = 1 / 10
"""Time between two snapshots while it is stopped."""
QUIET_SECONDS = 0.002
"""No snapshot is made, and no result handled, this shortly before a deadline."""
HOLD_SECONDS = 0.05
"""The longest time that a result waits for a pause of ``QUIET_SECONDS``."""
LATENESS_KEPT = 2048
"""Latest notes, and clocks, whose lateness is kept for the statistics."""
CLOCK_OUT = "clock out"
"""The role of the ports that our clock goes to."""
_OUTWARD = (Send, Click, ClockOut, TurnClockOuts, Silence)
"""Effects that are carried out before all others, in order: their time is heard."""


class Engine:
    """Runs a session in real time.

    ``outs`` maps each part to its output (parts may share one); ``click`` is the metronome's (None:
    that of the drums); ``clock_outs`` are the outputs of
    our clock, in the order of ``Setup.clock_outs``. The callbacks must not block: ``ask`` hands a
    request to the worker, ``publish`` a snapshot to the screen; ``record`` keeps a record of the
    take, ``save`` writes the take as a MIDI file, ``keep`` anchors, memories or learned controls,
    ``history`` codes; ``answer_from_files`` reads the user's files for the screen; ``link``
    changes the Link session; ``turn_sound`` switches the program's own sound; ``daw`` prints the
    recorder's notes into the DAW, or takes the last print back; ``awake`` is called after each
    turn with True while the music runs.
    ``clock`` gives monotonic seconds. ``ins`` and ``others`` are further ports to show, by role;
    ``peaks`` give the level of those that sound.
    """

    def __init__(
        self,
        state: State,
        outs: Mapping[Part, Out],
        *,
        ask: Callable[[Request], None],
        record: Callable[[TakeRecord], None] | None = None,
        publish: Callable[[Snapshot], None] | None = None,
        save: Callable[[Recorder, str], None] | None = None,
        keep: Callable[[Kept], None] | None = None,
        history: Callable[[KeepCode], None] | None = None,
        answer_from_files: Callable[[FileRequest], None] | None = None,
        clock: Callable[[], float] = monotonic_seconds,
        clock_outs: Sequence[Out] = (),
        link: Callable[[LinkOut], None] | None = None,
        turn_sound: Callable[[], None] | None = None,
        daw: Callable[[PrintBand | TakeBackPrint, Recorder], None] | None = None,
        awake: Callable[[bool], None] | None = None,
        click: Out | None = None,
    ) -> None:
        self.state = state
        self.recorder = Recorder(
            state.clock.line.bpm,
            state.clock.metre,
            window=WINDOW,
            write=record,
            model=state.facts.spec.name,
        )
        self.lateness: deque[float] = deque(maxlen=LATENESS_KEPT)
        self.ins: list[tuple[str, In]] = []
        self.others: list[tuple[str, NamedPort]] = []
        self.peaks: dict[str, Callable[[], float]] = {}
        self.clock_lateness: deque[float] = deque(maxlen=LATENESS_KEPT)
        self._outs = dict(outs)
        self._click = click or self._outs.get(Part.DRUMS)
        self._clock_outs = tuple(clock_outs)
        self._coming_clock_outs: deque[tuple[Out, ...]] = deque()
        self._publish = publish
        self._awake = awake or _ignore
        self._clock = clock
        self._inbox: SimpleQueue[Event | None] = SimpleQueue()
        self._urgent: deque[Event] = deque()
        self._waiting: deque[Event] = deque()
        self._active: dict[str, float] = {}
        self._struck: dict[str, tuple[float, int]] = {}
        self._sounding: dict[Part, set[tuple[int, int]]] = {part: set() for part in Part}
        self._clicking: set[tuple[int, int]] = set()
        self._answers: deque[Answered] = deque()
        self._next_frame = 0.0
        self._timing = Timing()
        self._timed_at = 0.0
        self._ended = False
        self._handlers: dict[type, Callable[[Any], object]] = {
            Send: self._send,
            Click: self._send_click,
            ClockOut: self._send_clock,
            TurnClockOuts: self._turn_clock_outs,
            Silence: lambda _: self.silence(),
            Ask: lambda effect: ask(effect.request),
            Save: lambda effect: save(self.recorder, effect.path) if save else None,
            KeepAnchors: keep or _ignore,
            KeepBindings: keep or _ignore,
            KeepMemories: keep or _ignore,
            KeepCode: history or _ignore,
            AnswerFromFiles: (
                lambda effect: answer_from_files(effect.request) if answer_from_files else None
            ),
            LinkOut: link or _ignore,
            TurnSound: lambda _: turn_sound() if turn_sound else None,
            PrintBand: lambda effect: daw(effect, self.recorder) if daw else None,
            TakeBackPrint: lambda effect: daw(effect, self.recorder) if daw else None,
            End: self._end,
        }

    # --- from any thread ----------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Hand an event to the engine. Panic overtakes all events that wait."""
        if isinstance(event, CommandReceived) and isinstance(event.command, Panic):
            self._urgent.append(event)
            self._inbox.put(None)
        else:
            self._inbox.put(event)

    def send_clock_to(self, outs: Sequence[Out], offsets: Sequence[float]) -> None:
        """Send our clock to other outputs, one for each offset (seconds); those before stay
        open."""
        self._coming_clock_outs.append(tuple(outs))
        self.post(ClockSentTo(self._clock(), tuple(offsets)))

    def input_active(self, role: str, at: float, message: bytes) -> None:
        """Note that a message arrived on the port with this role at ``at`` (monotonic seconds)."""
        self._note(role, at, message)

    def _note(self, role: str, at: float, message: bytes) -> None:
        """Keep the time of a message of a port, and of a note that begins how hard it is."""
        self._active[role] = at
        if len(message) == 3 and message[0] & 0xF0 == NOTE_ON and message[2]:
            self._struck[role] = at, message[2]

    # --- the loop -----------------------------------------------------------------------

    def run(self) -> None:
        """Run until the session ends; in any case all notes end."""
        freeze()
        try:
            while not self._ended:
                self.turn()
                self._awake(self.state.clock.running)
                self._show()
        finally:
            self.silence()
            self.recorder.over()
            self._stop_followers()
            self._awake(False)

    def turn(self) -> None:
        """Wait for the next event or deadline, and handle it.

        The step of a deadline is computed shortly before it, for the time of the deadline, and
        its effects are carried out at that time, so that notes are not late by the time that the
        step takes. ``core.step`` is pure: if an urgent event arrives in between, the step is
        dropped without effect.
        """
        deadline = core.next_deadline(self.state)
        if self._answers and self._is_quiet(deadline):
            self.handle(self._answers.popleft())
            return
        frame = self._next_frame if self._publish else None
        if deadline is None or (frame is not None and frame < deadline):
            event = self._sleep(frame)
        else:
            event = self._sleep(deadline - SPIN_SECONDS) or self._tick(deadline)
        if isinstance(event, Answered):
            self._answers.append(event)
        elif event is not None:
            self.handle(event)

    def _is_quiet(self, deadline: float | None) -> bool:
        """True if there is time to handle a result, which takes about a millisecond, or if it has
        waited for :data:`HOLD_SECONDS`."""
        now = self._clock()
        waited = now - self._answers[0].at
        return deadline is None or deadline - now > QUIET_SECONDS or waited > HOLD_SECONDS

    def _tick(self, deadline: float) -> Event | None:
        """Compute the step of a deadline before it and carry it out on time; return instead the
        event that arrives first and cannot wait for it."""
        state, effects = core.step(self.state, Tick(max(deadline, self._clock())))
        event = self._spin(deadline)
        if event is None:
            self.state = state
            self._carry_out(effects)
        return event

    def handle(self, event: Event) -> None:
        """One step of the session, and its effects carried out."""
        self.state, effects = core.step(self.state, event)
        self._carry_out(effects)

    def _sleep(self, until: float | None) -> Event | None:
        """The next event, or None at time ``until`` (None: wait for an event)."""
        while True:
            if self._urgent:
                return self._urgent.popleft()
            if self._waiting:
                return self._waiting.popleft()
            left = None if until is None else max(0.0, until - self._clock())
            try:
                event = self._inbox.get(timeout=left) if left != 0.0 else self._inbox.get_nowait()
            except Empty:
                return None
            if event is not None:
                return event

    def _spin(self, until: float) -> Event | None:
        """Wait in a busy loop until ``until`` and return None; but as soon as there is an event
        that cannot wait, return the first of all that have arrived. Events that can wait are
        handled next, in their order."""
        while True:
            with contextlib.suppress(Empty):
                event = self._inbox.get_nowait()
                if event is not None:
                    self._waiting.append(event)
                    if not _can_wait(event):
                        return self._sleep(0.0)
            if self._urgent:
                return self._urgent.popleft()
            if self._clock() >= until:
                return None

    # --- effects ------------------------------------------------------------------------

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        """Carry out the effects that are heard first, then record all and carry out the others."""
        for effect in effects:
            if isinstance(effect, _OUTWARD):
                self._do(effect)
        for effect in effects:
            self.recorder.hear(effect)
            if not isinstance(effect, _OUTWARD):
                self._do(effect)

    def _do(self, effect: Effect) -> None:
        """Carry out one effect; those for the recorder only have no handler."""
        handler = self._handlers.get(type(effect))
        if handler is not None:
            handler(effect)

    def _end(self, effect: End) -> None:
        self._ended = True

    def _send(self, effect: Send) -> None:
        out = self._outs.get(effect.part)
        if out is None:
            return
        out.send(effect.message)
        now = self._clock()
        if not effect.thru:
            self.lateness.append(now - effect.due)
        self._note(effect.part.value, now, effect.message)
        _track(self._sounding[effect.part], effect.message)

    def _send_click(self, effect: Click) -> None:
        if self._click is not None:
            self._click.send(effect.message)
            _track(self._clicking, effect.message)

    def _send_clock(self, effect: ClockOut) -> None:
        self._clock_outs[effect.output].send(effect.message)
        now = self._clock()
        self.clock_lateness.append(now - effect.due)
        self._active[CLOCK_OUT] = now

    def _turn_clock_outs(self, effect: TurnClockOuts) -> None:
        self._clock_outs = self._coming_clock_outs.popleft()

    def silence(self) -> None:
        """Send note-offs for all that sounds, then All Notes Off and the like, on every output."""
        for part, out in self._outs.items():
            for message in panic_messages(sorted(self._sounding[part])):
                out.send(message)
            self._sounding[part].clear()
        if self._click is not None and self._clicking:
            for message in panic_messages(sorted(self._clicking)):
                self._click.send(message)
            self._clicking.clear()

    def _stop_followers(self) -> None:
        """Send Stop to receivers of our clock that still run: no clock will follow."""
        for sender, out in zip(self.state.sync.senders, self._clock_outs, strict=True):
            if sender.rolling:
                out.send(bytes((STOP,)))

    # --- the screen ---------------------------------------------------------------------

    def _show(self) -> None:
        """Publish a snapshot if a frame is due and no deadline is near."""
        now = self._clock()
        if self._publish is None or now < self._next_frame:
            return
        deadline = core.next_deadline(self.state)
        if deadline is not None and deadline - now < QUIET_SECONDS:
            self._next_frame = deadline + QUIET_SECONDS / 2
            return
        self._next_frame = now + (FRAME_SECONDS if self.state.clock.running else IDLE_FRAME_SECONDS)
        self._publish(snapshot(self.state, now, self.recorder, self._ports(), self._times(now)))

    def _ports(self) -> tuple[PortStatus, ...]:
        ports: list[tuple[str, NamedPort]] = list(self.ins)
        ports += [(part.value, out) for part, out in self._outs.items()]
        ports += [(CLOCK_OUT, out) for out in self._clock_outs]
        ports += self.others
        return tuple(
            PortStatus(
                role,
                port.name,
                port.connected,
                self._active.get(role, 0.0),
                *self._struck.get(role, (0.0, 0)),
                peak=self.peaks[role]() if role in self.peaks else 0.0,
            )
            for role, port in ports
        )

    def _times(self, now: float) -> Timing:
        """The statistics of lateness, computed once a second."""
        if now - self._timed_at > 1.0 and self.lateness:
            self._timed_at = now
            late = sorted(self.lateness)
            self._timing = Timing(
                late_p50_us=late[len(late) // 2] * 1e6,
                late_p99_us=late[len(late) * 99 // 100] * 1e6,
                late_max_us=late[-1] * 1e6,
                model_ms=self.state.worker.model_ms,
            )
        return self._timing


def _track(sounding: set[tuple[int, int]], message: bytes) -> None:
    """Add the (channel, pitch) of a note-on to those that sound, or take that of a note-off
    away."""
    kind = message[0] & 0xF0
    if kind not in (NOTE_ON, NOTE_OFF):
        return
    status, pitch, velocity = message
    key = (status & 0x0F, pitch)
    if kind == NOTE_ON and velocity:
        sounding.add(key)
    else:
        sounding.discard(key)


def freeze() -> None:
    """Collect garbage, then exclude all present objects from later collections.

    Call it before a thread gets real-time priority, because it takes long; calling it again later
    costs little.
    """
    gc.collect()
    gc.freeze()


def _can_wait(event: Event) -> bool:
    """True if an event may be handled after notes that are due within :data:`SPIN_SECONDS`: a key,
    a result, a clock; not a message that moves or stops the music."""
    if isinstance(event, ClockIn):
        return event.message[0] == CLOCK
    return isinstance(event, MidiIn | Answered)


def _ignore(value: object) -> None:
    """The callback for what nobody handles."""
