"""The code player's commands: sample, mark A and B, travel, walk a path, play codes, back. Pure.

While a sequence plays, bars are decoded from its codes and not from what the player plays; the
melody plays too, on its own output. A new sequence begins at the next bar line for which there
is time to make a bar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from msgspec.structs import replace

from bridge.errors import ModelError
from bridge.latent.space import Floats, checked, sample, slerp
from bridge.latent.walks import Walk, WalkKind
from bridge.model.contract import DRUM_GUEST_KINDS, GuestModel
from bridge.music.grid import FOUR_FOUR, metre_named
from bridge.music.notes import Note, Part
from bridge.session.bars import request
from bridge.session.latent.walks import NEEDS_A_PLAYER, find_kind
from bridge.session.messages.code_commands import (
    BackCode,
    CodeStatus,
    DrawCode,
    MarkCode,
    PlayCodes,
    PlayPath,
    PlayScore,
    Travel,
    UseModel,
)
from bridge.session.state.code_player import CodePlayer, CodeSequence, MarkedCode
from bridge.session.state.effects import KeepCode
from bridge.session.state.session_state import State, Step
from bridge.session.state.setup import ModelFacts
from bridge.session.transport.metre import GUESTS_IN_FOUR
from bridge.session.transport.start_stop import set_tempo, start

TRAIL_KEPT: Final = 64
"""Sequences that one can go back through."""
FOLLOWING: Final = "the band follows you again"


# --- commands -----------------------------------------------------------------------------


def draw(state: State, at: float, command: DrawCode) -> Step:
    """Play a sample of the latent space, drawn with the given seed or the session's next."""
    guest, drawn = state.codes.guest, state.codes.drawn
    seed = state.setup.seed + drawn if command.seed is None else command.seed
    code = _drawn(state.facts, guest, seed)
    codes = replace(state.codes, drawn=drawn + (command.seed is None))
    bars = state.facts.spec.bars if guest is None else guest.bars
    sequence = CodeSequence((tuple(code.tolist()),), seed, bars, f"idea {seed}", guest=guest)
    state, effects = play_sequence(state.but(codes=codes), at, sequence)
    return state, [_to_history(state, sequence, "sample"), *effects]


def _drawn(facts: ModelFacts, guest: GuestModel | None, seed: int) -> Floats:
    """A code [Z] of the band's model, or of a guest's."""
    codes = facts.distribution if guest is None else None
    width = width_of(facts, guest)
    code: Floats = (sample(1, width, seed) if codes is None else codes.drawn(1, seed))[0]
    return code


def mark(state: State, at: float, command: MarkCode) -> Step:
    """Set the marked code A or B to the code that plays, else to the one decoded last."""
    found = playing_code(state)
    if found is None:
        return state.say("nothing has sounded yet: draw an idea, or play a bar"), []
    name = command.anchor
    codes = replace(state.codes, **{name: found})
    return state.but(codes=codes, message=f"{name.upper()} is set"), []


def travel(state: State, at: float, command: Travel) -> Step:
    """Travel from A to B along the arc between them, a code a bar; from B to A if B plays."""
    first, second = state.codes.a, state.codes.b
    if first is None or second is None:
        missing = "A" if first is None else "B"
        return state.say(f"{missing} is not set: set A and B, then go from one to the other"), []
    if first.guest != second.guest:
        return state.say("A and B are of different models: set one of them again"), []
    name = "A to B"
    if playing_code(state) == second:
        first, second, name = second, first, "B to A"
    bars = max(1, round(command.bars))
    shares = np.arange(bars + 1) / bars
    a, b = (np.asarray(end.code, np.float32) for end in (first, second))
    codes = (*(tuple(row) for row in slerp(a, b, shares)[:-1].tolist()), second.code)
    seed = state.setup.seed
    sequence = CodeSequence(codes, seed, 1, name, stride=0, stays=True, guest=first.guest)
    state, effects = play_sequence(state, at, sequence)
    return state, [_to_history(state, sequence, f"travel {name}"), *effects]


def play_path(state: State, at: float, command: PlayPath) -> Step:
    """Play a seeded walk through the band's model and the guest's at once, a step a bar.

    NameUnknown for an unknown walk, ModelError for one that depends on the player.
    """
    kind = check_path(command)
    drawn = state.codes.drawn
    seed = state.setup.seed + drawn if command.seed is None else command.seed
    codes = replace(state.codes, drawn=drawn + (command.seed is None))
    walk, guest = Walk(kind, seed, command.bars), codes.guest
    sequence = CodeSequence((), seed, 1, f"walk {seed}", guest=guest, path=walk)
    state, effects = play_sequence(state.but(codes=codes), at, sequence)
    made = f"pathway {kind.value}"
    kept = [_to_history(state, replace(sequence, guest=None), made)]
    kept += [_to_history(state, sequence, made)] if guest is not None else []
    return state, [*kept, *effects]


def check_path(command: PlayPath) -> WalkKind:
    """The kind of the command's walk. NameUnknown and ModelError as in :func:`play_path`."""
    kind = find_kind(command.walk)
    if kind is None or kind in NEEDS_A_PLAYER:
        raise ModelError(f"the walk {command.walk or 'off'} goes by what is played: choose another")
    return kind


def use_model(state: State, at: float, command: UseModel) -> Step:
    """Draw samples from another model from now on; the sequence that plays goes on."""
    guest = command.guest
    if guest is not None and state.clock.metre != FOUR_FOUR:
        raise ModelError(GUESTS_IN_FOUR)
    name = state.facts.spec.name if guest is None else f"{guest.name} ({guest.kind})"
    codes = replace(state.codes, guest=guest)
    state = state.but(codes=codes, message=f"ideas are drawn from {name}")
    if state.clock.running or not state.worker.is_ready or codes.sequence is not None:
        return state, []
    return request.ask(state, at, 0, 0)  # so that the worker loads the guest


def back(state: State, at: float, command: BackCode) -> Step:
    """Go back to the sequence before this one; from the first, to following the player."""
    codes = state.codes
    if codes.sequence is None:
        return state.say("there is nothing to go back to"), []
    if not codes.trail:
        return _request_if_needed(leave(state), at, bar_to_make(state, at))
    *trail, sequence = codes.trail
    state, effects = play_sequence(state, at, sequence)
    return state.but(codes=replace(state.codes, trail=tuple(trail))), effects


def play_codes(state: State, at: float, command: PlayCodes) -> Step:
    """Play given codes, of the history for example. ModelError if they do not fit the model."""
    guest = command.guest
    checked(command.codes, width_of(state.facts, guest))
    bars = state.facts.spec.bars if guest is None else guest.bars
    sequence = CodeSequence(
        command.codes, command.seed, command.bars or bars, command.label,
        stride=command.stride, temperature=command.temperature, guest=guest,
    )  # fmt: skip
    return play_sequence(state, at, sequence)


def play_score(state: State, at: float, command: PlayScore) -> Step:
    """Play notes of the history as written. ModelError for an empty score."""
    if command.bars < 1 or not command.notes:
        raise ModelError(f"{command.label}: there are no notes in it")
    state, effects = (state, []) if command.bpm is None else set_tempo(state, at, command.bpm)
    metre = metre_named(command.metre)
    if metre.ticks != state.clock.metre.ticks:
        raise ModelError(
            f"{command.label} is in {metre.name}, the band in {state.clock.metre.name}: change the "
            "metre first, then play it"
        )
    bars: list[dict[Part, list[Note]]] = [{part: [] for part in Part} for _ in range(command.bars)]
    for name, tick, length, pitch, velocity in command.notes:
        bar, place = divmod(tick, metre.ticks)
        if 0 <= bar < command.bars:
            bars[bar][Part(name)].append(Note(place, pitch, length, velocity))
    score = tuple({part: tuple(notes) for part, notes in bar.items()} for bar in bars)
    sequence = CodeSequence(
        (), state.setup.seed, command.bars, command.label, score=score, tempi=command.tempi
    )
    state, more = play_sequence(state, at, sequence)
    state, begun = start_if_waiting(state, at)
    return state, [*effects, *more, *begun]


def leave(state: State) -> State:
    """End the sequence: the band follows the player; the marked codes stay."""
    if state.codes.sequence is None:
        return state
    codes = replace(state.codes, sequence=None, previous=None, trail=(), starting=False)
    return state.but(codes=codes, message=FOLLOWING)


# --- playing ------------------------------------------------------------------------------


def play_sequence(state: State, at: float, sequence: CodeSequence) -> Step:
    """Play a sequence from the next bar line on; a stopped session starts with it."""
    bar = bar_to_make(state, at)
    before, since = state.codes.sequence, state.codes.since
    trail = state.codes.trail if before is None else (*state.codes.trail, before)[-TRAIL_KEPT:]
    codes = replace(
        state.codes,
        sequence=sequence, since=bar, trail=trail, previous=before, previous_since=since,
        starting=not state.clock.running and state.sync.source.owns_transport,
    )  # fmt: skip
    return _request_if_needed(state.but(codes=codes, message=sequence.label), at, bar)


def bar_to_make(state: State, at: float) -> int:
    """The next bar for which there is time to generate it."""
    if not state.clock.running:
        return 0
    bar = max(0, state.clock.bar + 1)
    start = state.clock.line.second_at_tick(state.clock.grid.bar_start(bar))
    late = at > start - state.setup.look_ahead
    return bar + late


def _request_if_needed(state: State, at: float, bar: int) -> Step:
    """Request the bar now if it was requested already, or if the session is stopped; else it will
    be requested at its time."""
    if state.clock.running and state.plan.last_asked[0] != bar:
        return state.but(plan=state.plan.without_preview()), []
    if not state.clock.running and not state.worker.is_ready:
        return state.say("the model is not ready yet"), []
    return request.ask(state, at, bar, state.clock.grid.bar_start(bar))


def start_if_waiting(state: State, at: float) -> Step:
    """Start the music if a sequence was waiting for its first bar and that is ready now."""
    if not state.codes.starting or state.clock.running or state.plan.first_bar_ready is None:
        return state, []
    sequence = state.codes.sequence
    drummer = (
        sequence is not None
        and sequence.guest is not None
        and sequence.guest.kind in DRUM_GUEST_KINDS
    )
    if not (state.plan.first_bar_ready.from_code or drummer):
        return state, []
    return start(state.but(codes=replace(state.codes, starting=False)), at, count_in=False)


def width_of(facts: ModelFacts, guest: GuestModel | None) -> int:
    """The width Z of the codes of a guest model (None: of the band's)."""
    return facts.spec.latent if guest is None else guest.latent


def playing_code(state: State) -> MarkedCode | None:
    """The code that plays: of the sequence, else the one decoded last; None if there is none (or a
    score plays)."""
    found = _current(state)
    if found is None:
        code = state.point.code or state.walking.last_heard_code
        return None if code is None else MarkedCode(code)
    sequence, bar = found
    if sequence.score:
        return None
    # A path goes through two models: the marked code is of the one that samples are drawn from.
    guest = state.codes.guest if sequence.path is not None else sequence.guest
    return MarkedCode(sequence.code(sequence.number(bar), width_of(state.facts, guest)), guest)


def _current(state: State) -> tuple[CodeSequence, int] | None:
    """The sequence that plays, or will play next, and the bars that it has played."""
    codes = state.codes
    bar = max(0, state.clock.bar) if state.clock.running else 0
    return codes.at(bar) or (None if codes.sequence is None else (codes.sequence, 0))


def _to_history(state: State, sequence: CodeSequence, made: str) -> KeepCode:
    temperature = (
        state.band.control("temperature") if sequence.temperature is None else sequence.temperature
    )
    window = state.facts.spec.bars if sequence.guest is None else sequence.guest.bars
    return KeepCode(
        made=made, codes=sequence.codes, seed=sequence.seed, stride=sequence.stride,
        temperature=temperature, bpm=state.clock.line.bpm,
        key="" if sequence.guest is not None else str(state.heard.key.key),
        bars=0 if sequence.bars == window else sequence.bars,
        model="" if sequence.guest is None else sequence.guest.name, path=sequence.path,
        metre=state.clock.metre.name,
    )  # fmt: skip


# --- for the screen -----------------------------------------------------------------------


def status_of(state: State) -> CodeStatus | None:
    """The code player's status; None if it was not used yet."""
    codes = state.codes
    if codes == CodePlayer(drawn=codes.drawn, guest=codes.guest) and codes.guest is None:
        return None
    found = _current(state)
    return CodeStatus(
        label=found[0].label if found else "",
        code=found[0].number(found[1]) + 1 if found else 0,
        codes=found[0].count if found else 0,
        model="" if codes.guest is None else codes.guest.name,
        a=codes.a is not None,
        b=codes.b is not None,
        back=len(codes.trail),
    )


COMMANDS: Final[Mapping[type, Callable[..., Step]]] = {
    DrawCode: draw,
    MarkCode: mark,
    Travel: travel,
    BackCode: back,
    PlayCodes: play_codes,
    PlayPath: play_path,
    PlayScore: play_score,
    UseModel: use_model,
}
