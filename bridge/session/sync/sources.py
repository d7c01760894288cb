"""The choice of the clock source. Pure."""

from __future__ import annotations

from bridge.session.state.events import LinkIn
from bridge.session.state.session_state import ClockSource
from bridge.session.state.setup import Setup
from bridge.session.sync.ableton_link import LinkClock
from bridge.session.sync.internal import InternalClock
from bridge.session.sync.midi_clock_in import MidiClock
from bridge.timing.clock_follower import ClockFollower
from bridge.timing.tempo import BeatLine


def source_of(setup: Setup) -> ClockSource:
    """The source that a setup asks for: Link, a master's MIDI clock, or our own clock."""
    if setup.link:
        return LinkClock(LinkIn(0.0, BeatLine.at_tempo(setup.bpm)))
    if setup.clock:
        return MidiClock(setup.clock, ClockFollower(setup.clock_offset, setup.clock_unit))
    return InternalClock()
