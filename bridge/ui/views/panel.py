"""The panel at the right: volumes of the parts, knobs, latent directions, figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from bridge.controllers.catalog import CATALOG, DIRECTION, VOLUME
from bridge.music.notes import Part
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus, KnobStatus
from bridge.ui.colours import (
    ACCENT,
    DIM,
    EDGE,
    FAINT,
    PART_COLOURS,
    SURFACE,
    TEXT,
    WARN,
    WHITE,
    ink,
)
from bridge.ui.view_state import Frame
from bridge.ui.views.styled_lines import Line, Piece, clip, field, joined

_VALUE = 5
_BLANK: Line = (("", ink(ground=SURFACE)),)
_PARTS = tuple(Part)
_SECTIONS = ("parts", "feel", "colour of the band")


def in_order(controls: Iterable[ControlStatus]) -> tuple[ControlStatus, ...]:
    """The controls in the panel's order: volumes (melody first), then knobs, then directions."""
    return tuple(sorted(controls, key=lambda c: _section(c.name)))


def _section(name: str) -> int:
    return 0 if name.startswith(VOLUME) else 2 if name.startswith(DIRECTION) else 1


def bar(
    control: ControlStatus, width: int, colour: str, hardware: KnobStatus | None = None
) -> Line:
    """The value as a bar of ``width`` cells, half a cell fine.

    A range with both signs is drawn from its middle. A mark shows the position of the
    ``hardware``: full when it moves the value, hollow while it has to reach the value first.
    """
    span = control.high - control.low
    share = min(1.0, max(0.0, (control.value - control.low) / span)) if span > 0 else 0.0
    full = 2 * width
    at = round(share * full)
    first, end = (0, at) if control.low >= 0 else tuple(sorted((full // 2, at)))
    line: list[Piece] = []
    for cell in range(width):
        left, right = (first <= half < end for half in (2 * cell, 2 * cell + 1))
        glyph = "━" if left == right else "╸" if left else "╺"
        line.append((glyph, ink(colour if left or right else EDGE, SURFACE)))
    if control.low < 0 and first == end and width:
        line[width // 2] = ("┃", ink(FAINT, SURFACE))
    if hardware is not None and hardware.place is not None and width:
        cell = min(width - 1, int(min(1.0, max(0.0, hardware.place)) * width))
        line[cell] = ("●", ink(WHITE, SURFACE)) if hardware.caught else ("○", ink(WARN, SURFACE))
    return joined(line)


def rows(frame: Frame, width: int, height: int) -> list[Line]:
    """The panel's lines, scrolled so that the chosen knob is seen."""
    return [line for line, _ in _listed(frame, width, height)]


def control_at(frame: Frame, width: int, height: int, row: int) -> int | None:
    """The index of the knob that is drawn in a row; None where there is none."""
    listed = _listed(frame, width, height)
    return listed[row][1] if 0 <= row < len(listed) else None


def value_at(control: ControlStatus, width: int, column: int) -> float | None:
    """The value of a knob under a column of its bar; None beside the bar."""
    first, cells = _bar_place(width)
    if not first <= column < first + cells:
        return None
    share = (column - first + 0.5) / cells
    return control.low + share * (control.high - control.low)


def _bar_place(width: int) -> tuple[int, int]:
    """The first column of a knob's bar, and its cells."""
    name = _name_width(width)
    return name + 2, max(1, width - name - _VALUE - 4)


def _name_width(width: int) -> int:
    return 11 if width < 30 else 13


def _listed(frame: Frame, width: int, height: int) -> list[tuple[Line, int | None]]:
    """The lines that are shown, each with the index of its knob."""
    roomy = height >= len(frame.controls) + 6
    lines: list[tuple[Line, int | None]] = []
    chosen = 0
    section = -1
    for index, control in enumerate(frame.controls):
        if _section(control.name) != section:
            section = _section(control.name)
            if lines and roomy:
                lines.append((_BLANK, None))
            lines.append((_heading(_SECTIONS[section], width), None))
        if index == frame.knob:
            chosen = len(lines)
        lines.append((_knob(frame, control, index == frame.knob, width), index))
    for facts in (_clock(frame.snapshot, width), _session(frame.snapshot, width)):
        if facts and height - len(lines) > len(facts) + 1:
            lines += [(line, None) for line in (_BLANK, *facts)]
    top = max(0, min(chosen - height // 2, len(lines) - height))
    shown = lines[top : top + height]
    if top > 0 and shown:
        shown[0] = _more(f"▲ {top + 1} more above", width), None
    if (below := len(lines) - top - height) > 0 and shown:
        shown[-1] = _more(f"▼ {below + 1} more below", width), None
    return shown


def _more(text: str, width: int) -> Line:
    """A sign that the list goes on."""
    return ((field(f" {text}", width), ink(FAINT, SURFACE)),)


def _clock(shot: Snapshot, width: int) -> list[Line]:
    """The measured quality of the clock that is followed; no lines for our own clock."""
    meter = shot.meter
    if meter is None:
        return []
    facts = (
        ("tempo", measure(meter.bpm or None, ".1f", "bpm")),
        ("jitter", measure(meter.jitter_sd_ms, ".2f", "ms")),
        ("at worst", measure(meter.jitter_p99_ms, ".2f", "ms")),
        ("drift", measure(meter.drift_ppm, "+.0f", "ppm")),
        ("missed", str(meter.missed)),
        ("said", meter.said[-1] if meter.said else "-"),
    )
    name = "clock lost" if meter.lost and meter.clocks else "clock"
    return [_heading(name, width), *(_fact(n, value, width) for n, value in facts)]


def measure(value: float | None, form: str, unit: str) -> str:
    """A value with its unit, ten cells wide; a dash where it is not known yet."""
    return f"{'-' if value is None else format(value, form):>6} {unit:<3}"


def _session(shot: Snapshot, width: int) -> list[Line]:
    counters = shot.counters
    facts = (
        ("bars made", str(counters.bars_generated)),
        ("bars repeated", str(counters.bars_repeated)),
        ("notes in, out", f"{counters.notes_in}, {counters.notes_out}"),
        ("form", f"{shot.phrase_bars} bars" if shot.phrase_bars else "-"),
        ("model", shot.model or "-"),
    )
    return [_heading("session", width), *(_fact(name, value, width) for name, value in facts)]


def _fact(name: str, value: str, width: int) -> Line:
    text = clip(value, width - 16)
    return (
        (field(f" {name}", width - cell_len(text) - 1), ink(DIM, SURFACE)),
        (f"{text} ", ink(TEXT, SURFACE)),
    )


def _heading(name: str, width: int) -> Line:
    rule = "─" * max(0, width - len(name) - 3)
    return ((f" {name} ", ink(DIM, SURFACE, True)), (rule, ink(EDGE, SURFACE)))


def _knob(frame: Frame, control: ControlStatus, chosen: bool, width: int) -> Line:
    part = _part_of(control.name)
    solo = frame.snapshot.solo
    muted = part in frame.snapshot.muted or bool(solo and part and part not in solo)
    colour = FAINT if muted else PART_COLOURS[part] if part else ACCENT
    name_width = _name_width(width)
    _, bar_width = _bar_place(width)
    mark = ("▸", ink(WHITE, SURFACE, True)) if chosen else (" ", ink(ground=SURFACE))
    number = f"{_PARTS.index(part) + 1} " if part else ""
    name = field(number + CATALOG.short_title(control.name), name_width)
    value = (
        "muted"
        if muted
        else "solo"
        if part in solo
        else f"{control.value:{'+' if control.low < 0 else ''}.2f}"
    )
    text = WHITE if chosen else FAINT if muted else TEXT if part else DIM
    return (
        mark,
        (name, ink(text, SURFACE, chosen)),
        (" ", ink(ground=SURFACE)),
        *bar(control, bar_width, colour, hardware_of(frame.snapshot, control.name)),
        (f" {clip(value, _VALUE):>{_VALUE}} ", ink(WHITE if chosen else DIM, SURFACE)),
    )


def hardware_of(shot: Snapshot, name: str) -> KnobStatus | None:
    """The mapped control that moves a target; of several preferably one that has caught the
    value, then one whose position is known."""
    mapped = [knob for knob in shot.knobs if knob.target == name]
    return max(mapped, key=lambda k: (k.place is not None, k.caught), default=None)


def part_number(name: str) -> int | None:
    """The number (from 0) of the part whose volume a control is; None for any other."""
    part = _part_of(name)
    return None if part is None else _PARTS.index(part)


def _part_of(name: str) -> Part | None:
    tail = name.removeprefix(VOLUME)
    return Part(tail) if name.startswith(VOLUME) and tail in set(Part) else None
