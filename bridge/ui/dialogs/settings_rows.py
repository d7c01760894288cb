"""The titles and other names of the settings that the screen offers. The engine's process knows
their values (``live.devices.settings_desk``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETTING_NAMES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ports.in": ("you play on", ("midi input", "keyboard", "in", "controller", "port")),
    "ports.melody": ("melody goes to", ("output", "midi out", "port")),
    "ports.bass": ("bass goes to", ("output", "midi out", "port")),
    "ports.drums": ("drums go to", ("output", "midi out", "port")),
    "thru": ("what you play goes on", ("thru", "local", "monitor")),
    "sound.play": ("own sound", ("audio", "synth", "speaker")),
    "sound.system": ("audio system", ("device", "alsa", "jack", "pulseaudio", "driver")),
    "sound.block_ms": ("audio block", ("latency", "buffer")),
    "offsets_ms.melody": ("melody earlier, later", ("latency", "offset", "delay")),
    "offsets_ms.bass": ("bass earlier, later", ("latency", "offset", "delay")),
    "offsets_ms.drums": ("drums earlier, later", ("latency", "offset", "delay")),
    "clock": ("clock followed", ("sync", "midi clock", "master")),
    "link": ("Ableton Link", ("sync", "tempo sharing")),
    "metre": ("metre", ("time signature", "3/4", "6/8")),
    "count_in_bars": ("count-in", ("bars before", "metronome")),
    "start": ("start", ("first key", "autostart")),
    "when_silent": ("while you are silent", ("rest", "keep")),
    "split": ("chords below", ("split", "left hand", "keyboard zone")),
    "screen.layout": ("keyboard layout", ("qwertz", "azerty", "dvorak", "keys")),
    "screen.touch": ("typed velocity", ("touch", "accent", "velocity")),
    "screen.theme": ("theme", ("colours", "light", "dark", "contrast")),
    "screen.fps": ("pictures a second", ("fps", "frame rate", "ssh")),
}
"""By the key in the settings file: the title, and other names that people look for."""
