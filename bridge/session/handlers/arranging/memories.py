"""One-touch memories: store, recall, name, forget. Pure."""

from __future__ import annotations

from msgspec import structs

from bridge.controllers.memories import MEMORIES, Memory
from bridge.errors import NameUnknown
from bridge.latent.anchors import tidy_name
from bridge.session.arranger.coming import memory_of
from bridge.session.bars.ask_again import coming_changed
from bridge.session.latent import point
from bridge.session.messages import arranger_commands as a
from bridge.session.messages.commands import SetMetre
from bridge.session.state.effects import Effect, KeepMemories
from bridge.session.state.session_state import State, Step
from bridge.session.transport.bar_turn import turn
from bridge.session.transport.metre import set_metre


def store(state: State, at: float, command: a.StoreMemory) -> Step:
    """Store what plays, with what is pending, under a number. NameUnknown for a wrong number."""
    number = _checked(command.number)
    before = state.arranger.memories.get(number)
    usual = state.band.next_style if before is None else before.name
    memory = memory_of(state, tidy_name(command.name) or usual)
    return _kept(state, number, memory, f"memory {number}: {memory.name}")


def name(state: State, at: float, command: a.NameMemory) -> Step:
    """Name a memory. NameUnknown where none is stored."""
    memory = structs.replace(
        _stored(state, command.number), name=tidy_name(command.name) or str(command.number)
    )
    return _kept(state, command.number, memory, f"memory {command.number}: {memory.name}")


def forget(state: State, at: float, command: a.ForgetMemory) -> Step:
    """Delete a memory. NameUnknown where none is stored."""
    _stored(state, command.number)
    return _kept(state, command.number, None, f"memory {command.number} is free")


def arm(state: State, at: float, command: a.ArmStore) -> Step:
    """Let the next button of a memory store, or recall again."""
    on = not state.arranger.storing if command.on is None else command.on
    text = "choose a memory to store into" if on else "nothing is stored"
    return state.but(arranger=state.arranger.but(storing=on), message=text), []


def press(state: State, at: float, command: a.PressMemory) -> Step:
    """Store into a memory if that was asked for before, else recall it."""
    if state.arranger.storing:
        return store(state, at, a.StoreMemory(command.number))
    return recall(state, at, a.RecallMemory(command.number))


def recall(state: State, at: float, command: a.RecallMemory) -> Step:
    """Recall a memory at the next bar line; at once while nothing plays. Recalled twice within a
    bar, it is taken back. NameUnknown where none is stored, ModelError for a metre that the model
    lacks."""
    memory, arranger = _stored(state, command.number), state.arranger
    if arranger.recalled is not None and arranger.touched == command.number:
        taken_back = arranger.but(recalled=None, touched=0)
        return coming_changed(state.but(arranger=taken_back).say("the memory is not recalled"), at)
    state = point.remember_for_undo(state, at, f"memory:{command.number}")
    arranger = state.arranger.but(recalled=memory, touched=command.number)
    when = " next" if state.clock.running else ""
    state = state.but(arranger=arranger)
    effects: list[Effect] = []
    if memory.metre != state.clock.metre.name:
        state, effects = set_metre(state, at, SetMetre(memory.metre))
    if not state.clock.running:
        state, more = turn(state, at, 0)
        effects += more
    state, more = coming_changed(state.say(f"memory {command.number}: {memory.name}{when}"), at)
    return state, [*effects, *more]


def _kept(state: State, number: int, memory: Memory | None, text: str) -> Step:
    arranger = state.arranger.with_memory(number, memory)
    touched = number if memory is not None else 0
    state = state.but(arranger=arranger.but(touched=touched), message=text)
    return state, [KeepMemories(arranger.memories)]


def _checked(number: int) -> int:
    if not 1 <= number <= MEMORIES:
        raise NameUnknown("memory", str(number), map(str, range(1, MEMORIES + 1)))
    return number


def _stored(state: State, number: int) -> Memory:
    memory = state.arranger.memories.get(_checked(number))
    if memory is None:
        raise NameUnknown(
            "memory", str(number), map(str, state.arranger.memories), "(store it first)"
        )
    return memory
