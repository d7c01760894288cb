"""The time offsets of outputs and clocks, and the check for clock feedback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import click

from bridge.errors import NameUnknown, PortError
from bridge.files.settings import MOST_OFFSET_MS, OFFSETS, VIRTUAL, Settings
from bridge.midi.port_names import one_port
from bridge.music.notes import Part

CLOCK, CLOCK_OUT = "clock", "clock_out"


@dataclass(frozen=True)
class Offsets:
    """The delays (seconds, negative: early) of the parts, of the clock that is followed, and of
    each clock that is sent."""

    parts: Mapping[Part, float]
    clock: float
    clock_outs: tuple[float, ...]


def offsets_of(settings: Settings, moves: Iterable[str] = ()) -> Offsets:
    """The offsets of the settings, overridden by those of ``--offset NAME=MS``.

    NAME is a part, ``clock`` (the one that is followed), ``clock-out`` (all that we send), or the
    name of a port: then all that goes there is shifted, notes and clock alike. A clock that goes
    to the port of a part has the part's offset unless it has its own. NameUnknown for other
    names, BadParameter for a wrong text or number.
    """
    given = dict(_parsed(text) for text in moves)
    ports = {_plain(settings.ports[part.value]): part for part in Part}
    outs = [_plain(name) for name in settings.clock_out]
    known = [*OFFSETS, *(name for name in (*ports, *outs) if name not in (VIRTUAL, "none"))]
    for name in given:
        if name not in known:
            raise NameUnknown("part or output", name, dict.fromkeys(known))
    milliseconds = {**settings.offsets_ms, **given}

    def of_part(part: Part) -> float:
        port = _plain(settings.ports[part.value])
        return given.get(part.value, given.get(port, milliseconds.get(part.value, 0.0)))

    def of_out(port: str) -> float:
        if port in given:
            return given[port]
        shared = ports.get(port) if port != VIRTUAL else None
        own = milliseconds.get(CLOCK_OUT, 0.0)
        return own or (of_part(shared) if shared is not None else 0.0)

    return Offsets(
        parts={part: of_part(part) / 1000 for part in Part},
        clock=milliseconds.get(CLOCK, 0.0) / 1000,
        clock_outs=tuple(of_out(port) / 1000 for port in outs),
    )


def _parsed(text: str) -> tuple[str, float]:
    """Name and milliseconds of ``NAME=MS``. BadParameter for a wrong text or range."""
    name, _, number = text.rpartition("=")
    try:
        milliseconds = float(number)
    except ValueError:
        name = ""
        milliseconds = 0.0
    if not name:
        raise click.BadParameter(f"--offset {text!r} is not NAME=MILLISECONDS")
    if not abs(milliseconds) <= MOST_OFFSET_MS:
        raise click.BadParameter(f"--offset {text!r}: at most {MOST_OFFSET_MS} ms either way")
    plain = _plain(name)
    return (plain.replace("-", "_") if plain.replace("-", "_") in OFFSETS else plain), milliseconds


def _plain(name: str) -> str:
    return name.strip().casefold()


def refuse_feedback(followed: str, outputs: Iterable[str]) -> None:
    """PortError if one of the outputs is the port whose clock is followed."""
    if any(followed and one_port(followed, name) for name in outputs):
        raise PortError(
            f"we follow the clock of {followed!r}, so none is sent back to it: leave that "
            "port out of --clock-out, or leave --clock out and lead"
        )
