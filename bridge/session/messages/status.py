"""The parts of a snapshot: status of worker, ports, clock, form, MIDI learn; counters; timing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bridge.music.notes import Part


class WorkerState(StrEnum):
    """The state of the worker process."""

    STARTING = "starting"
    READY = "ready"
    LOST = "lost"
    FAILED = "failed"


class NoteState(StrEnum):
    """The state of a note on the piano roll: played, final but still to come, or still open to
    change."""

    PLAYED = "played"
    COMMITTED = "committed"
    PLANNED = "planned"


class RollNote(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """One note of the piano roll; ``tick`` and ``length`` in 1/960 quarter notes from bar 0."""

    part: Part
    tick: int
    length: int
    pitch: int
    velocity: int
    state: NoteState


class PortStatus(msgspec.Struct, frozen=True, tag=True):
    """A port: its role (``in``, ``melody``, ``bass``, ``drums``, ``clock``,
    ``clock out``, ``sound``) and name.

    ``active`` is the monotonic time of the last message, 0 for never; ``struck`` that of the last
    note that began, ``velocity`` (1..127) how hard it was. ``peak`` (0..1 of full scale) is the
    highest level of late, of a port that sounds itself.
    """

    role: str
    name: str
    connected: bool
    active: float = 0.0
    struck: float = 0.0
    velocity: int = 0
    peak: float = 0.0


class ControlStatus(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A control's name, range (``low`` to ``high``) and value."""

    name: str
    low: float
    high: float
    value: float


class Counters(msgspec.Struct, frozen=True, tag=True):
    """Counts of notes, bars, unused results and restarts since the session began.
    ``notes_returned`` were ours and came back on an input."""

    notes_in: int = 0
    notes_out: int = 0
    bars_generated: int = 0
    bars_repeated: int = 0
    results_late: int = 0
    results_stale: int = 0
    notes_dropped: int = 0
    worker_restarts: int = 0
    notes_returned: int = 0


class Timing(msgspec.Struct, frozen=True, tag=True):
    """Lateness of the notes sent (microseconds), and the time of the model's last result (ms)."""

    late_p50_us: float = 0.0
    late_p99_us: float = 0.0
    late_max_us: float = 0.0
    model_ms: float = 0.0


class ClockStatus(msgspec.Struct, frozen=True, tag=True):
    """The measured quality of an incoming clock (see :mod:`bridge.timing.clock_meter`).

    ``bpm`` 0 and None mean: not known yet. ``motion``: stopped, armed, running or unknown.
    ``said`` holds the last transport messages with their positions, the newest last.
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
    """The position in the form: ``bar`` (from 1) of the ``bars`` (0 while held) of ``section``
    plays, then comes the section ``then`` (empty: none). ``pending`` is the section that the
    player asked for; it begins at the next bar line. ``sections`` are the names of all."""

    name: str
    section: str
    bar: int
    bars: int
    then: str = ""
    pending: str = ""
    held: bool = False
    sections: tuple[str, ...] = ()


class LearnStatus(msgspec.Struct, frozen=True, tag=True):
    """MIDI learn for a ``target``: the control ``heard`` as text (empty: none yet); ``hint`` tells
    the player what to do; ``conflict`` names the targets that the control moves already, from
    which ConfirmLearn takes it. ``done``: the control is bound (or unbound), and controls work
    again."""

    target: str
    heard: str = ""
    hint: str = ""
    conflict: str = ""
    done: bool = False


class KnobStatus(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A mapped control: its ``target``; the ``control`` as text (``cc 20 ch 1``); the ``place`` of
    the hardware, 0..1 of its travel, None while unknown (or for an endless knob); the ``value``
    of the target, 0..1; ``caught``: its movements change the value."""

    target: str
    control: str
    place: float | None
    value: float
    caught: bool
