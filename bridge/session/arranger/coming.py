"""Changes at the next bar line: the session as it will be in a bar to come. Pure.

A variation, a memory or a form that is asked for waits for the bar line. Bars to come are
requested and arranged as of the session after it; at the bar line itself the same change is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bridge.controllers.memories import Memory
from bridge.latent.glide import Glide
from bridge.listening.live_chord import ListenMode
from bridge.model.styles.style_metres import styles_in
from bridge.music.chords import Chart
from bridge.session.latent import point
from bridge.session.state.band import Band
from bridge.session.state.session_state import State
from bridge.session.state.song.arranger import FormChange
from bridge.session.state.song.chart import FixedChords
from bridge.session.state.song.form_position import FormPosition

NOT_OF_A_MEMORY: Final = frozenset(("morph", "metronome level"))
"""Controls that no memory holds."""
SWING: Final = "swing"


def as_of(state: State, bar: int) -> State:
    """The session as it will be in ``bar``: with what is pending, if that bar is still to come."""
    if not state.clock.running or bar <= state.clock.bar or not is_pending(state, bar):
        return state
    return turned(state, bar)


def is_pending(state: State, bar: int) -> bool:
    """True if something changes at a bar line up to that of ``bar``."""
    arranger = state.arranger
    asked = (arranger.coming, arranger.recalled, arranger.turn)
    passage = arranger.passage
    ends = passage is not None and passage.end is not None and passage.end <= bar
    return ends or any(each is not None for each in asked)


def turned(state: State, bar: int) -> State:
    """The session after the bar line of ``bar``: what was pending has taken effect."""
    memory, turn = state.arranger.recalled, state.arranger.turn
    if memory is not None:
        state = with_memory(state, memory, bar)
    if turn is not None:
        state = _with_form(state, turn, bar)
    return state.but(arranger=state.arranger.settled(bar).but(recalled=None, turn=None))


# --- memories -----------------------------------------------------------------------------


def memory_of(state: State, name: str) -> Memory:
    """What plays now, with what is pending, as a memory of that name."""
    state = turned(state, state.clock.coming_bar)
    band = state.band
    place = point.values_of(band.controls)
    return Memory(
        name=name,
        style=band.next_style,
        bpm=round(state.clock.line.bpm, 3),
        metre=state.clock.metre.name,
        variation=state.arranger.variation,
        place=place,
        knobs={n: v for n, v in band.controls.items() if _is_knob(n)},
        muted=tuple(sorted(band.muted)),
        solo=tuple(sorted(band.solo)),
        chart=state.chords.chart.text,
        hear=str(state.ears.mode),
    )


def _is_knob(name: str) -> bool:
    return not point.is_point_control(name) and name not in NOT_OF_A_MEMORY


def with_memory(state: State, memory: Memory, bar: int) -> State:
    """The session with a memory's settings from ``bar`` on, but for tempo and metre, which belong
    to the clock. What the model or the walk does not have is left out."""
    known = {n: v for n, v in memory.knobs.items() if n in state.band.controls and _is_knob(n)}
    band = _in_style(state, memory.style).but(
        controls={**state.band.controls, **known},
        muted=frozenset(memory.muted),
        solo=frozenset(memory.solo),
        swing_pinned=state.band.swing_pinned or SWING in known,
    )
    state = point.with_values(state.but(band=band), memory.place)
    resting = Glide.resting(point.goal(state.facts, state.band.controls))
    chords, ears = state.chords, state.ears
    if memory.chart != chords.chart.text:
        chords = FixedChords(Chart.parse(memory.chart), bar)
    if memory.hear in tuple(ListenMode):
        ears = replace(ears, mode=ListenMode(memory.hear))
    return state.but(
        point=state.point.but(glide=resting),
        chords=chords,
        ears=ears,
        arranger=state.arranger.but(variation=memory.variation, coming=None, since=bar),
    )


def _in_style(state: State, style: str) -> Band:
    """The band with another style from the next bar on; as it is for one that the metre lacks."""
    band = state.band
    if style == band.next_style or style not in styles_in(
        state.facts.presets, state.clock.metre.name
    ):
        return band
    return band.but(pending_style=style) if state.clock.running else band.but(style=style)


# --- forms --------------------------------------------------------------------------------


def _with_form(state: State, turn: FormChange, bar: int) -> State:
    """The session in another form, whose first section begins at ``bar``, or in none."""
    form = turn.form
    arranger = state.arranger.but(form=form, chosen=None)
    if form is None:
        return state.but(arranger=arranger, form=None)
    state = state.but(arranger=arranger, form=FormPosition(bar, 0, bar, origin=bar))
    return state.but(band=_in_style(state, form.first_style)) if form.first_style else state
