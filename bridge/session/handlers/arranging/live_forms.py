"""Forms of a live session: chosen from the user's files, started, left. Pure."""

from __future__ import annotations

from bridge.errors import BridgeError
from bridge.session.bars.ask_again import coming_changed
from bridge.session.bars.form_sections import NO_FORM, check_form
from bridge.session.messages.arranger_commands import LeaveForm, StartForm
from bridge.session.messages.commands import SetMetre
from bridge.session.state.effects import Effect
from bridge.session.state.events import FormRead
from bridge.session.state.session_state import State, Step
from bridge.session.state.song.arranger import FormChange
from bridge.session.state.song.form_position import FormPosition, LiveForm
from bridge.session.transport.metre import set_metre
from bridge.session.transport.start_stop import set_tempo, start


def on_form_read(state: State, event: FormRead) -> Step:
    """A form that was chosen is there: it waits for its start, or (while nothing plays) the music
    begins with it. One that does not suit the model becomes a message."""
    form = event.form
    try:
        check_form(form, state.facts, form.metre or state.clock.metre.name)
        if state.clock.running:
            chosen = state.arranger.but(chosen=form)
            return state.but(arranger=chosen).say(f"{form.name} is chosen: start the form"), []
        return _at_rest(state, event.at, form)
    except BridgeError as error:
        return state.say(str(error)), []


def _at_rest(state: State, at: float, form: LiveForm) -> Step:
    """The stopped session with a form, in its metre, tempo and style."""
    arranger = state.arranger.but(form=form, chosen=None, turn=None)
    state = state.but(arranger=arranger, form=FormPosition())
    state, effects = _in_its_metre(state, at, form)
    if form.bpm and state.sync.source.owns_transport:
        state, more = set_tempo(state, at, form.bpm)
        effects = [*effects, *more]
    if form.first_style:
        state = state.but(band=state.band.but(style=form.first_style))
    state, more = coming_changed(state.say(f"{form.name}: start, or play"), at)
    return state, [*effects, *more]


def _in_its_metre(state: State, at: float, form: LiveForm) -> Step:
    if not form.metre or form.metre == state.clock.metre.name:
        return state, []
    return set_metre(state, at, SetMetre(form.metre))


def start_form(state: State, at: float, command: StartForm) -> Step:
    """Begin the chosen form, or the one that runs from its first section on, at the next bar line;
    while nothing plays the music starts with it. ModelError for a metre that the model lacks."""
    form = state.arranger.chosen or state.arranger.form
    if form is None:
        return state.say(NO_FORM), []
    if not state.clock.running:
        return start(state, at)
    state = state.but(arranger=state.arranger.but(turn=FormChange(form)))
    effects: list[Effect] = []
    state, effects = _in_its_metre(state, at, form)
    state, more = coming_changed(state.say(f"{form.name} begins with the next bar"), at)
    return state, [*effects, *more]


def leave_form(state: State, at: float, command: LeaveForm) -> Step:
    """Leave the form at the next bar line, or take the start of one back; the band plays on."""
    arranger = state.arranger
    if arranger.turn is not None:
        return coming_changed(state.but(arranger=arranger.but(turn=None)).say("the form waits"), at)
    if arranger.form is None:
        return state.but(arranger=arranger.but(chosen=None)).say(NO_FORM), []
    if not state.clock.running:
        state = state.but(arranger=arranger.but(form=None, chosen=None), form=None)
        return coming_changed(state.say("no form"), at)
    state = state.but(arranger=arranger.but(turn=FormChange(None)))
    return coming_changed(state.say("the form is left with the next bar"), at)
