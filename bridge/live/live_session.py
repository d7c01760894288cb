"""Builds, runs and closes a live session: model, worker, ports, engine and screen.

The only place that builds the real engine and worker, for ``play``, ``demo`` and benchmarks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.controllers.bindings import Binding, ControlState
from bridge.errors import BridgeError
from bridge.files.history import History
from bridge.files.score_file import write_song
from bridge.files.takes.take_folder import takes_folder
from bridge.latent.directions import Directions
from bridge.listening import live_chord
from bridge.live.devices.ableton_link import LinkChange, LinkTime, Peer, Watcher, prepare
from bridge.live.devices.settings_desk import SettingsDesk
from bridge.live.devices.take_writer import TakeWriter
from bridge.live.devices.user_file_reader import UserFileReader
from bridge.live.devices.user_files import history_entry
from bridge.live.engine import Engine, freeze
from bridge.live.screen_process import TERMINAL, Screen, ScreenProgram
from bridge.midi.latency import Returned
from bridge.midi.messages import (
    ACTIVE_SENSING,
    CLOCK,
    CONTINUE,
    RESET,
    SONG_POSITION,
    START,
    STOP,
)
from bridge.midi.ports import In, Out
from bridge.midi.routed_out import port_of
from bridge.model import library
from bridge.model.fake import FakeTrio
from bridge.model.messages import FromWorker, Request, Result
from bridge.model.worker.child import FAKE
from bridge.model.worker.client import Worker
from bridge.music.notes import Part
from bridge.session.messages.commands import Command, Quit, Stop
from bridge.session.messages.listings import Listing, ListModels
from bridge.session.messages.snapshot import Snapshot
from bridge.session.new_session import first_state
from bridge.session.recorder import Recorder, new_path
from bridge.session.state.effects import (
    KeepCode,
    Kept,
    LinkOut,
    PrintBand,
    TakeBackPrint,
)
from bridge.session.state.events import (
    Answered,
    ClockChosen,
    ClockIn,
    CommandReceived,
    FormRead,
    InputGone,
    LinkIn,
    MidiIn,
    Notice,
    OtherIn,
    Remapped,
    SoundTurned,
    WorkerLost,
)
from bridge.session.state.setup import ModelFacts, Setup
from bridge.session.state.song.form_position import LiveForm
from bridge.sound.output import Sound
from bridge.system.clock import monotonic_seconds
from bridge.system.cpu_latency import CpuLatencyHold
from bridge.system.program_log import diverted, log_path
from bridge.system.realtime import raise_helpers, request_realtime
from bridge.system.terminal import restore

SYSTEM_MESSAGES = 0xF0
SIGN_SECONDS = 0.025
"""Shortest time between two signs of life that are passed on; it adds to the silence allowed."""
SUSPEND_SECONDS = 0.4
"""Time in which the music ends and the screen gives the terminal back before a stop."""
NO_SOUND = "no own sound: all parts play on ports that you chose"
CLOCK_MESSAGES = frozenset((SONG_POSITION, CLOCK, START, CONTINUE, STOP))


def facts_of(model: str, folder: Path | None = None) -> ModelFacts:
    """The facts about a model that a session needs, read from its files without running it."""
    if model == FAKE:
        fake = FakeTrio()
        directions = Directions.of(fake.directions, fake.spec.latent)
        return ModelFacts(fake.spec, fake.presets, directions, prior=True)
    place = library.find(model, folder)
    spec = library.read_spec(place)
    library.check_band(spec)
    known = library.read_statistics(place, spec)
    return ModelFacts(
        spec,
        library.read_presets(place, spec),
        library.read_directions(place, spec),
        neurons=() if known is None else tuple(known.neuron_targets().tolist()),
        prior="prior" in spec.graphs,
        distribution=library.read_prior_space(place, spec),
        known=known,
    )


@dataclass
class LifeSigns:
    """Which system messages of an input are passed on as Active Sensing: of an input that sends
    it, any message is a sign of life, but one in :data:`SIGN_SECONDS` is enough."""

    _sensing: bool = False
    _last: float = float("-inf")

    def is_due(self, message: bytes, at: float) -> bool:
        """True if a system message at ``at`` (seconds) is to be passed on as a sign of life."""
        self._sensing = self._sensing or message[0] == ACTIVE_SENSING
        if not self._sensing or at - self._last < SIGN_SECONDS:
            return False
        self._last = at
        return True

    def forget(self) -> None:
        """The input is gone: the next device need not send Active Sensing."""
        self._sensing = False


@dataclass
class LiveSession:
    """A session that is ready to run.

    ``outs`` are the outputs of the parts, ``clock_outs`` those of the clock, one for each offset
    in ``setup.clock_outs``; ``click`` is the metronome's (None: that of the drums). ``publish`` is
    called with each snapshot, ``keep`` with anchors, memories and bindings to write; ``hears`` is
    called with each message of the inputs and returns False for one that is not the player's;
    ``daw`` is called with what to print into the DAW, and the recorder; ``sound`` is the program's
    own, with outputs among ``outs``. ``takes`` is the folder in which all that is played is kept
    (None: nothing is kept); ``desk`` keeps the settings that are changed on the screen;
    ``program`` is run as the screen.
    """

    setup: Setup
    model: str
    outs: Mapping[Part, Out]
    clock_outs: Sequence[Out] = ()
    library: Path | None = None
    humanizer: str = ""
    tapper: str = ""
    bindings: ControlState = field(default_factory=ControlState)
    screen: bool = False
    program: ScreenProgram = TERMINAL
    publish: Callable[[Snapshot], None] | None = None
    takes: Path | None = None
    realtime: bool = True
    keep: Callable[[Kept], None] | None = None
    hears: Callable[[bytes, float], bool] = lambda message, at: True
    sound: Sound | None = None
    daw: Callable[[PrintBand | TakeBackPrint, Recorder], None] | None = None
    click: Out | None = None
    desk: SettingsDesk | None = None

    def __post_init__(self) -> None:
        facts = replace(facts_of(self.model, self.library), taps=bool(self.tapper))
        setup = replace(self.setup, shared_channels=shared_channels(self.setup, self.outs))
        state = first_state(setup, facts, self.bindings)
        self.granted = ""
        self._screen: Screen | None = None
        self._first: list[Command] = []
        if self.desk is not None:
            self.desk.serve(self.tell)
        self.files = UserFileReader(
            self._list, self.tell, facts.spec.name, self.library, self.takes,
            form=self._form_read, seed=setup.seed, desk=self.desk,
        )  # fmt: skip
        self._closers: list[Callable[[], None]] = [self.files.close]
        self.recording = None if self.takes is None else TakeWriter(self.takes, self.say)
        self.engine = Engine(
            state,
            self.outs,
            ask=self._ask,
            record=None if self.recording is None else self.recording.record,
            publish=self._publish,
            save=self._save,
            keep=self._keep,
            history=self._remember,
            answer_from_files=self.files.ask,
            clock_outs=self.clock_outs,
            link=self._tell_link,
            turn_sound=self._turn_sound,
            daw=self._print,
            awake=CpuLatencyHold().hold if self.realtime else None,
            click=self.click,
        )
        if self.sound is not None:
            self.sound.say = self.say
            self.engine.others.append(("sound", self.sound))
            self.engine.peaks["sound"] = lambda: 0.0 if self.sound is None else self.sound.peak
            if self.desk is not None:
                self.desk.watch_level = self.sound.watch_level
            self._closers.append(self.sound.close)
        self._link: Watcher | None = None
        self._leave_clock: Callable[[], None] = _nothing
        self._closers += [self._leave_link, lambda: self._leave_clock()]
        self._returned: Returned = _not_awaited
        self.worker = Worker(
            self.model,
            self.library,
            humanizer=self.humanizer,
            tapper=self.tapper,
            log=log_path() if self.screen else None,
            on_message=self._answered,
            on_lost=lambda why: self.engine.post(WorkerLost(monotonic_seconds(), why)),
        )

    # --- what comes in ------------------------------------------------------------------

    def overhear(self, role: str, open_in: Callable[[Callable[[float, bytes], None]], In]) -> In:
        """Open the input of another track of the session: its notes are heard, and its end."""
        name: list[str] = [role]

        def receive(at: float, message: bytes) -> None:
            if message and message[0] < SYSTEM_MESSAGES:
                self.engine.post(OtherIn(at, message, name[0]))
                self.engine.input_active(role, at, message)

        port = open_in(receive)
        name[0] = port.name
        port.on_gone = lambda: self.engine.post(InputGone(monotonic_seconds(), name[0]))
        self.engine.ins.append((role, port))
        self._closers.append(port.close)
        return port

    def listen(self, role: str, open_in: Callable[[Callable[[float, bytes], None]], In]) -> In:
        """Open an input and pass its messages to the engine, and the news that it is gone.

        Of system messages (clock, sensing, sysex) only what :class:`LifeSigns` lets through and
        System Reset are passed on, so that a flood of them costs nothing.
        """
        name: list[str] = [role]
        signs = LifeSigns()

        def receive(at: float, message: bytes) -> None:
            if not message or self._returned(message, at):
                return
            if message[0] < SYSTEM_MESSAGES and self.hears(message, at):
                self.engine.post(MidiIn(at, message, name[0]))
                self.engine.input_active(role, at, message)
            elif message[0] == RESET or signs.is_due(message, at):
                sign = message if message[0] == RESET else bytes((ACTIVE_SENSING,))
                self.engine.post(MidiIn(at, sign, name[0]))

        def gone() -> None:
            signs.forget()
            self.engine.post(InputGone(monotonic_seconds(), name[0]))

        port = open_in(receive)
        name[0] = port.name
        port.on_gone = gone
        self.engine.ins.append((role, port))
        self._closers.append(port.close)
        return port

    def listen_to(self, open_in: Callable[[Callable[[float, bytes], None]], In] | None) -> None:
        """Play on another input from now on (None: on none); what is held on the one before
        ends."""
        before = [port for role, port in self.engine.ins if role == "in"]
        if open_in is not None:
            self.listen("in", open_in)
        self.engine.ins = [pair for pair in self.engine.ins if pair[1] not in before]
        for port in before:
            port.close()

    def follow(
        self,
        open_in: Callable[[Callable[[float, bytes], None]], In],
        chosen: ClockChosen | None = None,
    ) -> In:
        """Open the clock master's input and pass its clock messages, no notes, to the engine, in
        place of those of the master before; first the news that it was ``chosen``."""
        follows = [False]

        def receive(at: float, message: bytes) -> None:
            if follows[0] and message and message[0] in CLOCK_MESSAGES:
                self.engine.post(ClockIn(at, message))
                self.engine.input_active("clock", at, message)

        def leave() -> None:
            follows[0] = False
            self.engine.ins = [pair for pair in self.engine.ins if pair[1] is not port]
            port.close()

        port = open_in(receive)
        self._leave_clock()
        self._leave_clock = leave
        self.engine.ins = [*self.engine.ins, ("clock", port)]
        if chosen is not None:
            self.engine.post(chosen)
        follows[0] = True
        return port

    def join(self, peer: Peer) -> None:
        """Follow the beat of a Link session as ``peer``."""

        def news(now: LinkTime) -> None:
            self.engine.post(LinkIn(now.line.second, now.line, now.playing, now.peers, now.done))

        self._link = Watcher(peer, news)

    def link_peer(self) -> Peer:
        """A peer of the Link session, not yet in it. ExtraMissing without the extra."""
        clock = self.engine.state.clock
        return prepare(clock.line.bpm, clock.metre.quarters)

    def _leave_link(self) -> None:
        """Leave the Link session, if we are in one."""
        watcher, self._link = self._link, None
        if watcher is not None:
            watcher.close()

    def be_led(
        self,
        clock: str = "",
        open_in: Callable[[Callable[[float, bytes], None]], In] | None = None,
        peer: Peer | None = None,
    ) -> None:
        """Have another clock lead while the band plays: that of the port named ``clock``, opened
        by ``open_in``, the Link session that ``peer`` enters, or our own. The one before is
        closed, and heard no more from the moment of the change on."""
        if open_in is not None:
            self.follow(open_in, ClockChosen(monotonic_seconds(), clock))
            self._leave_link()
            return
        self._leave_clock()
        self._leave_clock = _nothing
        self._leave_link()
        if peer is not None:
            self.join(peer)  # which is silent until it has settled
        self.engine.post(ClockChosen(monotonic_seconds(), link=peer is not None))

    def expect(self, returned: Returned | None) -> None:
        """Have ``returned`` look at each message of the inputs and its time from now on (None: no
        longer): those for which it is True are test messages that came back, and not played."""
        self._returned = returned or _not_awaited

    def tell(self, command: Command) -> None:
        """Hand a command to the engine, from any thread."""
        self.engine.post(CommandReceived(monotonic_seconds(), command))

    def say(self, text: str) -> None:
        """Show a line to the player, from any thread."""
        self.engine.post(Notice(monotonic_seconds(), text))

    def remap(self, bindings: tuple[Binding, ...], text: str = "") -> None:
        """Replace the bindings and show ``text`` to the player, from any thread."""
        self.engine.post(Remapped(monotonic_seconds(), bindings, text))

    def at_end(self, close: Callable[[], None]) -> None:
        """Call ``close`` when the session is closed."""
        self._closers.append(close)

    def when_ready(self, command: Command) -> None:
        """Hand a command to the engine as soon as the model answers."""
        self._first.append(command)

    # --- life ---------------------------------------------------------------------------

    def run(self) -> None:
        """Play until the session ends; then close everything, whatever happened. What libraries
        log meanwhile is kept off the screen."""
        with diverted(screen=self.screen):
            self._run()

    def _run(self) -> None:
        handlers: dict[int, Any] = {}
        try:
            if self.screen:
                preferences = None if self.desk is None else self.desk.preferences
                self._screen = Screen(
                    self.tell, self.say, realtime=self.realtime, preferences=preferences,
                    program=self.program,
                )  # fmt: skip
                self.files.ask(ListModels())  # while nothing plays: it takes the interpreter
            if self.recording is not None:
                self.recording.start()
            handlers = self._catch_signals()
            live_chord.prepare()
            if self.realtime:
                freeze()
                self.granted = request_realtime()
                raise_helpers()
            self.engine.run()
        finally:
            self.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def close(self) -> None:
        """Close the screen, the worker, the ports, and all else given to :meth:`at_end`."""
        if self._screen is not None:
            self._screen.close()
            self._screen = None
        self.worker.close()
        if self.recording is not None:
            self.recording.close()
        clicks = () if self.click is None else (self.click,)
        outs = {id(out): out for out in (*self.outs.values(), *self.clock_outs, *clicks)}.values()
        for close in [*self._closers, *(out.close for out in outs)]:
            with contextlib.suppress(Exception):
                close()
        self._closers.clear()

    def _catch_signals(self) -> dict[int, Any]:
        """Quit on Ctrl+C, kill -TERM and a closed terminal; the old handlers. Main thread only.

        A signal that is ignored stays so: ``nohup``, or a script's ``play --headless &``.
        """
        if threading.current_thread() is not threading.main_thread():
            return {}
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        heeded = [n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN]
        handlers = {n: signal.signal(n, lambda *_: self.tell(Quit())) for n in heeded}
        if sys.platform != "win32" and self._screen is not None:
            handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._suspend)
            handlers[signal.SIGCONT] = signal.signal(signal.SIGCONT, self._resume)
        return handlers

    def _suspend(self, *_: object) -> None:
        """A stop signal: the music stops first, since a stopped process can end no note, and the
        terminal is given back; then this process stops."""
        self.tell(Stop())

        def stop() -> None:
            if self._screen is None or sys.platform == "win32":
                return
            self._screen.signal(signal.SIGTSTP)
            time.sleep(SUSPEND_SECONDS)
            restore(reset=True)
            os.kill(os.getpid(), signal.SIGSTOP)

        threading.Thread(target=stop, name="suspend", daemon=True).start()

    def _resume(self, *_: object) -> None:
        """The process goes on: so does the screen."""
        if self._screen is not None and sys.platform != "win32":
            self._screen.signal(signal.SIGCONT)

    def _answered(self, message: FromWorker) -> None:
        self.engine.post(Answered(monotonic_seconds(), message))
        if isinstance(message, Result):
            while self._first:
                self.tell(self._first.pop(0))

    # --- what goes out ------------------------------------------------------------------

    def _ask(self, request: Request) -> None:
        self.worker.ask(request)

    def _tell_link(self, effect: LinkOut) -> None:
        """Pass a change of tempo or transport to the Link session, in a thread that may wait."""
        if self._link is None:
            return
        self._link.do(LinkChange(**asdict(effect)))

    def _publish(self, snapshot: Snapshot) -> None:
        if self._screen is not None:
            self._screen.publish(snapshot)
        if self.publish is not None:
            self.publish(snapshot)

    def _form_read(self, form: LiveForm) -> None:
        self.engine.post(FormRead(monotonic_seconds(), form))

    def _list(self, listing: Listing) -> None:
        if self._screen is not None:
            self._screen.publish(listing)

    def _keep(self, effect: Kept) -> None:
        if self.keep is not None:
            self.keep(effect)

    def _print(self, effect: PrintBand | TakeBackPrint, recorder: Recorder) -> None:
        if self.daw is not None:
            self.daw(effect, recorder)

    def _turn_sound(self) -> None:
        """Turn the sound off, or on in another thread, since that starts a process."""
        sound = self.sound
        if sound is None:
            self.say(NO_SOUND)
        elif sound.on and not sound.failed:
            self.sound_on(False)
            self.say("sound off")
        else:
            threading.Thread(target=self.sound_on, args=(True,), daemon=True).start()
            self.say("sound on")

    def sound_on(self, on: bool) -> None:
        """Switch the program's own sound, and tell the session, which then passes on what the
        player plays (``thru: auto``)."""
        if self.sound is not None:
            self.sound.switch(on)
            self.engine.post(SoundTurned(monotonic_seconds(), on))

    def _remember(self, effect: KeepCode) -> None:
        """Add a sampled code to the history, in another thread."""
        band = self.engine.state.facts.spec

        def write() -> None:
            try:
                spec = band
                if effect.model:
                    spec = library.read_spec(library.find(effect.model, self.library))
                History().add([history_entry(effect, spec)])
            except BridgeError as error:
                self.say(str(error))

        threading.Thread(target=write, name="history", daemon=True).start()

    def _save(self, recorder: Recorder, path: str) -> None:
        """Write the take in another thread, so that a slow disk delays no note."""
        near = recorder.song(self.setup.channels) if self.recording is None else None
        target = Path(path) if path else new_path(self.takes or takes_folder(), datetime.now())

        def write() -> None:
            recording = self.recording
            song = near if recording is None else recording.song(self.setup.channels)
            if song is None:
                self.say("nothing played yet, so nothing to save")
                return
            try:
                write_song(target, song, target.stem)
            except BridgeError as error:
                self.say(str(error))
            else:
                self.say(f"saved {target}")

        threading.Thread(target=write, name="save", daemon=True).start()


def _nothing() -> None:
    """Nothing to leave."""


def _not_awaited(message: bytes, at: float) -> bool:
    """No message is awaited."""
    return False


def shared_channels(setup: Setup, outs: Mapping[Part, Out]) -> frozenset[int]:
    """The channels (0..15) of other parts that play on the melody's output."""
    ports = {part: port_of(out) for part, out in outs.items()}
    melody = ports.get(Part.MELODY)
    parts = (part for part, out in ports.items() if part is not Part.MELODY and out is melody)
    return frozenset(setup.channels[part] for part in parts)
