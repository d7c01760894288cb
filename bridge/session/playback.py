"""What happens because time passes: notes due, bar lines, the commit line. Pure."""

from __future__ import annotations

from bridge.midi.messages import NOTE_OFF, NOTE_ON
from bridge.music.grid import bar_of, bar_start
from bridge.music.notes import Part
from bridge.session.bars import form_sections, request
from bridge.session.bars.answer import keep_going
from bridge.session.bars.loop import capture_loop
from bridge.session.bars.render import forget, place_bar
from bridge.session.latent.point import keep_moving
from bridge.session.state.effects import Effect, Send
from bridge.session.state.session_state import State, Step
from bridge.session.sync.midi_clock_in import watch
from bridge.session.transport.clock_out import lead, lead_times
from bridge.session.transport.keys import feed_player, key_event
from bridge.session.transport.start_stop import stop
from bridge.timing.schedule import LONG_AGO, EntryKind, ScheduleEntry

QUIET_SECONDS = 0.003
"""The next bar is not asked for so shortly before a note: that takes a while."""


def tick(state: State, at: float) -> Step:
    """Time has come to ``at``. Clocks and notes due go out first; the rest waits for one more
    tick, which ``core.next_deadline`` wants at once while ``behind``."""
    state, effects = lead(state, at)
    if not state.running:
        return state, effects
    state, more = play_lanes(state, at)
    effects += more
    if effects:
        return state.but(behind=True), effects
    return move_on(state, at)


def advance(state: State, at: float) -> Step:
    """All that is due at ``at``: clocks, then notes, then the rest."""
    state, effects = lead(state, at)
    if not state.running:
        return state, effects
    state, more = play_lanes(state, at)
    effects += more
    state, more = move_on(state, at)
    return state, effects + more


def move_on(state: State, at: float) -> Step:
    """Play the built-in player's keys, take up the bar that has come, ask for the next."""
    state, effects = watch(state.but(behind=False), at)
    if not state.running:
        return state, effects
    state, more = play_player(state, at)
    effects += more
    bar = max(state.bar, bar_of(state.line.tick_at(at)))  # a clock's jitter never turns back
    if bar != state.bar:
        state = begin_bar(state, bar)
        if form_sections.ended(state, bar) and state.follower is None:
            state, more = stop(state, at)
            return state.but(message="the form has ended"), effects + more
    if not _note_within(state, at + QUIET_SECONDS):
        state, more = request.ask_due(state, at, max(bar + 1, 0))
        effects += more
        state = keep_moving(state, at)
    return commit(state, at), effects


def _note_within(state: State, until: float) -> bool:
    """Whether a note, or a clock of the first output, is due by then. (Clocks of several
    outputs, each at its offset, could leave no pause at all.)"""
    return any(second <= until for second in lead_times(state)[:1]) or any(
        lane.next_tick is not None
        and state.line.second_at_tick(lane.next_tick) + offset_of(state, part) <= until
        for part, lane in state.lanes.items()
    )


def play_lanes(state: State, at: float) -> Step:
    """Everything due on the lanes of the band, note-offs first."""
    effects: list[Effect] = []
    lanes = dict(state.lanes)
    dropped = notes = 0
    for part, lane in state.lanes.items():
        now = at - offset_of(state, part)
        due = lane.due(state.line.tick_at(now), state.line.tick_at(now - state.setup.patience))
        lanes[part] = due.after
        dropped += due.dropped
        notes += sum(e.kind is EntryKind.ON for e in due.entries)
        effects += [_send(state, part, entry) for entry in due.entries]
    if all(lanes[part] is lane for part, lane in state.lanes.items()):
        return state, effects
    effects.sort(key=lambda e: (e.tick, e.message[0] >= NOTE_ON) if isinstance(e, Send) else (0, 0))
    return state.but(lanes=lanes).count(notes_dropped=dropped, notes_out=notes), effects


def play_player(state: State, at: float) -> Step:
    """The built-in player's keys that are due: they come in like anybody's."""
    due = state.player.due(state.line.tick_at(at), LONG_AGO)
    if due.after is state.player:
        return state, []
    state = state.but(player=due.after)
    effects: list[Effect] = []
    for entry in due.entries:
        when = state.line.second_at_tick(entry.tick)
        state, more = key_event(state, when, entry.pitch, entry.velocity, pass_on=True)
        effects += more
    return state, effects


def begin_bar(state: State, bar: int) -> State:
    """A bar line is crossed: pending changes have taken over, old bars are forgotten."""
    placed = state.bars.get(bar)
    if placed is not None and state.pending_style == placed.style:
        state = state.but(style=placed.style, pending_style="")
    state = state.but(
        bar=bar,
        mode=state.next_mode,
        pending_mode=None,
        fill_bar=state.fill_bar if state.fill_bar >= bar else -1,
    )
    if state.loop is not None and bar == state.loop.start + state.loop.bars:
        state = place_bar(capture_loop(state, bar), bar, bar_start(bar))
    if state.tune and bar >= 0:
        state = feed_player(state, bar)
    return forget(form_sections.begin(state, bar))


def commit(state: State, at: float) -> State:
    """Move the commit line; a bar it reaches without an answer repeats the one before."""
    line = state.line.tick_at(at + state.setup.commit_ahead)
    bar = bar_of(line)
    if bar >= max(state.first_bar, 0) and bar not in state.bars:
        state = keep_going(state, bar)
    lanes = {part: lane.commit_to(line) for part, lane in state.lanes.items()}
    return state.but(lanes=lanes)


def offset_of(state: State, part: Part) -> float:
    """Seconds by which an output's notes are delayed (negative: early)."""
    return state.setup.offsets.get(part, 0.0)


def _send(state: State, part: Part, entry: ScheduleEntry) -> Send:
    status = (NOTE_ON if entry.kind is EntryKind.ON else NOTE_OFF) | state.setup.channels[part]
    due = state.line.second_at_tick(entry.tick) + offset_of(state, part)
    return Send(part, bytes((status, entry.pitch, entry.velocity)), due, entry.tick)
