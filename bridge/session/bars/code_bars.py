"""Requests for bars of the code player: decoded from given codes, not from what is played. Pure.

A sequence of the band's model is decoded by the band. One of a guest model (see
``model.answering.guest``) is a voice: its melody takes the place of the player's, or its drums
that of the band's. On a path both models are decoded at the place of one walk, each in its own
space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from msgspec import structs

from bridge.latent.space import Floats
from bridge.model.contract import DRUM_GUEST_KINDS, MELODY_GUEST_KINDS, ModelSpec
from bridge.model.messages import GuestVoice, Request
from bridge.session.state.code_player import CodeSequence
from bridge.session.state.session_state import State


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """The request for a bar of codes, and the ``index`` of that bar in the window. ``whole``: all
    of its parts come from the codes, and its melody is played; False: only its drums do."""

    request: Request
    index: int
    whole: bool = True


def code_request(state: State, bar: int, request: Request, moved: Floats) -> CodeRequest | None:
    """The request for a bar of the code player, its codes ``moved`` [Z] by the knobs; None if the
    band follows the player in ``bar``."""
    found = state.codes.at(bar)
    if found is None:
        return None
    sequence, since = found
    if sequence.path is not None:
        request = _of_the_band(state.facts.spec, request, sequence, since, moved)
        voice = _voice(state, sequence, since, request.temperature) if sequence.guest else None
        return CodeRequest(structs.replace(request, voice=voice), request.bars[0])
    if sequence.guest is None:
        request = _of_the_band(state.facts.spec, request, sequence, since, moved)
        return CodeRequest(request, request.bars[0])
    voice = _voice(state, sequence, since, request.temperature)
    if sequence.guest.kind in DRUM_GUEST_KINDS:
        return CodeRequest(structs.replace(request, voice=voice), request.bars[0], whole=False)
    voiced = structs.replace(request, voice=voice, variation=0.0, tap=False)
    if sequence.guest.kind not in MELODY_GUEST_KINDS:
        return CodeRequest(voiced, request.bars[0])
    fixed = bool(state.chords.chart.classes)
    return CodeRequest(structs.replace(voiced, chords=request.chords if fixed else ()), voice.at)


def _of_the_band(
    spec: ModelSpec, request: Request, sequence: CodeSequence, since: int, moved: Floats
) -> Request:
    number = sequence.number(since)
    code = np.asarray(sequence.code(number, spec.latent), np.float32)
    return structs.replace(
        request,
        bars=(since % spec.bars,),
        chords=(),
        offset=tuple(map(float, code + moved)),
        listen=0.0,
        points=(),
        variation=0.0,
        temperature=request.temperature if sequence.temperature is None else sequence.temperature,
        seed=sequence.seed + sequence.stride * number,
        before=(),
        onward=None,
    )


def _voice(state: State, sequence: CodeSequence, since: int, temperature: float) -> GuestVoice:
    """The guest's voice for the bar; for all bars of the band's window if the band follows it."""
    guest, window = sequence.guest, state.facts.spec.bars
    assert guest is not None
    leads = sequence.path is None and guest.kind in MELODY_GUEST_KINDS
    first = since - since % window if leads else since
    numbers = [sequence.number(first + place) for place in range(window if leads else 1)]
    different = list(dict.fromkeys(numbers))
    return GuestVoice(
        model=guest.name,
        codes=tuple(sequence.code(number, guest.latent) for number in different),
        seeds=tuple(sequence.seed + sequence.stride * number for number in different),
        places=tuple(
            (different.index(number), (first + place) % guest.bars)
            for place, number in enumerate(numbers)
        ),
        at=since - first,
        temperature=temperature if sequence.temperature is None else sequence.temperature,
        leads=leads,
        shift=state.heard.key.key.shift if state.chords.chart.classes else None,
    )
