"""A take: its beginning, jumps within it, and the release of all notes at its end. Pure."""

from __future__ import annotations

from bridge.midi.messages import NOTE_OFF
from bridge.music.notes import Part
from bridge.session.bars.form_sections import restart_form
from bridge.session.bars.render import place_bar
from bridge.session.latent import point
from bridge.session.latent.walks import restart_walk
from bridge.session.state.bars import GeneratedBar
from bridge.session.state.effects import Effect, NewTake, Relocated, Send
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import Setup
from bridge.session.transport import metronome, print_clips, take_notes, thru
from bridge.timing.schedule import Schedule
from bridge.timing.tempo import BeatLine


def fresh_take(state: State, at: float, *, first_bar: int, from_tick: int) -> Step:
    """Begin a take: nothing remembered, and the prepared bar placed from tick ``from_tick`` on;
    notes that sounded before end. ``first_bar`` is negative for a count-in. The clock's line must
    be set already."""
    first = groove(state)
    state, effects = release(state, at)
    clock = state.clock.in_metre(state.clock.metre)
    bar = clock.grid.bar_of(from_tick)
    state = state.but(
        clock=clock.started(first_bar),
        plan=state.plan.fresh(bar, first),
        heard=state.heard.fresh(),
        ears=state.ears.fresh(),
        chords=state.chords.restarted(),
        sync=state.sync.clocks_started(state.clock.line, at, from_tick),
        arranger=state.arranger.fresh(bar),
    )
    state = metronome.placed(restart_form(restart_walk(state)))
    return place_bar(point.at_rest(state), bar, from_tick), effects


def new_take(state: State) -> NewTake:
    """The effect that begins a take in the recorder, as the session stands."""
    key = state.heard.key.pinned
    return NewTake(
        state.clock.line.bpm, state.clock.metre, state.band.style, "" if key is None else key.name
    )


def groove(state: State) -> GeneratedBar | None:
    """The bar that a take begins with: the one that plays, else the one prepared."""
    first = state.plan.first_bar_ready
    return state.plan.bars.get(state.clock.bar, first) if state.clock.running else first


def jump(state: State, line: BeatLine, tick: int, at: float) -> Step:
    """Jump to ``tick`` on another beat line (a DAW loops or relocates), where bars of the present
    metre are counted from tick 0. Notes that sound end, and the bar there plays from that tick on:
    as before if it was played in this style, else as the bar that plays now."""
    left = state.clock.line.tick_at(at)
    state, effects = release(state, at)
    effects += [*print_clips.rest(state, left), *take_notes.at_jump(state, at)]
    effects.append(Relocated(left, tick))
    nearest = print_clips.nearest_bar(state, left)
    clock = state.clock.in_metre(state.clock.metre)
    bar = clock.grid.bar_of(tick)
    played = (state.plan.bars.get(b) for b in (bar, state.clock.bar))
    style = state.band.next_style
    found = next((p for p in played if p is not None and p.style == style), None)
    state = state.but(
        clock=clock.jumped(line, bar, nearest),
        plan=state.plan.jumped(bar, found or state.plan.first_bar_ready),
        heard=state.heard.until(tick),
        ears=state.ears.fresh(),
        band=state.band.but(fill_bar=-1),
        sync=state.sync.clocks_started(line, at, tick),
        arranger=state.arranger.jumped(),
    )
    return place_bar(metronome.placed(state), bar, tick), effects


def release(state: State, at: float) -> Step:
    """Note-offs for all that sounds, the player's passed-on notes too; lanes and tune emptied."""
    effects: list[Effect] = []
    lanes: dict[Part, Schedule] = {}
    tick = state.clock.line.tick_at(at)
    for part, lane in state.lanes.items():
        pitches, lanes[part] = lane.released()
        effects += [note_off(state.setup, part, pitch, at, tick) for pitch in pitches]
    state, more = thru.end_notes(state, at, state.heard.passed_notes.values())
    effects += more
    state, more = metronome.released(state, at)
    effects += more
    tune = state.tune.but(schedule=state.tune.schedule.released()[1])
    return state.but(lanes=lanes, tune=tune, heard=state.heard.released()), effects


def note_off(setup: Setup, part: Part, pitch: int, at: float, tick: int) -> Send:
    """The note-off of a pitch on a part's output, due at ``at`` (seconds)."""
    return Send(part, bytes((NOTE_OFF | setup.channels[part], pitch, 0)), at, tick)
