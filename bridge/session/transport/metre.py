"""The metre: changed at the next bar line, and what it asks of styles, tunes and modes. Pure."""

from __future__ import annotations

from typing import Final

from bridge.errors import ModelError, NameUnknown
from bridge.model.contract import GuestModel, check_metre
from bridge.model.styles.style_metres import nearest_in, styles_in
from bridge.music.grid import FOUR_FOUR, Metre, metre_named
from bridge.music.tunes import suits
from bridge.session.bars import request
from bridge.session.bars.ask_again import request_first_bar
from bridge.session.messages.commands import Mode, SetMetre
from bridge.session.state.effects import Effect, MetreSet
from bridge.session.state.session_state import State, Step
from bridge.session.transport import metronome
from bridge.session.transport.take import jump

TAPS_IN_FOUR: Final = "mode tap is in 4/4 only: its model knows no other metre"
GUESTS_IN_FOUR: Final = "a model beside the band's plays in 4/4 only: leave it out, or choose 4/4"


def set_metre(state: State, at: float, command: SetMetre) -> Step:
    """Play in another metre: from the next bar line on, or at once where a master's bars are as
    long otherwise, since they are counted from its beginning.

    NameUnknown for an unknown metre, ModelError for one that the model or a mode lacks.
    """
    metre = metre_named(command.name) if command.name else _beside(state, command.by)
    check_metre(state.facts.spec, metre.name)
    check_mode(metre, state.band.next_mode, state.codes.guest)
    if metre == state.clock.metre:
        return state.say(f"the metre is {metre.name}"), []
    when = " from the next bar on" if state.clock.running else ""
    text = f"the metre is {metre.name}{when}"
    state = _in_its_style(state.say(text), metre)
    state = _without_tune(state, metre)
    if not state.clock.running:
        return _while_stopped(state, at, metre)
    if metre.ticks == state.clock.metre.ticks or _counts_bars(state):
        state, effects = _at_next_bar(state, at, metre)
    else:
        state, effects = _by_the_master(state, at, metre)
    state, more = state.sync.source.after_metre(metronome.placed(state), at)
    return state, effects + more


def check_mode(metre: Metre, mode: Mode, guest: GuestModel | None) -> None:
    """ModelError for a mode, or a model beside the band's, that is in 4/4 only."""
    if metre != FOUR_FOUR and mode is Mode.TAP:
        raise ModelError(TAPS_IN_FOUR)
    if metre != FOUR_FOUR and guest is not None:
        raise ModelError(GUESTS_IN_FOUR)


def _beside(state: State, by: int) -> Metre:
    """The metre after (or before) the present one among those of the model."""
    names = list(state.facts.spec.metres)
    if len(names) < 2:
        raise ModelError(f"the model {state.facts.spec.name} plays {names[0]} only")
    here = state.clock.metre.name
    at = names.index(here) if here in names else 0
    return metre_named(names[(at + by) % len(names)])


def _counts_bars(state: State) -> bool:
    """True if bars are counted by us: no master has given the position of its own."""
    source = state.sync.source
    return source.owns_transport and not state.setup.link


def _in_its_style(state: State, metre: Metre) -> State:
    """The state in a style for the metre: its own, else the nearest one."""
    presets, style = state.facts.presets, state.band.next_style
    if style in styles_in(presets, metre.name):
        return state
    near = nearest_in(presets, presets[style], metre.name)
    band = state.band.with_control("swing", presets[near].swing)
    band = band.but(pending_style=near) if state.clock.running else band.but(style=near)
    return state.but(band=band, message=f"{state.message}, in the style {near}")


def _while_stopped(state: State, at: float, metre: Metre) -> Step:
    """The music will begin in another metre; what was heard in the one before is forgotten."""
    clock, heard = state.clock.in_metre(metre), state.heard.cleared()
    state, effects = request_first_bar(state.but(clock=clock, heard=heard), at)
    state, more = state.sync.source.after_metre(state, at)
    return state, effects + more


def _at_next_bar(state: State, at: float, metre: Metre) -> Step:
    """The bar that plays goes on to its end; the next is in the new metre."""
    bar = state.clock.coming_bar
    grid = state.clock.grid.changed(bar, metre)
    start, asked = grid.bar_start(bar), state.plan.last_asked[0] == bar
    lanes = {part: lane.place(start, _FAR, ()) for part, lane in state.lanes.items()}
    state = state.but(
        clock=state.clock.but(grid=grid),
        heard=state.heard.in_other_metre(),
        plan=state.plan.from_bar(bar),
        lanes=lanes,
    )
    effects: list[Effect] = [MetreSet(start, metre)]
    if asked or at > state.clock.line.second_at_tick(start) - state.setup.look_ahead:
        state, more = request.ask(state, at, bar, start)
        effects += more
    return state, effects


_FAR: Final = 1 << 62


def _by_the_master(state: State, at: float, metre: Metre) -> Step:
    """Bars are counted from the master's beginning: the bar there plays on from here."""
    state = state.but(clock=state.clock.in_metre(metre), heard=state.heard.in_other_metre())
    tick = state.clock.line.tick_at(at)
    state, effects = jump(state, state.clock.line, tick, at)
    return state, [*effects, MetreSet(metre.bar_start(metre.bar_of(tick)), metre)]


# --- tunes --------------------------------------------------------------------------------


def tunes_in(state: State) -> list[str]:
    """The names of the built-in tunes for the present metre."""
    return [name for name in state.setup.tunes if _suits(state, name, state.clock.metre)]


def check_tune(state: State, name: str) -> None:
    """NameUnknown for a tune that is not there, ModelError for one of another metre."""
    if name not in state.setup.tunes:
        raise NameUnknown("tune", name, state.setup.tunes)
    if not _suits(state, name, state.clock.metre):
        own = state.setup.tune_metres.get(name, FOUR_FOUR)
        raise ModelError(f"the tune {name} is in {own.name}: change the metre first")


def _suits(state: State, name: str, metre: Metre) -> bool:
    """True if a tune's bars, or pairs of them, are bars of the metre."""
    return suits(state.setup.tune_metres.get(name, FOUR_FOUR), metre)


def _without_tune(state: State, metre: Metre) -> State:
    """The state without a tune that is in another metre."""
    name = state.tune.name
    if not name or _suits(state, name, metre):
        return state
    return state.but(tune=state.tune.but(name=""))
