"""Requests for bars that come out of the latent space, not from what is played. Pure.

A spot of the band's model is decoded by the band. One of a guest (see
``model.answering.guest``) is a
voice: the band hears its melody instead of the player's, its drums take the place of the
band's. On a path both are decoded where one walk leads, each in its own space.
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
class Coded:
    """The request; the place of its bar in the window; and whether its melody is to be heard
    (or the bar is the band's own, but for the drums)."""

    request: Request
    index: int
    whole: bool = True


def coded_request(state: State, bar: int, request: Request, moved: Floats) -> Coded | None:
    """The request for a bar of the cipher's, ``moved`` [Z] by the knobs; None for the others."""
    found = state.codes.at(bar)
    if found is None:
        return None
    spot, since = found
    if spot.path is not None:
        request = _of_the_band(state.facts.spec, request, spot, since, moved)
        voice = _voice(state, spot, since, request.temperature) if spot.guest else None
        return Coded(structs.replace(request, voice=voice), request.bars[0])
    if spot.guest is None:
        request = _of_the_band(state.facts.spec, request, spot, since, moved)
        return Coded(request, request.bars[0])
    voice = _voice(state, spot, since, request.temperature)
    if spot.guest.kind in DRUM_GUEST_KINDS:
        return Coded(structs.replace(request, voice=voice), request.bars[0], whole=False)
    voiced = structs.replace(request, voice=voice, variation=0.0, tap=False)
    if spot.guest.kind not in MELODY_GUEST_KINDS:
        return Coded(voiced, request.bars[0])
    fixed = bool(state.chords.chart.classes)
    return Coded(structs.replace(voiced, chords=request.chords if fixed else ()), voice.at)


def _of_the_band(
    spec: ModelSpec, request: Request, spot: CodeSequence, since: int, moved: Floats
) -> Request:
    number = spot.number(since)
    code = np.asarray(spot.code(number, spec.latent), np.float32)
    return structs.replace(
        request,
        bars=(since % spec.bars,),
        chords=(),
        offset=tuple(map(float, code + moved)),
        listen=0.0,
        points=(),
        variation=0.0,
        temperature=request.temperature if spot.temperature is None else spot.temperature,
        seed=spot.seed + spot.stride * number,
        before=(),
        onward=None,
    )


def _voice(state: State, spot: CodeSequence, since: int, temperature: float) -> GuestVoice:
    """What the guest plays: in all bars of the band's window where the band goes by it."""
    guest, window = spot.guest, state.facts.spec.bars
    assert guest is not None
    leads = spot.path is None and guest.kind in MELODY_GUEST_KINDS
    first = since - since % window if leads else since
    numbers = [spot.number(first + place) for place in range(window if leads else 1)]
    different = list(dict.fromkeys(numbers))
    return GuestVoice(
        model=guest.name,
        codes=tuple(spot.code(number, guest.latent) for number in different),
        seeds=tuple(spot.seed + spot.stride * number for number in different),
        places=tuple(
            (different.index(number), (first + place) % guest.bars)
            for place, number in enumerate(numbers)
        ),
        at=since - first,
        temperature=temperature if spot.temperature is None else spot.temperature,
        leads=leads,
        shift=state.heard.key.key.shift if state.chords.chart.classes else None,
    )
