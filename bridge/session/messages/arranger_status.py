"""The arranger, the chord lane and the ears in a snapshot."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bridge.controllers.memories import Variation


class ChangeKind(StrEnum):
    """The kinds of changes that wait for a bar line or a phrase."""

    VARIATION = "variation"
    STYLE = "style"
    AUDITION = "audition"
    MODE = "mode"
    METRE = "metre"
    MEMORY = "memory"
    SECTION = "section"
    FORM = "form"
    INTRO = "intro"
    BREAK = "break"
    BREAK_ENDS = "break ends"
    ENDING = "ending"


class PendingChange(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A change that waits: what it is, its name, the position at which it takes effect (quarter
    notes from bar 0), and the beats of the metre until then, rounded up; 0 while nothing plays."""

    kind: ChangeKind
    name: str
    beat: float
    beats_left: int


class MemoryRow(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A stored memory: its number from 1, its name, style, tempo (BPM) and variation."""

    number: int
    name: str
    style: str
    bpm: float
    variation: Variation


class ArrangerStatus(msgspec.Struct, frozen=True, tag=True):
    """The arranger at one moment.

    ``variation`` plays; ``passage`` is ``intro``, ``break`` or ``ending`` while one plays, else
    empty. ``pending`` are the changes that wait, the soonest first. ``memory`` is the number of
    the memory chosen last (0: none), ``storing``: the next memory's button stores. ``audition`` is
    the style on trial (empty: none). ``form`` is the name of the form that was chosen and waits
    for its start (empty: none), ``forms`` are those that can be chosen.
    """

    variation: Variation = Variation.B
    passage: str = ""
    pending: tuple[PendingChange, ...] = ()
    memories: tuple[MemoryRow, ...] = ()
    memory: int = 0
    storing: bool = False
    audition: str = ""
    form: str = ""
    forms: tuple[str, ...] = ()
    phrase_bars: int = 4
    intro_bars: int = 4
    count_in: int = 0
    break_drums: bool = False
    intro_armed: bool = False
    metronome: bool = False
    transpose: int = 0


class ChordCell(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A chord of the chord lane: ``half`` bar number (two a bar, from bar 0), the chord's name, and
    ``heard``: it was heard in what was played; else it is expected, or the band's own reading."""

    half: int
    name: str
    heard: bool


class HearingStatus(msgspec.Struct, frozen=True, tag=True):
    """What the ears think, and how sure they are (0..1; None: they cannot say).

    ``key`` is the key found (empty: none yet); ``pinned``: the player has fixed it. ``chord`` is
    the one heard last, by the way ``mode`` of hearing chords. ``bpm`` is a tempo found while a
    tempo is listened for (0: none), ``energy`` the player's, 0..1 (None: nobody plays).
    """

    key: str = ""
    key_sure: float | None = None
    pinned: bool = False
    chord: str = ""
    chord_sure: float | None = None
    mode: str = ""
    bpm: float = 0.0
    bpm_sure: float | None = None
    listening: bool = False
    energy: float | None = None
