"""Mode tap: requests with a second model for taps, and a message without one."""

from __future__ import annotations

from dataclasses import replace

from playing import BAR, FACTS, T0, simple_answer

from bridge.model.messages import Request
from bridge.session.core import step
from bridge.session.messages import commands as m
from bridge.session.new_session import first_state
from bridge.session.simulation import play
from bridge.session.state.events import CommandReceived
from bridge.session.state.setup import Setup

TAPS = replace(FACTS, taps=True)


def test_in_mode_tap_drums_of_taps_are_asked_for() -> None:
    asked: list[Request] = []

    def answer(request: Request):  # type: ignore[no-untyped-def]
        asked.append(request)
        return simple_answer(request)

    state = first_state(Setup(bpm=120.0, key="C major", mode=m.Mode.TAP), TAPS)
    events = [
        CommandReceived(T0, m.Start()),
        CommandReceived(T0 + 2.2 * BAR, m.SetMode(m.Mode.FOLLOW)),
    ]
    play(state, events, answer, until=T0 + 5 * BAR)
    assert asked[0].tap
    assert not asked[-1].tap


def test_without_a_model_the_band_follows_and_says_what_to_do() -> None:
    state, _ = step(first_state(Setup(), FACTS), CommandReceived(T0, m.SetMode(m.Mode.TAP)))
    assert state.band.mode is m.Mode.FOLLOW
    assert "latent-bridge models import tap2drum_2bar" in state.message
