"""A form under the player: which section a bar lies in, what it brings, when it changes. Pure.

The form runs by itself, section after section. Another section can be asked for (by a key, a
pad, a program change): it begins at the next bar line and is shown as pending until then. A
section that is held goes on until one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import msgspec
import numpy as np

from bridge.errors import NameUnknown
from bridge.latent.space import Floats, lerp
from bridge.latent.walks import random_step
from bridge.music.notes import Part
from bridge.music.song_form import FormLayout, Section
from bridge.session.messages import commands as m
from bridge.session.messages.status import FormStatus
from bridge.session.state.form_position import FormPosition, LiveForm
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import ModelFacts

APART = 0.35
"""How far the places of sections lie from what the melody leads to, in deviations."""


@dataclass(frozen=True, slots=True)
class SectionInfluence:
    """What a section brings to a bar: ``offset`` [Z] to the code, the ``style`` [S] and what
    is asked of the steered attributes, ``knobs`` [K]."""

    offset: Floats
    style: Floats
    knobs: Floats


def check_course(course: LiveForm, facts: ModelFacts) -> None:
    """NameUnknown for a style or knob of the form that the model lacks."""
    for stretch in course.layout.stretches:
        style = stretch.section.style or course.style
        if style and style not in facts.presets:
            raise NameUnknown("style", style, facts.presets, f"(in the form {course.name})")
        facts.directions.offset(stretch.section.knobs)
    facts.directions.offset(course.knobs)


# --- where we are -------------------------------------------------------------------------


def run_at(course: LiveForm, run: FormPosition, bar: int) -> FormPosition:
    """Where the form is in ``bar``: the same section, the one asked for, or the next.

    A bar that does not follow (the music jumped) is looked up where the form has it.
    """
    layout = course.layout
    if bar == run.bar:
        return run
    if bar != run.bar + 1 or bar < run.since:
        index = layout.index_at(max(0, bar))
        return FormPosition(bar, index, layout.stretches[index].start, hold=run.hold)
    if run.pending is not None:
        return FormPosition(bar, run.pending, bar, hold=run.hold)
    over = bar >= run.since + layout.stretches[run.index].bars
    if over and not run.hold and run.index + 1 < len(layout.stretches):
        return FormPosition(bar, run.index + 1, bar)
    return msgspec.structs.replace(run, bar=bar)


def run_of(state: State, bar: int) -> tuple[FormLayout, FormPosition] | None:
    """The form and where it is in ``bar``; None where no form runs."""
    if state.course is None or state.form_run is None:
        return None
    return state.course.layout, run_at(state.course, state.form_run, max(0, bar))


def section_at(state: State, bar: int) -> Section | None:
    """The section that ``bar`` lies in."""
    found = run_of(state, bar)
    return None if found is None else found[0].stretches[found[1].index].section


def last_bar(state: State, bar: int) -> bool:
    """Whether ``bar`` is the last of its section, as far as is known."""
    found = run_of(state, bar)
    if found is None:
        return False
    layout, run = found
    asked = run.pending is not None and bar == state.bar
    ends = bar == run.since + layout.stretches[run.index].bars - 1 and not run.hold
    return asked or ends


def groove_bar(state: State, bar: int) -> int:
    """``bar`` counted from where its groove begins: its section, or the music."""
    found = run_of(state, bar)
    return bar if found is None else bar - found[1].since


def ended(state: State, bar: int) -> bool:
    """Whether the form is over at ``bar``: after a last section that closes the music."""
    found = run_of(state, bar)
    if found is None:
        return False
    layout, run = found
    stretch = layout.stretches[run.index]
    last = run.index == len(layout.stretches) - 1 and not run.hold
    return last and stretch.section.close and bar >= run.since + stretch.bars


# --- what it brings -----------------------------------------------------------------------


def brought(state: State, bar: int, style: str) -> SectionInfluence:
    """What the form brings to ``bar``, which is otherwise in ``style``; on the last bars of
    a section it travels to the next."""
    presets, none = state.facts.presets, np.zeros(state.facts.spec.latent, np.float32)
    directions = state.facts.directions
    here = SectionInfluence(none, presets[style].vector, directions.asked({}))
    found = run_of(state, bar)
    if found is None or state.course is None:
        return here
    layout, run = found
    stretch = layout.stretches[run.index]
    asked = directions.asked(_knobs(state.course, stretch.section))
    here = SectionInfluence(
        _place(state, state.course, stretch.section), presets[style].vector, asked
    )
    share = 0.0 if run.hold else stretch.travelled(bar - run.since)
    if not share or run.index + 1 >= len(layout.stretches):
        return here
    there = layout.stretches[run.index + 1].section
    goal = presets[there.style or state.course.style or style].vector
    asked = directions.asked(_knobs(state.course, there))
    return SectionInfluence(
        lerp(here.offset, _place(state, state.course, there), share),
        lerp(here.style, goal, share),
        np.asarray(here.knobs + share * (asked - here.knobs), np.float32),
    )


def _place(state: State, course: LiveForm, section: Section) -> Floats:
    """The section's own place [Z]: its knobs, and a deviation that belongs to its name."""
    own = random_step(state.setup.seed, crc32(section.anchor.encode()), state.facts.spec.latent)
    offset = APART * own + state.facts.directions.offset(_knobs(course, section))
    return np.asarray(offset, np.float32)


def _knobs(course: LiveForm, section: Section) -> dict[str, float]:
    """The form's knobs and the section's, added."""
    knobs = {**course.knobs}
    for name, value in section.knobs.items():
        knobs[name] = knobs.get(name, 0.0) + value
    return knobs


def style_due(state: State, bar: int) -> str:
    """The style that the section beginning at ``bar`` brings: its own, or the form's after a
    section that had its own; else empty, and the player's choice stays."""
    found = run_of(state, bar)
    if found is None or state.form_run is None or state.course is None:
        return ""
    layout, run = found
    if run.since != bar or (run.index == state.form_run.index and state.running):
        return ""
    before = layout.stretches[state.form_run.index].section
    own = layout.stretches[run.index].section.style
    return own or (state.course.style if before.style else "")


def silent(state: State, bar: int) -> Iterable[Part]:
    """The parts of the band that the form leaves out of ``bar``."""
    section = section_at(state, bar)
    if section is None or state.course is None:
        return ()
    enter = state.course.enter
    return [
        part
        for part in (Part.BASS, Part.DRUMS)
        if part not in section.parts or bar + 1 < enter.get(part, 1)
    ]


# --- moving on ----------------------------------------------------------------------------


def begin(state: State, bar: int) -> State:
    """A bar line is crossed."""
    found = run_of(state, bar)
    return state if found is None else state.but(form_run=found[1])


def from_the_top(state: State) -> State:
    """A new take: the form begins again."""
    return state.but(form_run=FormPosition()) if state.course is not None else state


def go_to(state: State, at: float, command: m.GoToSection) -> Step:
    """Ask for another section, by name or by steps from the one that plays or is pending."""
    if state.course is None or state.form_run is None:
        return state.but(message="no form is running: start with --form"), []
    if not state.running:
        return state.but(message="start first: the form begins with its first section"), []
    names = [s.section.name for s in state.course.layout.stretches]
    run = state.form_run
    here = run.index if run.pending is None else run.pending
    if command.name:
        if command.name not in names:
            raise NameUnknown("section", command.name, dict.fromkeys(names))
        ahead = [*range(here + 1, len(names)), *range(here + 1)]
        index = next(i for i in ahead if names[i] == command.name)
    else:
        index = min(len(names) - 1, max(0, here + command.by))
    run = msgspec.structs.replace(run, pending=index)
    return state.but(form_run=run, dirty=True, message=f"next: {names[index]}"), []


def hold(state: State, at: float, command: m.HoldSection) -> Step:
    """Stay in the section, or let the form go on."""
    if state.form_run is None:
        return state.but(message="no form is running: start with --form"), []
    on = not state.form_run.hold if command.on is None else command.on
    text = "the section goes on until another is asked for" if on else "the form goes on"
    run = msgspec.structs.replace(state.form_run, hold=on)
    return state.but(form_run=run, message=text), []


def shown(state: State) -> FormStatus | None:
    """What a Snapshot says of the form."""
    found = run_of(state, state.bar)
    if found is None or state.course is None:
        return None
    layout, run = found
    stretch = layout.stretches[run.index]
    names = [s.section.name for s in layout.stretches]
    pending = "" if run.pending is None else names[run.pending]
    after = names[run.index + 1 : run.index + 2] if not run.hold else []
    return FormStatus(
        name=state.course.name,
        section=stretch.section.name,
        bar=max(0, state.bar) - run.since + 1,
        bars=0 if run.hold else stretch.bars,
        then=pending or "".join(after),
        pending=pending,
        held=run.hold,
        sections=tuple(dict.fromkeys(names)),
    )
