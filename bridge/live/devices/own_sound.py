"""The program's own sound: its parts, its settings, and its outputs beside the ports."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from typing import Final

from bridge.errors import ExtraMissing
from bridge.files.settings import SOUND, VIRTUAL, Settings, SoundSettings
from bridge.live.devices.ports import Ports
from bridge.midi.ports import MemoryOut, Out
from bridge.music.notes import Part
from bridge.sound.messages import Open
from bridge.sound.output import Sound, TeeOut

PACKAGES: Final = ("miniaudio", "midirenderer", "pretty_midi")
ENVIRONMENT: Final = "LATENT_BRIDGE_SOUND"
"""The environment variable with the audio system (alsa, jack, null, ...) or ``never``: no sound."""
NEVER, ALWAYS = "never", "always"


def missing() -> list[str]:
    """The packages of the extra ``sound`` that are not installed."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def require() -> None:
    """Check that the extra ``sound`` is installed. ExtraMissing if it is not."""
    if lacking := missing():
        raise ExtraMissing(lacking[0], "sound", "sound")


def named_parts(settings: Settings) -> set[Part]:
    """The parts whose port is the program's own sound."""
    return {part for part in Part if settings.ports[part.value].casefold() == SOUND}


def audible(settings: Settings, asked: bool | None, screen: bool) -> set[Part]:
    """The parts that the program sounds from the start: those whose port is the own sound; and, if
    sound is wanted (``asked`` on the command line, else by the settings), those on virtual ports,
    as nothing may be connected to them. ExtraMissing if it is asked for and not installed."""
    named = named_parts(settings)
    if named or asked:
        require()
    play = os.environ.get(ENVIRONMENT) or settings.sound.play
    wanted = asked
    if wanted is None:
        wanted = play != NEVER and (screen or play == ALWAYS) and not missing()
    own = {part for part in Part if settings.ports[part.value] == VIRTUAL}
    return named | (own if wanted else set())


def sound_of(settings: SoundSettings) -> Sound:
    """The sound by the settings, still off."""
    system = os.environ.get(ENVIRONMENT, "")
    return Sound(
        Open(
            system=settings.system if system in ("", NEVER, ALWAYS) else system,
            block_ms=settings.block_ms,
            font=settings.font,
            programs=(settings.melody - 1, settings.bass - 1, settings.drums - 1),
        )
    )


def with_sound(ports: Ports, settings: Settings) -> tuple[Ports, Sound | None]:
    """The ports with the sound (still off) added to virtual ports and to those of the own sound.

    The sound is None if all parts have ports that the player has chosen.
    """
    able = named_parts(settings) | {p for p in Part if settings.ports[p.value] == VIRTUAL}
    if not able and settings.metronome.port != SOUND:
        return ports, None
    sound = sound_of(settings.sound)
    heard = {part: _heard(out, sound.out(part)) for part, out in ports.outs.items() if part in able}
    click = sound.out(Part.DRUMS) if settings.metronome.port == SOUND else ports.click
    return replace(ports, outs={**ports.outs, **heard}, click=click), sound


def _heard(port: Out, sound: Out) -> Out:
    """An output for both the port and the sound; the sound alone if there is no port."""
    return sound if isinstance(port, MemoryOut) else TeeOut(port, sound)
