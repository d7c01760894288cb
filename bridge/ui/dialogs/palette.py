"""The command palette: every action, switch, knob and setting, by any of its names.

It is Textual's own; what it offers comes from the table of keys, from the catalog of targets and
from the lists of the session (styles, tunes, places, forms, sections).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.fuzzy import Matcher

from bridge.controllers.catalog import CATALOG, TEMPO
from bridge.controllers.catalog_types import Target, TargetKind
from bridge.session.messages import commands as m
from bridge.session.messages.listings import ChooseForm
from bridge.session.messages.setting_forms import SETTING_NAMES
from bridge.session.messages.snapshot import Snapshot
from bridge.session.messages.status import ControlStatus
from bridge.ui.dialogs.text_prompt import TextPrompt
from bridge.ui.host import Host
from bridge.ui.keymap import GROUPS, NAMES, Action, KeyBinding, keys_shown
from bridge.ui.keys.layouts import Layout

_NUMBER: Final = re.compile(r"(.*?)\s+(-?\d+(?:\.\d+)?)\s*$")
_NAMED_PART: Final = 0.9
"""The worth of a find in one of the other names, against one in the title."""


@dataclass(frozen=True)
class Offer:
    """One line of the palette: its title, other names, an explanation, and what it does. ``number``
    is called instead where a number is typed after the name."""

    title: str
    names: tuple[str, ...]
    explanation: str
    run: Callable[[], None]
    number: Callable[[float], None] | None = None


class ActionProvider(Provider):
    """Offers everything that can be done, each with its explanation and keys."""

    async def discover(self) -> Hits:
        """All that can be done, in the order of the tables."""
        for offer in self._offers():
            yield DiscoveryHit(offer.title, offer.run, help=offer.explanation)

    async def search(self, query: str) -> Hits:
        """What one of the names of fits the query; with a number at its end, the knobs."""
        numbered = _NUMBER.fullmatch(query)
        words, number = (numbered[1], float(numbered[2])) if numbered else (query, 0.0)
        matcher, whole = self.matcher(words), self.matcher(query)
        for offer in self._offers():
            if numbered and offer.number is not None and (worth := _worth(matcher, offer)):
                title = f"{offer.title}: {number:g}"
                set_to, value = offer.number, number
                yield Hit(worth, title, partial(set_to, value), title, offer.explanation)
                continue
            score = whole.match(offer.title)
            other = max(map(whole.match, (*offer.names, offer.explanation)), default=0.0)
            best = max(score, _NAMED_PART * other)
            if best > 0:
                shown = whole.highlight(offer.title) if score > 0 else offer.title
                yield Hit(best, shown, offer.run, offer.title, offer.explanation)

    def _offers(self) -> Iterator[Offer]:
        host: Host = self.app  # type: ignore[assignment]
        yield from offers(host)


def _worth(matcher: Matcher, offer: Offer) -> float:
    """The worth of a knob whose title, or another name, fits; 0 where none does."""
    if matcher.match(offer.title) > 0:
        return 1.0
    return _NAMED_PART if any(matcher.match(name) > 0 for name in offer.names) else 0.0


def offers(host: Host) -> Iterator[Offer]:
    """Everything that the palette offers now."""
    shot, layout = host.newest, host.frame.typing.layout
    named: set[str] = set()
    for group, entry in _listed():
        named.add(str(entry.action))
        yield _of_entry(host, group, entry, layout)
    yield from _of_lists(host, shot)
    yield Offer(TEMPO, ("bpm", "beats a minute", "speed"), "the tempo in beats a minute",
                partial(ask_tempo, host), lambda value: host.post(m.SetTempo(value)))  # fmt: skip
    for control in host.frame.controls:
        yield _of_control(host, control)
    for target in CATALOG.targets:
        if target.name not in named and target.kind is not TargetKind.CONTROL:
            yield from _of_target(host, target)
    for key, (title, names) in SETTING_NAMES.items():
        yield Offer(f"setting: {title}", (key, *names), "on the settings page",
                    partial(host.open_settings, key))  # fmt: skip


def _listed() -> Iterator[tuple[str, KeyBinding]]:
    """The groups and entries of the actions that the palette offers."""
    hidden = (Action.PALETTE, Action.BACK_ONE)
    for group, rows in GROUPS.items():
        yield from ((group, entry) for entry in rows if entry.action not in hidden)


def _of_entry(host: Host, group: str, entry: KeyBinding, layout: Layout) -> Offer:
    target = entry.target
    names = (str(entry.action), *NAMES.get(entry.action, ()))
    if target is not None:
        names += (target.name, target.short, *target.aliases)
    keys = " ".join(keys_shown(entry, layout).split())
    explanation = f"{entry.explanation or group}{keys and f' · {keys}'}"
    return Offer(entry.meaning, names, explanation, lambda: host.perform(entry.action))


def _of_lists(host: Host, shot: Snapshot) -> Iterator[Offer]:
    """The styles, tunes, places, forms and sections by their names."""
    sections = shot.form.sections if shot.form else ()
    lists: tuple[tuple[str, tuple[str, ...], Callable[[str], m.Command]], ...] = (
        ("style", shot.styles, m.SetStyle),
        ("tune", shot.tunes, lambda name: m.PlayTune(True, name)),
        ("place", shot.anchors, m.RecallAnchor),
        ("form", shot.arranger.forms, ChooseForm),
        ("section", sections, m.GoToSection),
        ("metre", shot.metres if len(shot.metres) > 1 else (), m.SetMetre),
    )
    for kind, names, command in lists:
        for name in names:
            yield Offer(f"{kind}: {name}", (name,), f"{kind} of that name",
                        partial(host.post, command(name)))  # fmt: skip


def _of_control(host: Host, control: ControlStatus) -> Offer:
    """A knob: chosen, or set to a number that is typed after its name."""
    target = CATALOG.find(control.name)
    title = CATALOG.short_title(control.name)
    names = (control.name, *((target.title, *target.aliases) if target else ()))
    explanation = target.explanation.replace("`", "") if target else "a knob of the feel"
    span = f"{control.low:g} to {control.high:g}"
    return Offer(
        f"knob: {title}", names, f"{explanation} · {span}",
        lambda: host.choose_knob(control.name),
        lambda value: host.set_control(control, value),
    )  # fmt: skip


def _of_target(host: Host, target: Target) -> Iterator[Offer]:
    """An action or switch of the catalog that no key does."""
    names = (target.name, *target.aliases)

    def moved(title: str, value: float) -> None:
        host.post(m.MoveTarget(target.name, value))
        host.say(title)

    if target.kind is TargetKind.ACTION:
        yield Offer(target.title, names, target.explanation, partial(moved, target.title, 1.0))
        return
    for word, value in (("on", 1.0), ("off", 0.0)):
        title = f"{target.title}: {word}"
        yield Offer(title, names, target.explanation, partial(moved, title, value))


def ask_tempo(host: Host) -> None:
    """Ask for the tempo as a number."""
    low, high, _ = CATALOG.by_name[TEMPO].range

    def complaint(text: str) -> str:
        try:
            float(text)
        except ValueError:
            return f"a number of beats a minute, such as 96 (a knob has {low:g} to {high:g})"
        return ""

    def chosen(text: str | None) -> None:
        if text is not None:
            host.post(m.SetTempo(float(text)))

    prompt = TextPrompt("Tempo", "beats a minute", f"{host.newest.bpm:g}", 6, complaint)
    host.open(prompt, chosen)
