"""The lanes of the piano roll: the rows of each part, and the pitch or drum of each row.

Pure. A terminal row holds two pixel rows (half blocks); a pitched lane shows one semitone a
pixel row where there is room, and squeezes a wider range into the rows it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.music.notes import Part

DRUM_FAMILIES: dict[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40),
    "hat": (42, 44),
    "open": (46,),
    "tom 3": (41, 43, 45),
    "tom 2": (47, 48),
    "tom 1": (50,),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 54, 56, 59),
}
"""General MIDI drum notes by the nine drums of the model; all others count as ``ride``."""

_FOLDED: dict[int, dict[str, tuple[str, ...]]] = {
    9: {name: (name,) for name in
        ("crash", "ride", "open", "hat", "tom 1", "tom 2", "tom 3", "snare", "kick")},
    6: {"cymbal": ("crash", "ride"), "open": ("open",), "hat": ("hat",),
        "toms": ("tom 1", "tom 2", "tom 3"), "snare": ("snare",), "kick": ("kick",)},
    5: {"cymbal": ("crash", "ride"), "hat": ("open", "hat"),
        "toms": ("tom 1", "tom 2", "tom 3"), "snare": ("snare",), "kick": ("kick",)},
    3: {"hat": ("crash", "ride", "open", "hat"),
        "snare": ("tom 1", "tom 2", "tom 3", "snare"), "kick": ("kick",)},
}  # fmt: skip
"""By the rows of the drums' lane: labels, top to bottom, and the families that share a row."""

_FAMILY_OF = {note: family for family, notes in DRUM_FAMILIES.items() for note in notes}
_DEFAULT_LOW = {Part.MELODY: 55, Part.BASS: 33}
_C = 12


@dataclass(frozen=True, slots=True)
class Lane:
    """The rows ``top`` .. ``top + rows - 1`` of the roll, which belong to ``part``."""

    part: Part
    top: int
    rows: int

    @property
    def pixels(self) -> int:
        """Pixel rows in the lane."""
        return self.rows * 2


@dataclass(frozen=True, slots=True)
class Range:
    """The pitches a lane shows: ``span`` semitones from ``low`` up."""

    low: int
    span: int

    def holds(self, low: int, high: int) -> bool:
        """True if the pitches ``low`` to ``high`` lie inside."""
        return self.low <= low and high < self.low + self.span


def divide(rows: int) -> tuple[Lane, ...]:
    """Divide ``rows`` (8 or more look right) among melody, bass and drums, top to bottom.

    From 18 rows on a blank row parts the lanes.
    """
    gap = 1 if rows >= 18 else 0
    drums = 9 if rows >= 27 else 6 if rows >= 18 else 5 if rows >= 12 else 3
    drums = min(drums, max(0, rows - 2))
    pitched = max(0, rows - drums - 2 * gap)
    bass = round(pitched * 0.36)
    melody = pitched - bass
    return (
        Lane(Part.MELODY, 0, melody),
        Lane(Part.BASS, melody + gap, bass),
        Lane(Part.DRUMS, melody + gap + bass + gap, drums),
    )


def refit(lane: Lane, pitches: Iterable[int], before: Range | None) -> Range:
    """The range for a pitched lane: the one ``before`` while the pitches fit it.

    It moves when a pitch falls outside, and narrows only when half of it is unused, so
    that the picture stays steady.
    """
    shown = sorted(pitches)
    room = max(1, lane.pixels)
    if not shown:
        return _around(before, lane, room)
    low, high = shown[0], shown[-1]
    need = high - low + 1
    fits = before is not None and before.holds(low, high)
    if before is not None and fits and before.span == max(room, before.span):
        wasteful = before.span > room and need * 2 <= before.span
        if not wasteful:
            return before
    span = max(room, need + 2)
    spare = span - need
    return Range(max(0, min(low - spare // 2, 128 - span)), span)


def _around(before: Range | None, lane: Lane, room: int) -> Range:
    if before is not None and before.span >= room:
        return before
    low = before.low if before is not None else _DEFAULT_LOW.get(lane.part, 36)
    return Range(max(0, min(low, 128 - room)), room)


def pixel_of(lane: Lane, shown: Range, pitch: int) -> int:
    """The pixel row, from the lane's top, of a pitch; clamped into the lane."""
    inside = min(shown.span - 1, max(0, pitch - shown.low))
    return (shown.span - 1 - inside) * lane.pixels // shown.span


def drum_row(lane: Lane, pitch: int) -> int:
    """The row, from the lane's top, of a drum note."""
    family = _FAMILY_OF.get(pitch, "ride")
    table = _FOLDED.get(lane.rows, {})
    for row, families in enumerate(table.values()):
        if family in families:
            return row
    return max(0, lane.rows - 1)


def labels(lane: Lane, shown: Range) -> Sequence[str]:
    """A label for each row of the lane: drums by name, pitched rows that hold a C."""
    if lane.part is Part.DRUMS:
        return list(_FOLDED.get(lane.rows, {"drums": ()})) + [""] * lane.rows
    names = [""] * lane.rows
    for pitch in range(shown.low, shown.low + shown.span):
        if pitch % _C == 0 and lane.rows:
            names[pixel_of(lane, shown, pitch) // 2] = f"C{pitch // _C - 1}"
    return names
