"""The state of the screen at one moment: all that drawing needs, as a value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import msgspec

from bridge.music.grid import TICKS_PER_BEAT, USUAL_GRID, Grid
from bridge.session.messages.commands import Mode
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus, Counters, Timing, WorkerState
from bridge.session.messages.takes import TakeStatus
from bridge.ui.keys.typing_piano import Typing

WIDE = 104
"""Columns from which fields get their labels and the panel more room."""
STALE = 1.0
"""Seconds after which a silent engine's position is no longer extrapolated."""

WAITING = Snapshot(
    at=0.0,
    running=False,
    beat=0.0,
    bpm=120.0,
    mode=Mode.FOLLOW,
    style="",
    styles=(),
    worker=WorkerState.STARTING,
    message="waiting for the engine",
)
"""Stands in for the engine's snapshot before the first."""


def still_part(shot: Snapshot) -> Snapshot:
    """A snapshot without what moves from picture to picture: two that are equal give the same
    header and the same arranger's row at the same beat."""
    take = shot.take
    return msgspec.structs.replace(
        shot, at=0.0, beat=0.0 if shot.beat >= 0 else -1.0, roll=(), held=(), chords=(), ports=(),
        controls=(), knobs=(), trail=(), spots=(), space=None, attributes=(),
        counters=Counters(), timing=Timing(),
        take=None if take is None else TakeStatus(float(int(take.seconds)), 0),
    )  # fmt: skip


class Page(StrEnum):
    """The pages that the middle of the screen can show."""

    ROLL = "roll"
    MAP = "map"

    @property
    def after(self) -> Page:
        """The page that comes next, round and round."""
        pages = tuple(Page)
        return pages[(pages.index(self) + 1) % len(pages)]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the screen. ``now`` is monotonic seconds, ``beat`` the extrapolated
    position.

    ``knob`` is the index of the chosen control in ``controls``, which hold the values last
    set here until the engine confirms them; ``zoom`` is an index of
    :data:`bridge.ui.views.piano_roll.ZOOMS`; ``notice`` is the message of the moment;
    ``cursor`` is that of the map, -1..1 each way (None: not moved yet).
    """

    snapshot: Snapshot = WAITING
    now: float = 0.0
    beat: float = 0.0
    typing: Typing = field(default_factory=Typing)
    controls: tuple[ControlStatus, ...] = ()
    knob: int = 0
    zoom: int = 1
    page: Page = Page.ROLL
    cursor: tuple[float, float] | None = None
    notice: str = ""


def beat_at(snapshot: Snapshot, now: float, before: float | None = None) -> float:
    """The position at ``now``: extrapolated while running, for :data:`STALE` at the most.

    A step back of less than an eighth of a beat from the position shown ``before`` is
    jitter between two clocks, and is not shown.
    """
    if not snapshot.running:
        return snapshot.beat
    elapsed = min(STALE, max(0.0, now - snapshot.at))
    beat = snapshot.beat + elapsed * snapshot.bpm / 60
    if before is not None and beat < before < beat + 0.125:
        return before
    return beat


@lru_cache(maxsize=8)
def grid_of(rows: tuple[tuple[int, int, str], ...]) -> Grid:
    """The bar lines of a snapshot's ``grid``."""
    return Grid.from_rows(rows)


def position(beat: float, grid: Grid = USUAL_GRID) -> tuple[int, int]:
    """Bar and beat as musicians count, at a position in quarter notes: from 1; the count-in's bars
    are -1, -2 ..."""
    tick = math.floor(beat * TICKS_PER_BEAT)
    bar = grid.bar_of(tick)
    within = (tick - grid.bar_start(bar)) // grid.metre_of(bar).ticks_per_beat
    return (bar + 1 if bar >= 0 else bar), within + 1
