"""What the engine tells the screen of its parts. Typed, small."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bridge.music.notes import Part


class WorkerState(StrEnum):
    """Where the model worker is in its life."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"
    FAILED = "failed"


class NoteState(StrEnum):
    """What may still happen to a note on the roll."""

    PLAYED = "played"
    COMMITTED = "committed"
    PLANNED = "planned"


class RollNote(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """One note of the piano roll; ticks are 960 a quarter note from bar 0."""

    part: Part
    tick: int
    length: int
    pitch: int
    velocity: int
    state: NoteState


class PortStatus(msgspec.Struct, frozen=True, tag=True):
    """A port: its role (``in``, ``melody``, ``bass``, ``drums``, ``clock``,
    ``clock out``, ``sound``) and name.

    ``active`` is the monotonic time of the last message, 0 for never.
    """

    role: str
    name: str
    connected: bool
    active: float = 0.0


class ControlStatus(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A control's name, range and value."""

    name: str
    low: float
    high: float
    value: float


class Counters(msgspec.Struct, frozen=True, tag=True):
    """What went wrong or right so far."""

    notes_in: int = 0
    notes_out: int = 0
    bars_generated: int = 0
    bars_repeated: int = 0
    results_late: int = 0
    results_stale: int = 0
    notes_dropped: int = 0
    worker_restarts: int = 0


class Timing(msgspec.Struct, frozen=True, tag=True):
    """Lateness of sent notes in microseconds, and the model's last answer in ms."""

    late_p50_us: float = 0.0
    late_p99_us: float = 0.0
    late_max_us: float = 0.0
    model_ms: float = 0.0


class ClockStatus(msgspec.Struct, frozen=True, tag=True):
    """How good the clock is that is followed (see :mod:`bridge.timing.clock_meter`).

    ``bpm`` 0 and None mean: not known yet. ``motion``: stopped, armed or running. ``said``
    holds the last transport messages with their positions, the newest last.
    """

    bpm: float = 0.0
    jitter_sd_ms: float | None = None
    jitter_p99_ms: float | None = None
    drift_ppm: float | None = None
    clocks: int = 0
    missed: int = 0
    doubled: int = 0
    motion: str = "stopped"
    lost: bool = False
    said: tuple[str, ...] = ()


class FormStatus(msgspec.Struct, frozen=True, tag=True):
    """The form that runs: ``bar`` (from 1) of ``bars`` (0 while it is held) of ``section``
    plays, then comes ``then`` (empty: nothing); ``pending`` was asked for and begins at the
    next bar line. ``sections`` are those to go to."""

    name: str
    section: str
    bar: int
    bars: int
    then: str = ""
    pending: str = ""
    held: bool = False
    sections: tuple[str, ...] = ()


class LearnStatus(msgspec.Struct, frozen=True, tag=True):
    """MIDI learn under way: for which ``target``; what was ``heard``, for a person, empty for
    nothing yet; ``hint`` says what to do now; ``conflict`` what the control moves already,
    which ConfirmLearn takes from it. ``done``: it is bound (or no more), and knobs are knobs."""

    target: str
    heard: str = ""
    hint: str = ""
    conflict: str = ""
    done: bool = False


class KnobStatus(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A mapped control: its ``target``; the ``control`` for a person (``cc 20 ch 1``); where
    the hardware stands, 0..1 of its way, None while it is not known (or has no place);
    ``value`` of the target, 0..1; ``caught`` whether it has hold of it."""

    target: str
    control: str
    place: float | None
    value: float
    caught: bool
