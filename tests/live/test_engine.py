"""The engine's loop on a simulated clock: punctual notes, and no event handled twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import pairwise
from queue import Empty

import pytest
from playing import FACTS, simple_answer

from bridge.live.engine import HOLD_SECONDS, SPIN_SECONDS, Engine
from bridge.midi.ports import MemoryIn, MemoryOut
from bridge.midi.routed_out import RoutedOut
from bridge.model.messages import Request, WorkerReady
from bridge.music.notes import Part
from bridge.session import core
from bridge.session.messages.commands import Panic, Quit, Start, Stop
from bridge.session.new_session import first_state
from bridge.session.state.effects import Send
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn, Tick, Trial
from bridge.session.state.session_state import State, Step

LOOK_SECONDS = 1e-6
THINK_SECONDS = 0.0003


class World:
    """A simulated clock and inbox: time advances by reading the clock, waiting, and steps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.mail: deque[tuple[float, Event | None]] = deque()
        self.slept_to: list[float] = []

    def clock(self) -> float:
        """The time; reading it takes a microsecond."""
        self.now += LOOK_SECONDS
        return self.now

    def put(self, event: Event | None) -> None:
        """An event arrives now."""
        self.mail.append((self.now, event))

    def get(self, timeout: float | None = None) -> Event | None:
        """Wait for an event, as ``queue.SimpleQueue`` does."""
        until = self.now + (timeout or 0.0)
        if self.mail and (timeout is None or self.mail[0][0] <= until):
            at, event = self.mail.popleft()
            self.now = max(self.now, at)
            return event
        assert timeout is not None, "nothing will ever come"
        self.now = until
        if timeout:
            self.slept_to.append(until)
        raise Empty

    def get_nowait(self) -> Event | None:
        """An event that has arrived."""
        return self.get(0.0)


class Timed(MemoryOut):
    """An output that records the times of messages."""

    def __init__(self, world: World) -> None:
        super().__init__("out")
        self.world = world
        self.times: list[float] = []

    def send(self, message: bytes) -> None:
        """Send a message and record its time."""
        super().send(message)
        self.times.append(self.world.now)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which a step takes :data:`THINK_SECONDS`."""
    world, step = World(), core.step

    def slow(state: State, event: Event) -> Step:
        world.now += THINK_SECONDS
        return step(state, event)

    monkeypatch.setattr(core, "step", slow)
    return world


@pytest.fixture
def make(session: Callable[..., State], world: World) -> Callable[..., tuple[Engine, Timed]]:
    """Makes an engine whose worker answers at once."""

    def made(answers: bool = True, **setup: object) -> tuple[Engine, Timed]:
        out = Timed(world)

        def ask(request: Request) -> None:
            if answers:
                world.put(Answered(world.now, simple_answer(request)))

        state = session(**setup)
        engine = Engine(state, dict.fromkeys(Part, out), ask=ask, clock=world.clock)
        engine._inbox = world  # type: ignore[assignment]
        engine.post(Answered(world.now, WorkerReady("test", 1.0)))
        return engine, out

    return made


def until(engine: Engine, world: World, second: float) -> None:
    """Run the engine until a time (seconds)."""
    while world.now < second and not engine._ended:
        engine.turn()


def next_note(engine: Engine, world: World) -> float:
    """Run the engine until a note-on is due next; its time."""
    while True:
        deadline = core.next_deadline(engine.state)
        assert deadline is not None
        now = world.now
        _, effects = core.step(engine.state, Tick(deadline))
        world.now = now
        if any(isinstance(e, Send) and e.message[2] for e in effects):
            return deadline
        engine.turn()


def test_notes_leave_at_their_time_although_thinking_takes_long(
    make: Callable[..., tuple[Engine, Timed]], world: World
) -> None:
    """The time of a step is spent before the deadline, not after it."""
    engine, out = make(count_in_bars=1)
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 108.0)
    late = list(engine.lateness)[1:]  # the first is due when Start is heard
    assert len(late) > 20
    assert max(late) < THINK_SECONDS / 3
    assert min(engine.lateness) >= 0.0
    assert engine._ended is False
    assert out.sent


def test_a_key_in_the_last_moment_before_a_note_goes_first(
    make: Callable[..., tuple[Engine, Timed]], world: World
) -> None:
    """The step computed ahead is dropped; the note is neither lost nor doubled."""
    played = []
    for key_before in (None, 0.8 * SPIN_SECONDS - THINK_SECONDS):
        world.now = 100.0
        world.mail.clear()
        engine, out = make(count_in_bars=1)
        engine.post(CommandReceived(world.now, Start()))
        until(engine, world, 103.3)
        deadline = core.next_deadline(engine.state)
        assert deadline is not None
        if key_before is not None:
            key = MidiIn(deadline - key_before, bytes((0x90, 60, 90)))
            world.mail.append((deadline - key_before, key))
        until(engine, world, 104.0)
        played.append(out.sent)
    assert played[0] == played[1]


@pytest.mark.parametrize("before", [0.00005, 0.0001, 0.00015])
def test_a_key_in_the_last_moment_does_not_make_a_note_late(
    make: Callable[..., tuple[Engine, Timed]], world: World, before: float
) -> None:
    """The note's step is computed already: the key, whose own step takes longer than is left, is
    handled directly after it."""
    engine, _ = make(count_in_bars=1)
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 103.3)
    deadline = next_note(engine, world)
    engine.lateness.clear()
    heard = engine.state.heard.phrase
    key = MidiIn(deadline - before, bytes((0x90, 61, 90)))
    world.mail.append((deadline - before, key))
    until(engine, world, deadline + 0.001)
    assert engine.lateness
    assert max(engine.lateness) < THINK_SECONDS / 10
    assert engine.state.heard.phrase != heard


def test_a_stop_in_the_last_moment_comes_before_the_note(
    make: Callable[..., tuple[Engine, Timed]], world: World
) -> None:
    """It comes after the key that arrived before it: waiting events keep their order."""
    engine, out = make(count_in_bars=1)
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 103.3)
    deadline = next_note(engine, world)
    handled: list[str] = []
    handle = engine.handle
    engine.handle = lambda event: (handled.append(type(event).__name__), handle(event))  # type: ignore[method-assign, assignment, func-returns-value]
    key = MidiIn(deadline - 0.00012, bytes((0x90, 61, 90)))
    world.mail.append((deadline - 0.00012, key))
    world.mail.append((deadline - 0.0001, CommandReceived(deadline - 0.0001, Stop())))
    world.mail.append((deadline + 0.01, CommandReceived(deadline + 0.01, Quit())))
    sent = len(out.sent)
    until(engine, world, deadline + 1.0)
    assert handled[:2] == ["MidiIn", "CommandReceived"]
    assert not any(m[0] & 0xF0 == 0x90 and m[2] and m[1] != 61 for m in out.sent[sent:])


def test_the_processor_is_kept_ready_while_the_band_plays(
    session: Callable[..., State], world: World
) -> None:
    """The latency hold is released after a stop, and at the end."""
    told: list[bool] = []
    engine = Engine(session(), {}, ask=lambda request: None, clock=world.clock, awake=told.append)
    engine._inbox = world  # type: ignore[assignment]
    for second, command in ((100.5, Start()), (104.0, Stop()), (105.0, Start()), (106.0, Quit())):
        world.mail.append((second, CommandReceived(second, command)))
    engine.post(Answered(world.now, WorkerReady("test", 1.0)))
    world.mail.rotate(1)
    engine.run()
    changes = [told[0], *(b for a, b in pairwise(told) if a != b)]
    assert changes == [False, True, False, True, False]


def test_an_answer_waits_for_the_note_that_is_due(
    make: Callable[..., tuple[Engine, Timed]], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handling the result takes longer than is left, so it is handled directly after the note."""
    engine, _ = make(count_in_bars=1)
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 103.3)
    handled: list[tuple[float, str]] = []
    step = core.step

    def noted(state: State, event: Event) -> Step:
        handled.append((world.now, type(event).__name__))
        return step(state, event)

    monkeypatch.setattr(core, "step", noted)
    deadline = core.next_deadline(engine.state)
    assert deadline is not None
    world.mail.append((deadline - 0.001, Answered(deadline - 0.001, WorkerReady("test", 1.0))))
    until(engine, world, deadline + 0.3)
    assert [name for _, name in handled if name != "Tick"][:1] == ["Answered"]
    assert handled[0][1] == "Tick"
    at = next(at for at, name in handled if name == "Answered")
    assert deadline <= at < deadline + HOLD_SECONDS + 0.02


def test_panic_overtakes_what_waits(
    make: Callable[..., tuple[Engine, Timed]], world: World
) -> None:
    """Also between a step and its deadline; its marker in the inbox has no effect."""
    engine, out = make()
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 101.0)
    for k in range(20):
        engine.post(MidiIn(world.now, bytes((0x90, 40 + k, 90))))
    engine.post(CommandReceived(world.now, Panic()))
    before = len(out.sent)
    engine.turn()
    assert any(message[:2] == bytes((0xB0 | message[0] & 15, 123)) for message in out.sent[before:])
    engine.post(CommandReceived(world.now, Quit()))
    until(engine, world, 102.0)
    assert engine._ended


def test_a_step_that_is_dropped_leaves_nothing_behind(session: Callable[..., State]) -> None:
    """Every tick computed twice from the same state has the same effects."""
    state = first_state(session().setup, FACTS)
    state, _ = core.step(state, Answered(0.0, WorkerReady("test", 1.0)))
    state, effects = core.step(state, CommandReceived(1.0, Start()))
    for _ in range(200):
        for effect in effects:
            if hasattr(effect, "request"):
                answer = Answered(state.clock.now, simple_answer(effect.request))
                state, _ = core.step(state, answer)
        deadline = core.next_deadline(state)
        assert deadline is not None
        _, dropped = core.step(state, Tick(deadline))
        state, effects = core.step(state, Tick(deadline))
        assert effects == dropped
    assert state.clock.now > 3.0


@pytest.mark.parametrize("own", [False, True])
def test_clicks_go_to_the_metronomes_output_or_that_of_the_drums_and_end_with_the_session(
    session: Callable[..., State], world: World, own: bool
) -> None:
    drums, click = Timed(world), Timed(world)
    engine = Engine(
        session(metronome=True),
        {Part.DRUMS: drums},
        ask=lambda _: None,
        clock=world.clock,
        click=click if own else None,
    )
    engine._inbox = world  # type: ignore[assignment]
    engine.post(CommandReceived(world.now, Start()))
    until(engine, world, 101.01)
    heard = click if own else drums
    clicks = [message for message in heard.sent if message[1:2] in (b"L", b"M")]
    assert [message[1] for message in clicks if message[0] == 0x99] == [76, 77, 77]
    assert bool(click.sent) == own
    engine.silence()
    assert bytes((0x89, 77, 0)) in heard.sent[-200:] or bytes((0x89, 77, 64)) in heard.sent[-200:]
    assert not engine._clicking


def test_a_port_that_is_changed_while_the_band_plays_loses_no_note(
    session: Callable[..., State], world: World
) -> None:
    """The notes of both ports together are those of a session whose port was left alone; each port
    gets the end of every note that began there, and the new one the next note on."""

    def played(change_at: float | None) -> list[Timed]:
        world.now, ports = 100.0, [Timed(world), Timed(world)]
        world.mail.clear()
        routed = RoutedOut(ports[0])

        def ask(request: Request) -> None:
            world.put(Answered(world.now, simple_answer(request)))

        engine = Engine(session(), dict.fromkeys(Part, routed), ask=ask, clock=world.clock)
        engine._inbox = world  # type: ignore[assignment]
        engine.post(Answered(world.now, WorkerReady("test", 1.0)))
        engine.post(CommandReceived(world.now, Start()))
        if change_at is not None:
            until(engine, world, change_at)
            routed.lead_to(ports[1])
        until(engine, world, 110.0)
        engine.post(CommandReceived(world.now, Quit()))
        until(engine, world, 110.5)
        return ports

    def notes(port: Timed) -> list[tuple[float, bytes]]:
        return [
            (round(at, 2), message)
            for at, message in zip(port.times, port.sent, strict=True)
            if message[0] & 0xE0 == 0x80
        ]

    whole = notes(played(None)[0])
    assert len(whole) > 40
    for change_at in (103.0, 103.11, 104.26, 105.499):
        old, new = map(notes, played(change_at))
        assert old
        assert new
        assert sorted(old + new) == sorted(whole)
        for port in (old, new):
            down: list[bytes] = []
            for _, message in port:
                key = bytes((message[0] & 0x0F, message[1]))
                ends = message[0] & 0xF0 == 0x80 or not message[2]
                down.remove(key) if ends else down.append(key)
            assert down == [], "what began on a port ended there"
        ons = [at for at, message in old if message[0] & 0xF0 == 0x90 and message[2]]
        assert max(ons) <= min(at for at, message in new if message[0] & 0xF0 == 0x90)


def test_the_hardness_of_the_last_note_of_each_port_is_kept(
    make: Callable[..., tuple[Engine, Timed]], world: World
) -> None:
    engine, _ = make()
    engine.ins.append(("in", MemoryIn("Keys", lambda at, message: None)))
    for message in (b"\x90\x3c\x5a", b"\xb0\x01\x7f", b"\x80\x3c\x40", b"\x90\x3c\x00", b"\x90"):
        engine.input_active("in", world.now, message)
        world.now += 1.0
    engine.handle(Trial(world.now, Part.BASS, b"\x91\x30\x64"))
    ports = {port.role: port for port in engine._ports()}
    assert (ports["in"].struck, ports["in"].velocity, ports["in"].active) == (100.0, 90, 104.0)
    assert ports["bass"].velocity == 100
    assert (ports["drums"].struck, ports["drums"].velocity) == (0.0, 0)
