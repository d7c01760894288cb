"""Playback: notes due, bar lines, requests and the commit line as time advances. Pure."""

from __future__ import annotations

from bridge.midi.messages import NOTE_OFF, NOTE_ON
from bridge.music.notes import Part, PlayerKey
from bridge.session.bars import feel, form_sections, request
from bridge.session.bars.answer import repeat_bar
from bridge.session.bars.loop import capture_loop
from bridge.session.bars.render import place_bar
from bridge.session.ears import chord_ear
from bridge.session.latent.point import request_glide_beat
from bridge.session.messages.commands import SetMetre
from bridge.session.state.effects import Effect, Send
from bridge.session.state.listening import TUNE_PORT
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import Setup
from bridge.session.transport import metronome, print_clips, take_notes
from bridge.session.transport.bar_turn import turn
from bridge.session.transport.clock_out import clocks_due
from bridge.session.transport.keys import key_event, with_bar_of_tune
from bridge.session.transport.metre import set_metre
from bridge.session.transport.start_stop import set_tempo, stop
from bridge.timing.schedule import LONG_AGO, EntryKind, ScheduleEntry
from bridge.timing.tempo import BeatLine

QUIET_SECONDS = 0.003
"""A bar is not requested this shortly before a note: building a request delays the note."""


def tick(state: State, at: float) -> Step:
    """Advance to ``at`` (seconds). Clocks and notes due go out first; if there were any, the rest
    is done by one more tick, which ``core.next_deadline`` asks for at once while ``behind``."""
    state, effects = send_due(state, at)
    if not state.clock.running:
        return state, effects
    if effects:
        return state.but(clock=state.clock.but(behind=True)), effects
    return advance_bars(state, at)


def advance(state: State, at: float) -> Step:
    """Advance to ``at`` (seconds) in one go: clocks, then notes, then the rest."""
    state, effects = send_due(state, at)
    if not state.clock.running:
        return state, effects
    state, more = advance_bars(state, at)
    return state, effects + more


def send_due(state: State, at: float) -> Step:
    """The clocks due at ``at``, then the notes."""
    sync, effects = clocks_due(state.sync, state.clock.line, at)
    if sync is not state.sync:
        state = state.but(sync=sync)
    if not state.clock.running:
        return state, effects
    state, more = play_lanes(state, at)
    effects += more
    state, more = metronome.due(state, at)
    return state, effects + more


def advance_bars(state: State, at: float) -> Step:
    """Play the built-in tune's keys, begin the bar whose line has passed, request the next."""
    if state.clock.behind:
        state = state.but(clock=state.clock.but(behind=False))
    state, effects = state.sync.source.watch(state, at)
    if not state.clock.running:
        return state, effects
    state, more = play_tune(state, at)
    effects += more
    now = state.clock.grid.bar_of(state.clock.line.tick_at(at))
    bar = max(state.clock.bar, now)  # jitter of a clock never goes back a bar
    if bar != state.clock.bar:
        state, more = turn(state, at, bar)
        effects += more
        state = begin_bar(state, bar)
        if (bpm := state.codes.tempo_at(bar)) and not (state.setup.clock or state.setup.link):
            state, more = set_tempo(state, at, bpm)
            effects += more
        if metre := feel.wanted_metre(state):
            state, more = set_metre(state, at, SetMetre(metre))
            effects += more
        state = chord_ear.at_bar(state)
        effects += print_clips.at_bar_line(state)
        effects += take_notes.at_bar_line(state)
        if (said := _over(state, bar)) and state.sync.source.owns_transport:
            state, more = stop(state, at)
            return state.say(said), effects + more
    if not _note_within(state, at + QUIET_SECONDS):
        state, more = request.ask_due(state, at, max(bar + 1, 0))
        effects += more
        state = request_glide_beat(state, at)
    return commit(state, at), effects


def _over(state: State, bar: int) -> str:
    """The reason why the music is over in ``bar``, for the player; empty while it goes on."""
    here = form_sections.in_form(state, bar)
    if here is not None and here.is_over:
        return "the form has ended"
    return "the ending was played" if state.arranger.over(bar) else ""


def _note_within(state: State, until: float) -> bool:
    """True if a note, or a clock of the first output, is due by ``until`` (seconds). Clocks of
    further outputs do not count: at their offsets they could leave no pause at all."""
    line = state.clock.line
    clocks = state.sync.clock_times(line, state.clock.now)[:1]
    return any(second <= until for second in (*clocks, *note_times(state)))


def note_times(state: State) -> list[float]:
    """The times (seconds) at which the next note of each lane, and the next click, is due."""
    notes = [
        state.clock.line.second_at_tick(lane.next_tick) + offset_of(state.setup, part)
        for part, lane in state.lanes.items()
        if lane.next_tick is not None
    ]
    return [*notes, *metronome.times(state)]


def play_lanes(state: State, at: float) -> Step:
    """Send all notes due on the band's lanes, by tick, note-offs first."""
    effects: list[Effect] = []
    lanes = dict(state.lanes)
    dropped = notes = 0
    line, setup = state.clock.line, state.setup
    for part, lane in state.lanes.items():
        now = at - offset_of(setup, part)
        due = lane.due(line.tick_at(now), line.tick_at(now - setup.patience))
        lanes[part] = due.after
        dropped += due.dropped
        notes += sum(e.kind is EntryKind.ON for e in due.entries)
        effects += [_send(setup, line, part, entry) for entry in due.entries]
    if all(lanes[part] is lane for part, lane in state.lanes.items()):
        return state, effects
    effects.sort(key=lambda e: (e.tick, e.message[0] >= NOTE_ON) if isinstance(e, Send) else (0, 0))
    return state.but(lanes=lanes).count(notes_dropped=dropped, notes_out=notes), effects


def play_tune(state: State, at: float) -> Step:
    """Play the keys of the built-in tune that are due, as keys of the player."""
    schedule = state.tune.schedule
    due = schedule.due(state.clock.line.tick_at(at), LONG_AGO)
    if due.after is schedule:
        return state, []
    state = state.but(tune=state.tune.but(schedule=due.after))
    effects: list[Effect] = []
    for entry in due.entries:
        when = state.clock.line.second_at_tick(entry.tick)
        key = PlayerKey(entry.pitch, port=TUNE_PORT)
        state, more = key_event(state, when, key, entry.velocity, pass_on=True)
        effects += more
    return state, effects


def begin_bar(state: State, bar: int) -> State:
    """Cross the bar line of ``bar``: pending styles and modes take effect, old bars are dropped."""
    generated = state.plan.bars.get(bar)
    state = state.but(
        clock=state.clock.but(bar=bar),
        band=state.band.at_bar(bar, "" if generated is None else generated.style),
    )
    grid, loop = state.clock.grid, state.heard.loop
    if loop is not None and bar == loop.start + loop.bars:
        state = place_bar(capture_loop(state, bar), bar, grid.bar_start(bar))
    if state.tune.name and bar >= 0:
        notes = state.setup.tunes.get(state.tune.name, ())
        state = state.but(tune=with_bar_of_tune(state.tune, notes, bar, grid))
    state = feel.at_bar(form_sections.at_bar(state, bar), bar)
    return metronome.placed(state.but(plan=state.plan.without_old(bar)))


def commit(state: State, at: float) -> State:
    """Move the commit line to ``at`` plus ``commit_ahead``. A bar that it reaches without a result
    repeats the bar before."""
    line = state.clock.line.tick_at(at + state.setup.commit_ahead)
    bar = state.clock.grid.bar_of(line)
    if bar >= max(state.clock.first_bar, 0) and bar not in state.plan.bars:
        state = repeat_bar(state, bar)
    lanes = {part: lane.commit_to(line) for part, lane in state.lanes.items()}
    return state.but(lanes=lanes)


def offset_of(setup: Setup, part: Part) -> float:
    """The delay of a part's output in seconds (negative: early)."""
    return setup.offsets.get(part, 0.0)


def _send(setup: Setup, line: BeatLine, part: Part, entry: ScheduleEntry) -> Send:
    status = (NOTE_ON if entry.kind is EntryKind.ON else NOTE_OFF) | setup.channels[part]
    due = line.second_at_tick(entry.tick) + offset_of(setup, part)
    return Send(part, bytes((status, entry.pitch, entry.velocity)), due, entry.tick)
