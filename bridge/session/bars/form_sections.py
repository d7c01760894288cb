"""The form of a live session: the section of a bar, its influence, and changes of section. Pure.

The form runs by itself, section after section. The player can ask for another section (by a
key, a pad, a program change): it begins at the next bar line and is pending until then. A
section that is held goes on until another is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import msgspec
import numpy as np

from bridge.errors import NameUnknown
from bridge.latent.space import Floats, lerp
from bridge.latent.walks import random_step
from bridge.model.styles.style_metres import style_in_metre, styles_in
from bridge.music.grid import FOUR_FOUR
from bridge.music.notes import Part
from bridge.music.song_form import PlacedSection, Section
from bridge.session.arranger import variations
from bridge.session.messages import commands as m
from bridge.session.messages.status import FormStatus
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import ModelFacts
from bridge.session.state.song.form_position import FormPosition, LiveForm

SECTION_DISTANCE = 0.35
"""Distance of a section's place from the melody's code, in standard deviations."""
NO_FORM = "no form is running: choose one first"


@dataclass(frozen=True, slots=True)
class SectionInfluence:
    """A section's effect on a bar: an ``offset`` [Z] of the code, the ``style`` [S], and the
    values of the steered attributes, ``knobs`` [K]."""

    offset: Floats
    style: Floats
    knobs: Floats


def check_form(form: LiveForm, facts: ModelFacts, metre: str = FOUR_FOUR.name) -> None:
    """Check a form against a model. NameUnknown for a style or knob that the model lacks,
    ModelError for a style of another metre."""
    for placed in form.layout.sections:
        style = placed.section.style or form.style
        if style:
            style_in_metre(facts.presets, style, metre, f"(in the form {form.name})")
        facts.directions.offset(placed.section.knobs)
    facts.directions.offset(form.knobs)


# --- position -----------------------------------------------------------------------------


def position_at(form: LiveForm, position: FormPosition, bar: int) -> FormPosition:
    """The position in ``bar``, after the one before: the same section, the pending one, or the
    next.

    After a jump of the music the bar is looked up in the layout.
    """
    layout = form.layout
    if bar == position.bar:
        return position
    if bar != position.bar + 1 or bar < position.since:
        index = layout.index_at(max(0, bar - position.origin))
        since = layout.sections[index].start + position.origin
        return FormPosition(bar, index, since, hold=position.hold, origin=position.origin)
    if position.pending is not None:
        return FormPosition(bar, position.pending, bar, hold=position.hold, origin=position.origin)
    over = bar >= position.since + layout.sections[position.index].bars
    if over and not position.hold and position.index + 1 < len(layout.sections):
        return FormPosition(bar, position.index + 1, bar, origin=position.origin)
    return msgspec.structs.replace(position, bar=bar)


@dataclass(frozen=True, slots=True)
class BarInForm:
    """A ``bar`` of a form with the position there; ``plays``: it is the bar that plays now."""

    form: LiveForm
    position: FormPosition
    bar: int
    plays: bool = False

    @property
    def placed(self) -> PlacedSection:
        """The bar's section with its place in the layout."""
        return self.form.layout.sections[self.position.index]

    @property
    def section(self) -> Section:
        """The bar's section."""
        return self.placed.section

    @property
    def following(self) -> Section | None:
        """The next section in the layout; None after the last."""
        later = self.form.layout.sections[self.position.index + 1 :]
        return later[0].section if later else None

    @property
    def bar_of_section(self) -> int:
        """The bar's number, counted from 0 at the beginning of its section."""
        return self.bar - self.position.since

    @property
    def is_last(self) -> bool:
        """True if it is the last bar of its section, as far as is known."""
        asked = self.position.pending is not None and self.plays
        ends = self.bar_of_section == self.placed.bars - 1 and not self.position.hold
        return asked or ends

    @property
    def is_over(self) -> bool:
        """True if the form is over: after a last section that closes the music."""
        last = self.following is None and not self.position.hold
        return last and self.section.close and self.bar_of_section >= self.placed.bars

    @property
    def silent(self) -> frozenset[Part]:
        """The parts of the band that the form leaves out."""
        return frozenset(
            part
            for part in (Part.BASS, Part.DRUMS)
            if part not in self.section.parts
            or self.bar - self.position.origin + 1 < self.form.enter.get(part, 1)
        )


def in_form(state: State, bar: int) -> BarInForm | None:
    """``bar`` in the session's form; None without a form."""
    form, position = state.arranger.form, state.form
    if form is None or position is None:
        return None
    return BarInForm(
        form, position_at(form, position, max(0, bar)), bar, plays=bar == state.clock.bar
    )


def groove_bar(state: State, bar: int) -> int:
    """The number of ``bar`` counted from the beginning of its groove: of its section, or of its
    variation where that began later, or there is no form."""
    here = in_form(state, bar)
    varied = bar - variations.since(state, bar)
    return varied if here is None else min(here.bar_of_section, varied)


# --- influence ----------------------------------------------------------------------------


def influence(state: State, bar: int, style: str) -> SectionInfluence:
    """The influence of the form on ``bar``, which is otherwise in ``style``; in the last bars of
    a section it moves gradually to that of the next."""
    presets, directions = state.facts.presets, state.facts.directions
    none = np.zeros(state.facts.spec.latent, np.float32)
    bare = SectionInfluence(none, presets[style].vector, directions.asked({}))
    here = in_form(state, bar)
    if here is None:
        return bare
    form = here.form
    asked = directions.asked(_knobs(form, here.section))
    now = SectionInfluence(_place(state, form, here.section), bare.style, asked)
    share = 0.0 if here.position.hold else here.placed.travelled(here.bar_of_section)
    there = here.following
    if not share or there is None:
        return now
    goal = presets[there.style or form.style or style].vector
    asked = directions.asked(_knobs(form, there))
    return SectionInfluence(
        lerp(now.offset, _place(state, form, there), share),
        lerp(now.style, goal, share),
        np.asarray(now.knobs + share * (asked - now.knobs), np.float32),
    )


def _place(state: State, form: LiveForm, section: Section) -> Floats:
    """The section's place [Z] in the latent space: its knobs, and a random deviation that is fixed
    by its name and the session's seed."""
    own = random_step(state.setup.seed, crc32(section.anchor.encode()), state.facts.spec.latent)
    offset = SECTION_DISTANCE * own + state.facts.directions.offset(_knobs(form, section))
    return np.asarray(offset, np.float32)


def _knobs(form: LiveForm, section: Section) -> dict[str, float]:
    """The sums of the form's and the section's knobs."""
    knobs = {**form.knobs}
    for name, value in section.knobs.items():
        knobs[name] = knobs.get(name, 0.0) + value
    return knobs


def style_due(state: State, bar: int) -> str:
    """The style of the section that begins at ``bar``: its own, or the form's after a section that
    had its own; empty if none begins, if it is of another metre, or the player's choice stays."""
    here = in_form(state, bar)
    if here is None or state.form is None or here.bar_of_section:
        return ""
    if here.position.index == state.form.index and state.clock.running:
        return ""
    before = here.form.layout.sections[state.form.index].section
    due = here.section.style or (here.form.style if before.style else "")
    metre = state.clock.grid.metre_of(bar).name
    return due if due in styles_in(state.facts.presets, metre) else ""


# --- transitions --------------------------------------------------------------------------


def at_bar(state: State, bar: int) -> State:
    """The state after the bar line of ``bar``."""
    here = in_form(state, bar)
    return state if here is None else state.but(form=here.position)


def restart_form(state: State) -> State:
    """The form from its first section on, for a new take."""
    return state.but(form=None if state.arranger.form is None else FormPosition())


def go_to(state: State, at: float, command: m.GoToSection) -> Step:
    """Make another section pending: by name, or by steps from the one that plays or is pending.

    NameUnknown for a section that the form does not have.
    """
    form, position = state.arranger.form, state.form
    if form is None or position is None:
        return state.say(NO_FORM), []
    if not state.clock.running:
        return state.say("start first: the form begins with its first section"), []
    names = [placed.section.name for placed in form.layout.sections]
    here = position.index if position.pending is None else position.pending
    if command.name:
        if command.name not in names:
            raise NameUnknown("section", command.name, dict.fromkeys(names))
        ahead = [*range(here + 1, len(names)), *range(here + 1)]
        index = next(i for i in ahead if names[i] == command.name)
    else:
        index = min(len(names) - 1, max(0, here + command.by))
    position = msgspec.structs.replace(position, pending=index)
    state = state.but(form=position, plan=state.plan.outdated())
    return state.say(f"next: {names[index]}"), []


def hold(state: State, at: float, command: m.HoldSection) -> Step:
    """Stay in the section, or let the form go on."""
    if state.form is None:
        return state.say(NO_FORM), []
    on = not state.form.hold if command.on is None else command.on
    text = "the section goes on until another is asked for" if on else "the form goes on"
    return state.but(form=msgspec.structs.replace(state.form, hold=on), message=text), []


def status_of(state: State) -> FormStatus | None:
    """The form's status for a snapshot; None without a form."""
    here = in_form(state, state.clock.bar)
    if here is None:
        return None
    position = here.position
    names = [placed.section.name for placed in here.form.layout.sections]
    pending = "" if position.pending is None else names[position.pending]
    after = names[position.index + 1 : position.index + 2] if not position.hold else []
    return FormStatus(
        name=here.form.name,
        section=here.section.name,
        bar=max(0, state.clock.bar) - position.since + 1,
        bars=0 if position.hold else here.placed.bars,
        then=pending or "".join(after),
        pending=pending,
        held=position.hold,
        sections=tuple(dict.fromkeys(names)),
    )
