"""The DAW on the line of the ports: its bar, what the print key prints, what was printed. Pure."""

from __future__ import annotations

from bridge.session.messages.daw import DawStatus
from bridge.ui.colours import ACCENT, BAD, DIM, FAINT, GOOD, GROUND, TEXT, WARN, ink
from bridge.ui.keymap import Action, shown_key
from bridge.ui.view_state import Frame
from bridge.ui.views.styled_lines import Line, clip

NAME_CELLS = 12
PRINTED_CELLS = 32


def daw_lines(frame: Frame) -> list[Line]:
    """The DAW's part of the line, from the longest to the shortest; empty without a DAW."""
    status = frame.snapshot.daw
    if status is None:
        return []
    where = (*_name(status), *_bar(status, frame))
    key = _print_key(status)
    last = _last(status)
    return [(*where, *key, *last), (*where, *key), where, _name(status)]


def _name(status: DawStatus) -> Line:
    dot, colour = ("●", GOOD) if status.connected else ("○", BAD)
    name = clip(status.name, NAME_CELLS)
    return ((f" {dot} ", ink(colour, GROUND)), (f"{name} ", ink(DIM, GROUND)))


def _bar(status: DawStatus, frame: Frame) -> Line:
    """The DAW's bar and beat, carried on to the moment of the frame while it plays."""
    if not status.connected:
        return (("away ", ink(FAINT, GROUND)),)
    numerator, _, unit = status.signature.partition("/")
    beats, per_quarter = int(numerator or 4), int(unit or 4) / 4
    past = (frame.now - status.at) * status.tempo / 60 * per_quarter if status.playing else 0.0
    bars, beat = divmod(status.bar_beat - 1 + max(0.0, past), max(1, beats))
    text = f"{status.bar + int(bars)}.{int(beat) + 1} "
    metre = f"{status.signature} " if status.signature not in ("", "4/4") else ""
    return ((text, ink(TEXT, GROUND)), (metre, ink(WARN, GROUND)))


def _print_key(status: DawStatus) -> Line:
    """The key that prints, and what it prints now."""
    if status.printing:
        return (("printing ", ink(ACCENT, GROUND)),)
    coming = f"{shown_key(Action.PRINT)} prints {status.coming} " if status.coming else ""
    return ((coming, ink(DIM, GROUND)),)


def _last(status: DawStatus) -> Line:
    """The name of the last print, in pieces."""
    if not status.printed:
        return ()
    return ((f"last: {clip(status.printed, PRINTED_CELLS)} ", ink(FAINT, GROUND)),)
