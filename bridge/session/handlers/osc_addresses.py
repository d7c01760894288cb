"""Open Sound Control for the targets of knobs: addresses to commands, values to addresses. Pure.

An address is the target's name as in mapping files, under ``/latent``, with ``/`` for ``:`` and
``_`` for what OSC allows in no address: ``direction:density`` is ``/latent/direction/density``,
``volume drums`` is ``/latent/volume_drums``. Source: "The Open Sound Control 1.0 Specification"
(opensoundcontrol.stanford.edu), OSC Address Spaces.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.controllers.catalog import CATALOG, METRE, MODE
from bridge.controllers.targets import is_numbered, listed
from bridge.errors import NameUnknown
from bridge.music.grid import TICKS_PER_BEAT
from bridge.session.arranger.status import status_of
from bridge.session.bars.chord_chart import chord_at
from bridge.session.bars.form_sections import status_of as form_status
from bridge.session.handlers.code_player import status_of as code_status
from bridge.session.handlers.target_actions import NAMED as NAMED_ACTIONS
from bridge.session.handlers.target_actions import known_of, shown
from bridge.session.messages import commands as m
from bridge.session.messages.arranger_commands import StoreMemory
from bridge.session.state.session_state import State

ROOT: Final = "/latent/"
HAND_SECONDS: Final = 0.3
"""Seconds after a value came by OSC in which it is not sent back: a finger may be on the fader."""
NEAR: Final = 5e-4
NAMED: Final = tuple(prefix.removesuffix(":") for prefix in (*NAMED_ACTIONS, MODE, METRE))
"""Addresses that take a name as their argument too."""
_FORBIDDEN: Final = re.compile(r"[\s#*,?\[\]{}/]")
Value = float | str


def address_of(target: str) -> str:
    """The address of a target."""
    return ROOT + "/".join(_FORBIDDEN.sub("_", part) for part in target.split(":"))


_FORMER: Final = {address_of(alias): alias for alias in CATALOG.by_alias}
"""The addresses of former names."""


def targets(state: State) -> list[str]:
    """The names of the targets of a session: those that are listed, and what was moved besides."""
    return list(dict.fromkeys((*state.band.controls, *listed(known_of(state)))))


# --- in -----------------------------------------------------------------------------------


def command_for(known: Iterable[str], address: str, arguments: Sequence[object]) -> m.Command:
    """The command of a message to ``address``; ``known`` are the targets of the session. Former
    names of targets count as the present ones. NameUnknown for an address that is no target's;
    ValueError for arguments that make no sense there."""
    if not address.startswith(ROOT):
        raise NameUnknown("OSC address", address, [ROOT + "TARGET"])
    name = address.removeprefix(ROOT)
    if name in ("set", "value"):
        target, value = CATALOG.present_name(_text(arguments)), _number(arguments[1:])
        by_place = name == "set"
        return m.MoveTarget(target, value) if by_place else m.SetControl(target, value)
    if name in NAMED:
        return m.MoveTarget(f"{name}:{_text(arguments)}", 1.0)
    if name == "chords":
        return m.SetChords(_text(arguments) if arguments else "")
    if name == "save_anchor" and arguments and isinstance(arguments[0], str):
        return m.SaveAnchor(arguments[0])
    if name == "store_memory" and len(arguments) > 1:
        return StoreMemory(round(_number(arguments)), _text(arguments[1:]))
    return m.MoveTarget(_target(known, address), _number(arguments))


def hint_for(address: str, arguments: Sequence[object]) -> str:
    """A line for the player where a message calls a target by a former name, else empty."""
    if address in (ROOT + "set", ROOT + "value"):
        return CATALOG.hint(str(arguments[0])) if arguments else ""
    return CATALOG.hint(_FORMER.get(address, ""))


def _target(known: Iterable[str], address: str) -> str:
    """The target of an address; those of a number need not be known."""
    if address in _FORMER:
        return CATALOG.present_name(_FORMER[address])
    by_address = {address_of(target): target for target in known}
    target = by_address.get(address) or address.removeprefix(ROOT).replace("/", ":")
    if address not in by_address and not is_numbered(target):
        raise NameUnknown("OSC address", address, by_address)
    return target


def _text(arguments: Sequence[object]) -> str:
    if not arguments or not isinstance(arguments[0], str):
        raise ValueError("the first argument has to be a name")
    return arguments[0]


def _number(arguments: Sequence[object]) -> float:
    """The value, 1 where there is none: a button of its own."""
    if not arguments:
        return 1.0
    value = arguments[0]
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        raise ValueError("the value has to be a number")
    return float(value)


# --- out ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OscPeerView:
    """The values that the other side has, by address, and the time when each came from there."""

    values: Mapping[str, Value] = field(default_factory=dict)
    came: Mapping[str, float] = field(default_factory=dict)

    def hear(self, command: m.Command, at: float) -> OscPeerView:
        """After a command from the other side: it knows what it sent."""
        if not isinstance(command, m.MoveTarget):
            return self
        address = address_of(command.target)
        values = {**self.values, address: command.value}
        return replace(self, values=values, came={**self.came, address: at})

    def news(self, values: Mapping[str, Value], at: float) -> tuple[OscPeerView, dict[str, Value]]:
        """The values to send, by address, when these are the present ones."""
        news = {
            address: value
            for address, value in values.items()
            if _differ(value, self.values.get(address))
            and at - self.came.get(address, -math.inf) >= HAND_SECONDS
        }
        return replace(self, values={**self.values, **news}), news


def _differ(a: Value, b: Value | None) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) > NEAR
    return a != b


def values_of(state: State, at: float) -> dict[str, Value]:
    """All that is told to the other side, by address: where the targets stand (0..1), and
    where the music is."""
    found: dict[str, Value] = {}
    for target in targets(state):
        value = shown(state, target)
        if value is not None:
            found[address_of(target)] = value
    beat = state.clock.line.beat_at(at) if state.clock.running else state.clock.stopped_at
    grid, tick = state.clock.grid, math.floor(beat * TICKS_PER_BEAT)
    bar = grid.bar_of(tick)
    found[ROOT + "bpm"] = round(state.clock.line.bpm, 2)
    found[ROOT + "beat"] = float(grid.beat_of(tick) - grid.beat_of(grid.bar_start(bar)) + 1)
    found[ROOT + "bar"] = float(bar + 1)
    found[ROOT + "metre/now"] = grid.metre_of(bar).name
    found[ROOT + "chord"] = chord_at(state.plan.bars, grid.half_of(tick))
    found[ROOT + "chart"] = state.chords.chart.text
    found[ROOT + "style/now"] = state.band.style
    found[ROOT + "variation/now"] = state.arranger.variation.value
    found |= {ROOT + name: text for name, text in _names_now(state, beat).items()}
    found[ROOT + "pending"] = ", ".join(
        " ".join(filter(None, (change.kind, change.name, str(change.beats_left))))
        for change in status_of(state, beat).pending
    )
    found[ROOT + "message"] = state.message
    return found


def _names_now(state: State, beat: float) -> dict[str, str]:
    """The names of what is chosen and plays; empty texts for none."""
    status, form, codes = status_of(state, beat), form_status(state), code_status(state)
    return {
        "key": str(state.heard.key.key),
        "tune": state.tune.name,
        "walk/now": state.walking.walk.kind.value if state.walking.walk else "",
        "section/now": form.section if form else "",
        "form/waits": status.form,
        "passage": status.passage,
        "trial": status.audition,
        "idea": codes.label if codes else "",
    }
