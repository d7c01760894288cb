"""Generated bars, requests under way and the looped phrase: values."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model.messages import BarTokens
from bridge.music.notes import Note
from bridge.session.state.code_player import ScoreBar


@dataclass(frozen=True, slots=True)
class GeneratedBar:
    """A bar that was generated: classes in the common key and how they were asked for.

    ``shift`` moved the played music into the common key; ``chords`` are the bar's two chord
    classes in the key as played; ``answer`` says whether its melody is played too; ``blind``
    that no key was known, so that the drums play alone; ``coded`` that it was decoded from a
    code, not from what was played; ``own_key`` that its melody is as it sounds. ``written`` are
    its notes, where it is a bar of a score.
    """

    tokens: BarTokens
    shift: int
    chords: tuple[int, ...]
    style: str
    answer: bool = False
    blind: bool = False
    coded: bool = False
    own_key: bool = False
    written: ScoreBar | None = None


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request under way: for ``bar``; its result may be placed from tick ``start`` on."""

    generation: int
    bar: int
    start: int
    shift: int
    style: str
    answer: bool
    index: int
    blind: bool = False
    patch: bool = False
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """The phrase that loops: ``notes`` lie in bars [start, start + bars)."""

    start: int
    bars: int
    notes: tuple[Note, ...]
