"""A session that begins as the last one ended: its settings, controls, mutes and ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bridge.cli.live.ears_options import LISTEN
from bridge.controllers.catalog import CONTROLS
from bridge.errors import BridgeError, NameUnknown, PortError
from bridge.files.last_session import KEYS, LastSession, read_last_session
from bridge.files.settings import NO_PORT, SOUND, VIRTUAL, Settings
from bridge.midi.port_names import match_port
from bridge.midi.rtmidi_ports import Backend
from bridge.music.notes import Part
from bridge.session.latent.point import MORPH, exists, is_point_control
from bridge.session.messages.commands import Command, Mode, Mute, SetControl, SetMorph
from bridge.session.state.setup import ModelFacts

_OWN: Final = (VIRTUAL, NO_PORT, SOUND)
_ROLES: Final = ("in", "melody", "bass", "drums")
_MUSIC: Final = ("style", "metre", "mode")
"""Settings that belong together: one of them on the command line stands above all."""


def last_of(settings: Settings, flags: Mapping[str, Any]) -> LastSession | None:
    """The last session, if this one goes on from it: with a screen, unless the settings or the
    options say otherwise."""
    fresh = flags["fresh"]
    if fresh is None:
        fresh = settings.fresh or flags["headless"]
    return None if fresh else read_last_session()


def keeps(flags: Mapping[str, Any]) -> bool:
    """True if this session is to be the last one of the next."""
    return not flags["headless"] or flags["fresh"] is False


def resumed(settings: Settings, flags: Mapping[str, Any], last: LastSession) -> Settings:
    """The settings of the file with the last session's values in place of those that were not
    changed in the file since; options stand above both."""
    values = {
        key: getattr(last.now, key)
        for key in KEYS
        if getattr(settings, key) == getattr(last.before, key)
    }
    leads = flags["link"] or flags["tempo"] == LISTEN
    same_model = (flags["model"] or settings.model) == last.model
    if not same_model or any(flags[key] for key in (*_MUSIC, "form")):
        values = {key: value for key, value in values.items() if key not in _MUSIC}
    if leads:
        values.pop("clock", None)
    ports = {
        role: last.now.ports.get(role, port) if port == last.before.ports.get(role) else port
        for role, port in settings.ports.items()
    }
    return replace(settings, ports=ports, **values)


def possible(settings: Settings, usual: Settings, facts: ModelFacts) -> Settings:
    """The settings with a style, metre and mode that the model has; else those of the file."""
    preset = facts.presets.get(settings.style)
    fits = preset is not None and preset.metre == settings.metre
    if settings.metre not in facts.spec.metres or not (fits or not settings.style):
        settings = replace(settings, style=usual.style, metre=usual.metre)
    if settings.mode == Mode.TAP and not facts.taps:
        settings = replace(settings, mode=usual.mode)
    return settings


def commands_of(last: LastSession, facts: ModelFacts) -> tuple[Command, ...]:
    """The commands that bring controls, mutes and the latent point back; of another model's
    session only what every model has."""
    own = facts.spec.name == last.model
    morph = [SetMorph(*last.morph)] if last.morph is not None and own else []
    # The mix of two anchors moves the point; where its controls stood comes after it.
    ordered = sorted(last.controls.items(), key=lambda item: item[0] != MORPH)
    moves = [SetControl(name, value) for name, value in ordered if own or name in CONTROLS]
    moves = [move for move in moves if is_known(move.target, facts, mixes=bool(morph))]
    mutes = [Mute(Part(name), True) for name in last.muted if name in list(Part)]
    return (*morph, *moves, *mutes)


def is_known(name: str, facts: ModelFacts, *, mixes: bool) -> bool:
    """True if a control is there with this model; ``mixes``: two anchors are mixed."""
    if is_point_control(name):
        return exists(facts, name)
    return mixes if name == MORPH else name in CONTROLS


def ports_there(
    settings: Settings, usual: Settings, backend: str, driver: str
) -> tuple[Settings, str]:
    """The settings with the usual port in place of each port of the last session that is gone, and
    a line that says so (empty: all are there)."""
    changed = [role for role in _ROLES if settings.ports[role] != usual.ports[role]]
    clocks = [settings.clock] if settings.clock != usual.clock else []
    outs = [name for name in settings.clock_out if name not in usual.clock_out]
    if not (changed or clocks or outs):
        return settings, ""
    try:
        with Backend.choose(backend, driver) as system:
            inputs, outputs = system.inputs(), system.outputs()
    except (PortError, NameUnknown):
        return settings, ""  # opening them says why
    gone: list[str] = []

    def there(name: str, names: list[str]) -> bool:
        if name in _OWN or _matches(name, names):
            return True
        gone.append(name)
        return False

    ports = dict(settings.ports)
    for role in changed:
        if not there(ports[role], inputs if role == "in" else outputs):
            ports[role] = usual.ports[role]
    clock = settings.clock if not clocks or there(settings.clock, inputs) else usual.clock
    sent = tuple(n for n in settings.clock_out if n not in outs or there(n, outputs))
    note = f"gone since last time: {', '.join(dict.fromkeys(gone))}; the usual port is used"
    return replace(settings, ports=ports, clock=clock, clock_out=sent), note if gone else ""


def _matches(name: str, names: list[str]) -> bool:
    try:
        match_port(name, names, "port")
    except BridgeError:
        return False
    return True
