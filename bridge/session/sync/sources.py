"""The choice of the clock source. Pure."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from bridge.session.state.events import ClockChosen, LinkIn
from bridge.session.state.session_state import ClockSource, State, Step
from bridge.session.state.setup import Setup
from bridge.session.sync.ableton_link import LinkClock
from bridge.session.sync.internal import InternalClock
from bridge.session.sync.midi_clock_in import MidiClock
from bridge.session.transport import tempo_listen
from bridge.timing.clock_follower import ClockFollower, TransportMotion
from bridge.timing.tempo import BeatLine


def source_of(setup: Setup) -> ClockSource:
    """The source that a setup asks for: Link, a master's MIDI clock, or our own clock."""
    if setup.link:
        return LinkClock(LinkIn(0.0, BeatLine.at_tempo(setup.bpm)))
    if setup.clock:
        return MidiClock(setup.clock, ClockFollower(setup.clock_offset, setup.clock_unit))
    return InternalClock()


def on_clock_chosen(state: State, event: ClockChosen) -> Step:
    """Have another clock lead from now on. Music that plays goes on with its beat and tempo: under
    our own clock for good, under a master until its first clock, which is taken for the one that is
    due, under Link until the session is known. No note ends."""
    setup = replace(state.setup, clock=event.clock, link=event.link)
    source = source_of(setup)
    if isinstance(source, LinkClock):
        source = source.but(last=LinkIn(event.at, state.clock.line), entering=state.clock.running)
    elif isinstance(source, MidiClock) and state.clock.running:
        follower = structs.replace(source.follower, motion=TransportMotion.RUNNING, lost=True)
        source = source.but(follower=follower, by_hand=True)
    state = tempo_listen.ended(state)
    sync = state.sync.but(source=source, joining=False)
    leader = "our own clock" if source.name == "internal" else source.name
    return state.but(setup=setup, sync=sync).say(f"{leader} leads"), []
