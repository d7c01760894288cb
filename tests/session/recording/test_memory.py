"""Memory while the band plays on and on: the engine keeps a window, the journal the rest."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable

import pytest
from playing import BAR, simple_answer

from bridge.model.messages import FromWorker, Request
from bridge.music.tunes import DEMO_TUNE
from bridge.session import simulation
from bridge.session.messages.commands import PlayTune
from bridge.session.recording.take_records import TakeRecord
from bridge.session.state.events import CommandReceived
from bridge.session.state.session_state import State

Make = Callable[..., State]
HOURS = float(os.environ.get("LATENT_BRIDGE_HOURS", "0.05"))
"""The length of the session; with 24, a day."""
SHORT_WINDOW = 64
"""Notes of a part that are kept where the session is too short to fill the engine's window."""
ALLOWED = 128 * 1024
"""Bytes that the second half of the session may add."""


def test_memory_stays_flat_while_a_take_goes_on(
    session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every eighth of the session is measured with tracemalloc; the last half adds nothing."""
    if HOURS < 8:
        monkeypatch.setattr(simulation, "WINDOW", SHORT_WINDOW)
    until = HOURS * 3600.0
    held: list[int] = []
    written = 0

    def record(_: TakeRecord) -> None:
        nonlocal written
        written += 1

    def answer(request: Request) -> FromWorker:
        if request.target_bar * BAR >= until * len(held) / 8:
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        return simple_answer(request)

    state = session(tunes={DEMO_TUNE.name: DEMO_TUNE.notes()})
    tracemalloc.start()
    try:
        play = CommandReceived(0.5, PlayTune(on=True))
        played = simulation.play(state, [play], answer, until, record=record)
    finally:
        tracemalloc.stop()
    print(f"{HOURS} h, {written} records; KiB: {[size // 1024 for size in held]}")
    assert written > 10 * until / BAR
    assert played.recorder.take.count > 4 * until / BAR
    assert held[-1] - held[4] < ALLOWED
