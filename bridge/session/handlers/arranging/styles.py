"""The style: chosen, or tried with a way back. Pure."""

from __future__ import annotations

from bridge.model.styles.style_metres import style_in_metre, styles_in
from bridge.music.rhythm.feel import FeelKind
from bridge.session.bars.ask_again import coming_changed, mark_outdated
from bridge.session.bars.feel import SWING
from bridge.session.messages.arranger_commands import Audition as TryStyle
from bridge.session.messages.arranger_commands import EndAudition
from bridge.session.messages.commands import SetMetre, SetStyle
from bridge.session.state.effects import Effect
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import FeelSource
from bridge.session.state.song.arranger import Audition
from bridge.session.transport.metre import set_metre

NO_AUDITION = "no style is being tried"


def set_style(state: State, at: float, command: SetStyle) -> Step:
    """Play in a style from the next bar on; a style that is tried is forgotten."""
    arranger = state.arranger.but(audition=None)
    if arranger.recalled is not None:
        arranger = arranger.with_recalled(style=command.name)
    return _in_style(state.but(arranger=arranger), at, command.name)


def _in_style(state: State, at: float, name: str) -> Step:
    preset = style_in_metre(state.facts.presets, name, state.clock.metre.name)
    effects: list[Effect] = []
    if preset.metre != state.facts.presets[state.band.next_style].metre:
        state, effects = set_metre(state, at, SetMetre(preset.metre))
    band = state.band
    if state.setup.feel != FeelSource.FOLLOW or state.heard.feel.kind is FeelKind.UNKNOWN:
        band = band.with_control(SWING, preset.swing)
    running = state.clock.running
    band = band.but(heard=None)
    band = band.but(pending_style=name) if running else band.but(style=name)
    state, more = mark_outdated(state.but(band=band), at)
    return state, effects + more


def beside(state: State, by: int) -> str:
    """The name of the style ``by`` places after the one that plays or comes, round and round."""
    names = list(styles_in(state.facts.presets, state.clock.metre.name))
    here = state.band.next_style
    return names[(names.index(here) + by) % len(names)] if here in names else names[0]


def audition(state: State, at: float, command: TryStyle) -> Step:
    """Try a style from the next bar on. NameUnknown for an unknown one, ModelError for one of
    another metre, since that would change the player's."""
    name = command.name or beside(state, command.by)
    preset = style_in_metre(state.facts.presets, name, state.clock.metre.name)
    before = state.arranger.audition
    band = state.band
    swing = band.control(SWING)
    metre = state.facts.presets[band.next_style].metre
    if preset.metre != metre:
        return state.say(f"{name} is in {preset.metre}: choose it, to change the metre"), []
    state, effects = _in_style(state, at, name)
    tried = Audition(
        style=name,
        style_before=band.next_style if before is None else before.style_before,
        swing_before=swing if before is None else before.swing_before,
        swing=state.band.control(SWING),
    )
    state = state.but(arranger=state.arranger.but(audition=tried))
    return state.say(f"trying {name}: keep it, or go back to {tried.style_before}"), effects


def end_audition(state: State, at: float, command: EndAudition) -> Step:
    """Keep the style that is tried, or go back: to the style and the swing from before, unless the
    swing was moved since."""
    tried = state.arranger.audition
    if tried is None:
        return state.say(NO_AUDITION), []
    state = state.but(arranger=state.arranger.but(audition=None))
    if command.keep:
        return state.say(f"{tried.style} stays"), []
    band = state.band
    if band.control(SWING) == tried.swing:
        band = band.with_control(SWING, tried.swing_before)
    back = tried.style_before
    if state.clock.running:
        band = band.but(pending_style="" if band.style == back else back)
    else:
        band = band.but(style=back, pending_style="")
    return coming_changed(state.but(band=band).say(f"back to {back}"), at)
