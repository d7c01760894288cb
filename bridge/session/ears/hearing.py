"""The player's choices about what is heard. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridge.errors import NameUnknown
from bridge.listening.ears import BassMove
from bridge.listening.live_chord import ListenMode
from bridge.session.messages.ear_commands import SetHearing
from bridge.session.state.session_state import State, Step


def set_hearing(state: State, at: float, command: SetHearing) -> Step:
    """Change how chords are heard and followed. NameUnknown for a mode that there is not."""
    ears, said = state.ears, []
    if command.mode:
        if command.mode not in tuple(ListenMode):
            raise NameUnknown("mode of hearing", command.mode, tuple(ListenMode))
        ears = replace(ears, mode=ListenMode(command.mode))
        said.append(f"chords are heard: {ears.mode}")
    if command.bass:
        if command.bass not in tuple(BassMove):
            raise NameUnknown("time for the bass", command.bass, tuple(BassMove))
        ears = replace(ears, bass=BassMove(command.bass))
        said.append(f"the sounding bass note follows: {ears.bass}")
    if command.hold is not None:
        ears = replace(ears, hold=command.hold)
        said.append(f"the chord {'is held' if command.hold else 'ends with the keys'}")
    if command.lay_out is not None:
        ears = replace(ears, lay_out=command.lay_out)
        said.append(f"the band {'lays out' if command.lay_out else 'plays on'} for other tracks")
    if command.drift is not None:
        ears = replace(ears, tempo=replace(ears.tempo, follows=command.drift, base=0.0))
        said.append(f"the tempo {'follows you' if command.drift else 'stays'}")
    return state.but(ears=ears).say(", ".join(said) or state.message), []
