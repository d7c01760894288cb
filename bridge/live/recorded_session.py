"""The snapshots of a session that the engine's core really played, on the clock of the simulation.

Pictures of the screen, and its benchmark, are made from them: nothing in them is made up but the
names of the ports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bridge.live.live_session import facts_of
from bridge.model.answering.answer import answer
from bridge.model.messages import FromWorker, Request, WorkerReady
from bridge.model.worker.child import load_model
from bridge.music.tunes import TUNES
from bridge.session import simulation
from bridge.session.messages import commands as m
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import PortStatus, Timing
from bridge.session.new_session import first_state
from bridge.session.recorder import Recorder
from bridge.session.recording.take_records import TakeRecord
from bridge.session.snapshot import snapshot
from bridge.session.state.effects import KeepCode
from bridge.session.state.events import Answered, CommandReceived, Event, Tick
from bridge.session.state.session_state import State
from bridge.session.state.setup import Setup

START: Final = 1.0
"""Seconds at which the tune begins; before, the session stands still."""
PORTS: Final = (
    PortStatus("in", "Latent Bridge In", True),
    PortStatus("melody", "Latent Bridge Melody", True),
    PortStatus("bass", "Latent Bridge Bass", True),
    PortStatus("drums", "Latent Bridge Drums", True),
)


def recorded(
    seconds: float,
    *,
    model: str = "trio-4bar",
    library: Path | None = None,
    tune: str = "",
    fps: int = 30,
    commands: Sequence[tuple[float, m.Command]] = (),
    events: Sequence[Event] = (),
    record: Callable[[TakeRecord], None] | None = None,
    history: Callable[[KeepCode], None] | None = None,
) -> tuple[Snapshot, ...]:
    """The snapshots, ``fps`` a second, of ``seconds`` of a tune (empty: the first) with a band.

    ``commands`` are given at their seconds, other ``events`` at theirs. ``record`` gets what a take
    keeps; ``history`` the codes that were drawn, unless there is a ``record``. NameUnknown for a
    model or tune that is not there.
    """
    facts = facts_of(model, library)
    setup = Setup(
        tunes={name: each.notes() for name, each in TUNES.items()},
        tune_metres={name: each.metre for name, each in TUNES.items()},
    )
    trio = load_model(model, library)

    def answered(request: Request) -> FromWorker:
        return answer(trio, request)

    frames = [n / fps for n in range(round(seconds * fps))]
    all_events: list[Event] = [
        Answered(0.0, WorkerReady("", 0.0)),
        CommandReceived(START, m.PlayTune(True, tune)),
        *(CommandReceived(at, command) for at, command in commands),
        *events,
        *map(Tick, frames),
    ]
    found: list[Snapshot] = []

    def show(state: State, recorder: Recorder, at: float) -> None:
        if len(found) < len(frames) and at >= frames[len(found)]:
            found.append(snapshot(state, at, recorder, _active(at), Timing(40, 120, 600, 5.0)))

    played = simulation.play(
        first_state(setup, facts), all_events, answered, seconds, record=record, show=show
    )
    if history is not None:
        for effect in played.effects:
            if isinstance(effect, KeepCode):
                history(effect)
    return tuple(found)


def _active(at: float) -> tuple[PortStatus, ...]:
    """The ports, with messages on them while the tune plays."""
    return tuple(msgspec.structs.replace(port, active=at if at > START else 0.0) for port in PORTS)
