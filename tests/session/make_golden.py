"""Write the golden rows: ``python tests/session/make_golden.py``.

One file for each mode and walk: a built-in tune is played as live keys into a simulated session
with the fake model; each message that the band sends is a row. Run it when the music is meant to
change, and read the difference before committing it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from bridge.latent.directions import Directions
from bridge.latent.walks import WalkKind
from bridge.model.answering.answer import answer
from bridge.model.fake import FakeTrio
from bridge.model.messages import WorkerReady
from bridge.music.grid import TICKS_PER_BEAT
from bridge.music.tunes import TUNES
from bridge.session.messages.commands import (
    DropAnchor,
    Mode,
    SetControl,
    SetStyle,
    SetWalk,
    Start,
    Stop,
)
from bridge.session.new_session import first_state
from bridge.session.simulation import Row, play
from bridge.session.state.events import Answered, CommandReceived, Event, MidiIn
from bridge.session.state.session_state import State
from bridge.session.state.setup import ModelFacts, Setup

FOLDER = Path(__file__).parent / "golden"
BPM = 120.0
BARS = 12
T0 = 1.0
HEADER = ("tick", "part", "kind", "note", "velocity")


def rows(mode: Mode) -> list[Row]:
    """The band's rows for Oh! Susanna in a mode, with a change of style and a move of a knob."""
    fake = FakeTrio()
    facts = ModelFacts(fake.spec, fake.presets, Directions.of(fake.directions, fake.spec.latent))
    second = list(fake.presets)[1]
    knob = facts.directions.names[0]
    events: list[Event] = [
        Answered(0.0, WorkerReady("fake", 1.0)),
        CommandReceived(T0, Start()),
        *keys(),
        CommandReceived(_at(4.5), SetStyle(second)),
        CommandReceived(_at(7.3), SetControl(f"direction:{knob}", 0.8)),
        CommandReceived(_at(BARS) - 0.01, Stop()),
    ]
    state = unmoved(first_state(Setup(bpm=BPM, mode=mode), facts))
    return play(state, events, lambda r: answer(fake, r), _at(BARS) + 1).rows


def walk_rows(kind: WalkKind) -> list[Row]:
    """The band's rows for Oh! Susanna in a funk style, with a walk."""
    fake = FakeTrio()
    directions = Directions.of(fake.directions, fake.spec.latent)
    facts = ModelFacts(fake.spec, fake.presets, directions, prior=True)
    events: list[Event] = [
        Answered(0.0, WorkerReady("fake", 1.0)),
        CommandReceived(T0 - 0.5, SetWalk(kind.value, 6.0)),
        CommandReceived(T0 - 0.4, SetControl("walk", 0.8)),
        CommandReceived(T0, Start()),
        *keys(),
        CommandReceived(_at(3.4), DropAnchor()),
        CommandReceived(_at(5.4), DropAnchor()),
        CommandReceived(_at(BARS) - 0.01, Stop()),
    ]
    state = unmoved(first_state(Setup(bpm=BPM, style="funk", seed=11), facts))
    return play(state, events, lambda r: answer(fake, r), _at(BARS) + 1).rows


def unmoved(state: State) -> State:
    """The state of a band that does not follow the player's energy."""
    return state.but(band=state.band.with_control("follow energy", 0.0))


def keys() -> Iterator[MidiIn]:
    """The key presses and releases of the tune."""
    for note in TUNES["susanna"].notes():
        if note.end <= BARS * 4 * TICKS_PER_BEAT:
            yield MidiIn(_seconds(note.tick), bytes((0x90, note.pitch, note.velocity)))
            yield MidiIn(_seconds(note.end), bytes((0x80, note.pitch, 0)))


def _seconds(tick: int) -> float:
    return T0 + tick / TICKS_PER_BEAT * 60 / BPM


def _at(bar: float) -> float:
    return T0 + bar * 4 * 60 / BPM


def read(name: str) -> list[Row]:
    """The committed rows of a mode, or of a walk."""
    with (FOLDER / f"{name}.csv").open(newline="") as file:
        lines = list(csv.reader(file))[1:]
    return [Row(int(t), part, kind, int(n), int(v)) for t, part, kind, n, v in lines]


def main() -> None:
    """Write all golden files."""
    FOLDER.mkdir(exist_ok=True)
    made = {mode.value: rows(mode) for mode in Mode}
    made |= {f"walk-{kind.value}": walk_rows(kind) for kind in WalkKind}
    for name, found in made.items():
        with (FOLDER / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(found)


if __name__ == "__main__":
    main()
