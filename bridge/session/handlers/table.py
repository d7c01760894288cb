"""Commands of the screen, the command line and mapped controls, and their effect. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from bridge.controllers.catalog import CATALOG, CONTROLS, TEMPO, TRANSPOSE, control_range
from bridge.errors import BridgeError, NameUnknown
from bridge.music.chords import Chart
from bridge.music.grid import FOUR_FOUR
from bridge.music.key import Key
from bridge.music.notes import PlayerKey
from bridge.session.bars import form_sections, request
from bridge.session.bars.ask_again import mark_outdated, request_first_bar
from bridge.session.bars.chord_chart import read_chart
from bridge.session.bars.feel import SWING
from bridge.session.bars.render import replace_future
from bridge.session.ears import heard_style
from bridge.session.ears.hearing import set_hearing
from bridge.session.handlers import code_player, midi_learn
from bridge.session.handlers.arranging.commands import COMMANDS as ARRANGER_COMMANDS
from bridge.session.handlers.target_actions import command_of
from bridge.session.latent import map_travel, point
from bridge.session.latent.walks import drop_anchor, set_walk
from bridge.session.messages import commands as m
from bridge.session.messages.daw import FollowMarkers, PrintClips, UndoPrint
from bridge.session.messages.ear_commands import (
    ListenTempo,
    ScaleTempo,
    SetHearing,
    TakeStyle,
    ThisIsOne,
)
from bridge.session.messages.listings import FileRequest
from bridge.session.state.effects import AnswerFromFiles, Effect, End, Save, TurnSound
from bridge.session.state.events import CommandReceived, SoundTurned
from bridge.session.state.listening import KEYBOARD_PORT, TUNE_PORT
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import NO_TAPS, Thru
from bridge.session.state.song.chart import FixedChords
from bridge.session.transport import metronome, print_clips, tempo_listen, thru
from bridge.session.transport.keys import key_event
from bridge.session.transport.metre import TAPS_IN_FOUR, check_tune, set_metre, tunes_in
from bridge.session.transport.start_stop import panic, set_tempo, start, stop, stop_all


def move_target(state: State, at: float, command: m.MoveTarget) -> Step:
    """Carry out the command that moving a target means; an unknown target becomes a message."""
    try:
        meant = command_of(state, at, command.target, min(1.0, max(0.0, command.value)))
    except NameUnknown as error:
        return state.say(str(error)), []
    return (state, []) if meant is None else on_command(state, CommandReceived(at, meant))


def on_command(state: State, event: CommandReceived) -> Step:
    """Carry out a command; an error (an unknown name, for example) becomes a message."""
    try:
        state, effects = _COMMANDS[type(event.command)](state, event.at, event.command)
    except BridgeError as error:
        return state.say(str(error)), []
    return midi_learn.synced(state), effects


def _set_control(state: State, at: float, command: m.SetControl) -> Step:
    target = CATALOG.present_name(command.target)
    if target == TEMPO:
        return set_tempo(state, at, command.value)
    low, high, _ = control_range(target)
    value = min(high, max(low, command.value))
    if target == point.MORPH:
        return _point_moved(point.morph(state, at, value), at)
    if point.is_point_control(target) and point.exists(state.facts, target):
        state = point.remember_for_undo(state, at, target)
    elif target not in state.band.controls:
        raise NameUnknown("control", target, state.band.controls)
    value = float(round(value)) if target == TRANSPOSE else value
    state = state.but(band=state.band.with_control(target, value))
    if target == metronome.LEVEL:
        return metronome.placed(state), []
    if target == SWING:
        state = state.but(band=state.band.but(swing_pinned=True))
    if target == point.GLIDE:
        return state, []
    if point.is_point_control(target):
        return _point_moved(state, at)
    if state.clock.running and target in _MODEL_FREE:
        return replace_future(state, at), []
    return mark_outdated(state, at)


def _point_moved(state: State, at: float) -> Step:
    """The point's controls have changed: glide to their place."""
    return mark_outdated(point.start_glide(state, at), at)


_MODEL_FREE = frozenset(name for name in CONTROLS if not CATALOG.by_name[name].asks_model)


def _set_mode(state: State, at: float, command: m.SetMode) -> Step:
    state, mode = code_player.leave(state), command.mode
    if mode is m.Mode.TAP and state.clock.metre != FOUR_FOUR:
        state, mode = state.say(TAPS_IN_FOUR), m.Mode.FOLLOW
    if mode is m.Mode.TAP and not state.facts.taps:
        state, mode = state.say(NO_TAPS), m.Mode.FOLLOW
    if not state.clock.running:
        return state.but(band=state.band.but(mode=mode)), []
    return mark_outdated(state.but(band=state.band.but(pending_mode=mode)), at)


def _play_tune(state: State, at: float, command: m.PlayTune) -> Step:
    if not command.on:
        return _stop_tune(state, at)
    name = command.name or next(iter(tunes_in(state)), "")
    check_tune(state, name)
    effects: list[Effect] = []
    if not state.clock.running and state.sync.source.owns_transport:
        state, effects = start(state, at)
    return state.but(tune=state.tune.but(name=name)), effects


def _stop_tune(state: State, at: float) -> Step:
    """End the tune and release its keys that are down."""
    pitches, schedule = state.tune.schedule.released()
    state = state.but(tune=state.tune.but(name="", schedule=schedule))
    effects: list[Effect] = []
    for pitch in pitches:
        key = PlayerKey(pitch, port=TUNE_PORT)
        state, more = key_event(state, at, key, 0, pass_on=True)
        effects += more
    return state, effects


def _fill(state: State, at: float, command: m.Fill) -> Step:
    bar = state.clock.bar
    if not state.clock.running or bar < 0:
        return state, []
    return replace_future(state.but(band=state.band.but(fill_bar=bar)), at), []


def _clear(state: State, at: float, command: m.Clear) -> Step:
    return state.but(heard=state.heard.cleared(), message="phrase cleared"), []


def _set_key(state: State, at: float, command: m.SetKey) -> Step:
    key = Key.parse(command.name) if command.name else None
    return state.but(heard=state.heard.but(key=state.heard.key.pin(key))), []


def _set_chords(state: State, at: float, command: m.SetChords) -> Step:
    bar = code_player.bar_to_make(state, at)
    chords = FixedChords(read_chart(command.text), bar)
    text = f"chords: {chords.chart.text}" if chords else "the chords are yours again"
    state = state.but(chords=chords, message=text)
    if not state.clock.running:
        return request_first_bar(state, at)
    asked_for = state.plan.last_asked[0] == bar
    if not asked_for:
        return state.but(plan=state.plan.without_preview()), []
    return request.ask(state, at, bar, state.clock.grid.bar_start(bar))


def _follow_markers(state: State, at: float, command: FollowMarkers) -> Step:
    text = f"chords: {command.label}" if command.classes else "the chords are yours again"
    chords = FixedChords(Chart(command.label, command.classes))
    return mark_outdated(state.but(chords=chords, message=text), at)


def _set_walk(state: State, at: float, command: m.SetWalk) -> Step:
    return mark_outdated(set_walk(state, command.name, command.bars, command.seed), at)


def _go_to(state: State, at: float, command: m.GoToSection) -> Step:
    state, effects = form_sections.go_to(state, at, command)
    return replace_future(state, at), effects  # the bar that plays may end with a fill


def _tap(state: State, at: float, command: m.Tap) -> Step:
    taps = state.sync.taps.tap(command.at)
    state = state.but(sync=state.sync.but(taps=taps))
    return (state, []) if taps.bpm is None else set_tempo(state, at, taps.bpm)


def _quit(state: State, at: float, command: m.Quit) -> Step:
    state, effects = stop(state, at)
    return state, [*effects, End()]


def _key(state: State, at: float, command: m.KeyDown | m.KeyUp) -> Step:
    velocity = command.velocity if isinstance(command, m.KeyDown) else 0
    pass_on = state.band.thru != Thru.OFF
    key = PlayerKey(command.pitch, port=KEYBOARD_PORT)
    return key_event(state, min(command.at, at), key, velocity, pass_on=pass_on)


def _set_thru(state: State, at: float, command: m.SetThru) -> Step:
    """Pass on something else from now on; what sounds and is passed on no longer ends."""
    state = state.but(band=state.band.but(thru=command.thru))
    return (state, []) if state.band.passes_all else thru.end_all(state, at)


def _set_offset(state: State, at: float, command: m.SetOffset) -> Step:
    """Move a part's output in time from now on. Notes that this alone makes later than
    ``patience`` are left out, as late ones are: a step of some milliseconds loses none."""
    offsets = {**state.setup.offsets, command.part: command.ms / 1000}
    return state.but(setup=replace(state.setup, offsets=offsets)), []


def on_sound_turned(state: State, event: SoundTurned) -> Step:
    """The program's own sound went on or off."""
    state = state.but(band=state.band.but(sounding=event.on))
    return (state, []) if state.band.passes_all else thru.end_all(state, event.at)


def _answer_from_files(state: State, at: float, request: FileRequest) -> Step:
    return state, [AnswerFromFiles(request)]


_COMMANDS: dict[type, Callable[[State, float, Any], Step]] = {
    m.Start: lambda state, at, _: start(tempo_listen.ended(state), at),
    m.Stop: lambda state, at, _: stop_all(tempo_listen.ended(state), at),
    m.Panic: lambda state, at, _: panic(tempo_listen.ended(state), at),
    m.Tap: _tap,
    m.SetTempo: lambda state, at, command: set_tempo(state, at, command.bpm),
    m.SetMode: _set_mode,
    m.SetMetre: set_metre,
    m.KeyDown: _key,
    m.KeyUp: _key,
    m.PlayTune: _play_tune,
    m.SetControl: _set_control,
    m.Fill: _fill,
    m.Clear: _clear,
    m.SetKey: _set_key,
    m.SetChords: _set_chords,
    m.SetWalk: _set_walk,
    m.GoToSection: _go_to,
    m.HoldSection: form_sections.hold,
    **code_player.COMMANDS,
    **ARRANGER_COMMANDS,
    m.DropAnchor: lambda state, at, _: (drop_anchor(state), []),
    m.Capture: lambda state, at, command: (state, [Save(command.path)]),
    FollowMarkers: _follow_markers,
    PrintClips: print_clips.print_now,
    UndoPrint: lambda state, _at, _: print_clips.undo(state),
    m.SetThru: _set_thru,
    m.SetOffset: _set_offset,
    m.SwitchSound: lambda state, at, _: (state, [TurnSound()]),
    m.MoveTarget: move_target,
    m.SaveAnchor: lambda state, at, command: point.save(state, command.name),
    m.ForgetAnchor: lambda state, at, command: point.forget(state, command.name),
    m.RecallAnchor: lambda state, at, command: _point_moved(
        point.recall(state, at, command.name), at
    ),
    m.GoToPlace: lambda state, at, command: _point_moved(
        map_travel.go_to(state, at, (command.x, command.y)), at
    ),
    m.SetMorph: lambda state, at, command: (point.set_morph(state, command.a, command.b), []),
    m.ResetPoint: lambda state, at, command: _point_moved(point.reset(state, at), at),
    m.UndoPoint: lambda state, at, command: _point_moved(point.undo(state), at),
    m.Learn: lambda state, at, command: (midi_learn.begin(state, command.target), []),
    m.CancelLearn: lambda state, at, command: (midi_learn.cancel(state), []),
    m.ConfirmLearn: lambda state, at, command: midi_learn.confirm(state),
    **dict.fromkeys(get_args(FileRequest), _answer_from_files),
    SetHearing: set_hearing,
    ListenTempo: tempo_listen.listen,
    ScaleTempo: tempo_listen.scale,
    ThisIsOne: tempo_listen.this_is_one,
    TakeStyle: heard_style.take,
    m.Quit: _quit,
}
