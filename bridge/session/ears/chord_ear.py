"""Chords heard live, and the bass moved to them at once, without the network. Pure.

A key only notes the time at which the chord is to be read, so that nothing delays the note that is
passed on; the chord is read with the next tick. The notes that have not sounded change their pitch,
and the bass note that sounds moves by the setting ``Ears.bass``. When that is sent, notes beyond
the commit line are placed again, as if the chord had been known before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bridge.listening.chord_features import ROUNDING, in_beats
from bridge.listening.chord_symbol import ChordSymbol, symbol_of_class
from bridge.listening.ears import BassMove, Ears
from bridge.listening.follow_chord import agree, moved_pitch, nearest_bass
from bridge.listening.lines import has_harmony
from bridge.listening.live_chord import TRIAD, ListenMode, caught_up, heard_at, lasting
from bridge.music.grid import Grid, Metre, Span
from bridge.music.notes import Note, Part, PlayerKey
from bridge.session.bars.heard_bass import chord_at, made_for
from bridge.session.bars.render import replace_future
from bridge.session.messages.commands import Mode
from bridge.session.state.session_state import State
from bridge.timing.schedule import Schedule

LATE_SECONDS: Final = 0.15
"""A chord read this long after a beat was meant for the beat: struck up to 80 ms late, and read up
to 60 ms after."""
LIFT_SECONDS: Final = 0.02
"""Time after a key went up at which the others of its chord are up, too."""
MELODY_FROM: Final = 57
"""A single note from this pitch up is melody, where the hands are not apart."""
CALM_CHANGES: Final = 3
"""Chords heard within a beat up to which the bass note that sounds follows: two chords, one of them
corrected. More are no harmony (a cat, a forearm), and the bass stays calm."""
SURE_OF_ROOT: Final = 0.6
"""Probability of a chord's root from which the bass note that sounds moves to it: below, only those
to come do."""
BEATS_HEARD: Final = 8
"""Beats of notes that decide whether more than a line is played."""


def on_key(state: State, at: float, key: PlayerKey) -> State:
    """A key went down: the chord is to be read when its group is complete."""
    if state.ears.mode is ListenMode.MELODY:
        return state
    return state.but(ears=state.ears.key_down(at, key.pitch))


def on_release(state: State, at: float) -> State:
    """A key went up: without hold, the chord ends when no key of it sounds any more."""
    if state.ears.hold or state.ears.chord is None:
        return state
    return state.but(ears=state.ears.read_at(at + LIFT_SECONDS))


def at_bar(state: State) -> State:
    """A bar line: keys that are held are a chord of the new bar."""
    if state.ears.mode is ListenMode.MELODY or not state.heard.phrase.held:
        return state
    return state.but(ears=state.ears.read_at(state.clock.now))


def watch(state: State, at: float) -> State:
    """Read the chord if it is due, and let the bass follow it; else place the bass again after
    one was read, or take in the beats that are over."""
    if state.ears.due is None or state.ears.due > at:
        return _placed(state, at) if state.ears.unplaced else _caught_up(state, at)
    state = state.but(ears=replace(state.ears, due=None))
    if not state.clock.running:
        return state
    return _read(state, at)


def _placed(state: State, at: float) -> State:
    """The state with the bass beyond the commit line placed for the chords heard."""
    state = state.but(ears=replace(state.ears, unplaced=False))
    return replace_future(state, at, (Part.BASS,)) if state.plan.bars else state


def _caught_up(state: State, at: float) -> State:
    """The state with the beats before ``at`` taken in, once a beat."""
    tick = state.clock.line.tick_at(at)
    span = state.clock.grid.span_of(tick)
    live, inside = state.ears.live.counted_from(span.tick), tick - span.tick
    known = inside // span.metre.ticks_per_beat <= live.beat
    if not state.clock.running or live.before is None or known:
        return state
    notes = _listened(state, tick, span)
    live = caught_up(live, notes, inside, span.metre, left_hand(state, notes, inside, span.metre))
    return state.but(ears=replace(state.ears, live=live))


def _listened(state: State, tick: int, span: Span) -> list[Note]:
    """The notes of the last beats that chords are heard from, with ticks counted from the
    beginning of the metre that is played at ``tick``."""
    since = tick - BEATS_HEARD * span.metre.ticks_per_beat
    notes = state.heard.phrase.notes(tick + 1, since)
    listened = state.ears.live.keys_of(notes, state.ears.mode, state.setup.split)
    listened += state.ears.others.notes(tick + 1, since)
    return [replace(n, tick=n.tick - span.tick) for n in listened] if span.tick else listened


def _read(state: State, at: float) -> State:
    """The state with the chord heard at ``at`` (seconds), and the bass moved to it."""
    ears, grid, tick = state.ears, state.clock.grid, state.clock.line.tick_at(at)
    span = grid.span_of(tick)
    listened, inside = _listened(state, tick, span), tick - span.tick
    if not any(n.end > inside for n in listened):
        return _ended(state, at, tick)
    if not _is_harmony(ears, listened, inside, span.metre):
        return state
    live, low = ears.live.counted_from(span.tick), left_hand(state, listened, inside, span.metre)
    live = heard_at(live, listened, inside, span.metre, low=low)
    ears = replace(ears, live=live)
    begins = chord_begin(grid, tick, state.clock.line.tick_at(at - LATE_SECONDS))
    heard = ears.at(begins)
    known = heard is not None and heard.chord == live.chord
    same_half = heard is not None and grid.half_of(heard.tick) == grid.half_of(begins)
    if live.chord is None or (known and same_half):
        return state.but(ears=ears)
    before, state = state.ears, state.but(ears=ears.with_chord(begins, live.chord))
    return moved(state, at, before)


def _ended(state: State, at: float, tick: int) -> State:
    """Nothing sounds that chords are heard from: the chord is held, or ends."""
    if state.ears.hold or state.ears.chord is None:
        return state
    before, state = state.ears, state.but(ears=state.ears.with_chord(tick, None))
    return moved(state, at, before)


def left_hand(
    state: State, notes: Sequence[Note], tick: int, metre: Metre
) -> Sequence[Note] | None:
    """The notes that may be the bass: those of the left hand while it plays; None: all."""
    split = state.setup.split or state.ears.live.split.pitch
    low = [n for n in notes if n.pitch < split]
    return low if any(n.end > tick - metre.ticks_per_beat for n in low) else None


def _is_harmony(ears: Ears, notes: Sequence[Note], tick: int, metre: Metre) -> bool:
    """True if more than a single line was played in the last beats; the left hand alone may be a
    line, where the player has chosen it."""
    sounding = [n.pitch for n in notes if n.end > tick]
    if ears.mode is not ListenMode.AUTO or len(sounding) >= TRIAD:
        return True
    if len(sounding) == 1 and sounding[0] >= (ears.live.split.pitch or MELODY_FROM):
        return False
    length = metre.ticks_per_beat
    end = (tick // length + 1) * length
    played = in_beats(lasting(notes, tick, end), metre, end - BEATS_HEARD * length)
    return has_harmony(played, BEATS_HEARD)[-1]


def chord_begin(grid: Grid, tick: int, late: int) -> int:
    """The tick that a chord read at ``tick`` is from: a beat since tick ``late``, or the beat that
    it was played a little before; else ``tick``."""
    number = grid.beat_of(tick)
    beat, following = grid.beat_start(number), grid.beat_start(number + 1)
    if beat >= late:
        return beat
    return following if following - tick <= ROUNDING * (following - beat) else tick


def moved(state: State, at: float, before: Ears) -> State:
    """The state with the bass moved to the chords heard now, from those heard ``before``."""
    if state.band.next_mode is not Mode.FOLLOW or state.chords or not state.plan.bars:
        return state
    state = _with_bass(state, _retuned(state, before))
    state = state.but(ears=replace(state.ears, unplaced=True))
    if state.ears.bass is BassMove.NEXT_EIGHTH:
        state = _placed(state, at)  # or the note at the 8th would be placed anew
    return _with_bass(state, _sounding_moved(state, at, before))


def _with_bass(state: State, lane: Schedule) -> State:
    return state.but(lanes={**state.lanes, Part.BASS: lane})


def _retuned(state: State, before: Ears) -> Schedule:
    """The bass's schedule with the notes to come moved to the chord."""
    lane, higher = state.lanes[Part.BASS], state.band.transpose

    def pitch(when: int, pitch: int) -> int:
        old, new = _chords(state, before, when)
        if old is None or new is None or agree(old, new):
            return pitch
        return moved_pitch(pitch - higher, old, new) + higher

    return lane.retuned(pitch)


def _sounding_moved(state: State, at: float, before: Ears) -> Schedule:
    """The bass's schedule with the note that sounds moved to the chord, by the setting."""
    tick, lane = state.clock.line.tick_at(at), state.lanes[Part.BASS]
    old, new = _chords(state, before, tick)
    if old is None or new is None or not _moves_sounding(state, tick):
        return lane
    if old.root == new.root and old.bass_note == new.bass_note:
        return lane
    at_once = state.ears.bass is BassMove.AT_ONCE
    when = tick if at_once else _next_eighth(state.clock.grid, tick)
    higher = state.band.transpose
    return lane.moved_on(
        when, lambda sounding: nearest_bass(sounding - higher, new.bass_note) + higher
    )


def _moves_sounding(state: State, tick: int) -> bool:
    """True if the bass note that sounds may move to the chord heard: the setting lets it, the root
    is sure, and not more chords were heard in the last beat than a player changes."""
    ears, beat = state.ears, state.clock.grid.span_of(tick).metre.ticks_per_beat
    restless = sum(change.tick > tick - beat for change in ears.changes) > CALM_CHANGES
    return ears.bass is not BassMove.NEVER and ears.live.root_sure >= SURE_OF_ROOT and not restless


def _next_eighth(grid: Grid, tick: int) -> int:
    """The tick of the next eighth note after ``tick``."""
    span = grid.span_of(tick)
    eighth = span.metre.eighth_steps * span.metre.ticks_per_step
    return span.tick + ((tick - span.tick) // eighth + 1) * eighth


def _chords(state: State, before: Ears, tick: int) -> tuple[ChordSymbol | None, ChordSymbol | None]:
    """The chord that the bass has at a tick, with those heard ``before``, and the one that it is
    to have."""
    bars, grid = state.plan.bars, state.clock.grid
    planned = symbol_of_class(made_for(bars, grid, tick))
    return (
        chord_at(before, bars, grid, tick) or planned,
        chord_at(state.ears, bars, grid, tick) or planned,
    )
