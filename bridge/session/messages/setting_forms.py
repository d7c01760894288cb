"""The settings that the screen offers: their titles, other names, groups, choices and ranges. The
engine's process knows their values (``live.devices.settings_desk``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.session.messages.settings_messages import Chosen

PORTS: Final = "Ports"
SOUND: Final = "Sound and latency"
TIME: Final = "Time"
PLAYING: Final = "Playing"
SCREEN: Final = "Screen and keyboard"
MIDI_NOTE: Final = "MIDI note"
"""The unit of a setting whose value is a key of the keyboard, 0 for none."""


@dataclass(frozen=True)
class SettingForm:
    """A setting as the screen offers it: the ``title``; ``names`` that people look for it by; the
    ``choices`` that do not depend on the machine; else its range in ``unit``, walked
    in steps of ``step`` (0: a part of the range). ``blank`` is shown for an empty value."""

    title: str
    group: str
    names: tuple[str, ...]
    choices: tuple[Chosen, ...] = ()
    low: float = 0.0
    high: float = 0.0
    unit: str = ""
    step: float = 0.0
    blank: str = "-"


def _output(part: str, verb: str = "goes") -> SettingForm:
    return SettingForm(f"{part} {verb} to", PORTS, ("output", "midi out", "port", "device"))


def _offset(part: str) -> SettingForm:
    names = ("latency", "offset", "delay", "early", "late")
    return SettingForm(f"{part} later by", SOUND, names, low=-500, high=500, unit="ms", step=1)


SETTING_FORMS: Final[Mapping[str, SettingForm]] = {
    "ports.in": SettingForm("you play on", PORTS, ("midi input", "keyboard", "in", "controller")),
    "ports.melody": _output("melody"),
    "ports.bass": _output("bass"),
    "ports.drums": _output("drums", "go"),
    "thru": SettingForm("passed on of yours", PORTS, ("thru", "local", "monitor"),
                        ("auto", "off", "keys", "all")),
    "sound.play": SettingForm("own sound", SOUND, ("audio", "synth", "speaker"),
                              ("auto", "always", "never")),
    "sound.system": SettingForm("audio system", SOUND, ("device", "driver"),
                                ("", "pulseaudio", "alsa", "jack", "coreaudio", "wasapi"),
                                blank="the usual one"),
    "sound.block_ms": SettingForm("audio buffer", SOUND, ("latency", "block"), low=1, high=100,
                                  unit="ms"),
    "offsets_ms.melody": _offset("melody"),
    "offsets_ms.bass": _offset("bass"),
    "offsets_ms.drums": _offset("drums"),
    "clock": SettingForm("clock followed", TIME, ("sync", "midi clock", "master", "internal"),
                         blank="our own"),
    "clock_out": SettingForm("clock sent to", TIME, ("sync", "midi clock", "drum machine"),
                             blank="nowhere"),
    "link": SettingForm("Ableton Link", TIME, ("sync", "tempo sharing"), (False, True)),
    "metre": SettingForm("metre", TIME, ("time signature", "3/4", "6/8")),
    "count_in_bars": SettingForm("count-in", TIME, ("bars before",), (0, 1, 2), unit="bars"),
    "start": SettingForm("start", PLAYING, ("first key", "autostart"), ("key", "now")),
    "when_silent": SettingForm("while you are silent", PLAYING, ("rest",), ("keep", "rest")),
    "split": SettingForm("chords below the key", PLAYING, ("split", "left hand", "zone"),
                         low=0, high=127, unit=MIDI_NOTE),
    "screen.layout": SettingForm("keyboard layout", SCREEN, ("qwertz", "azerty", "dvorak"),
                                 ("us", "uk", "de", "fr", "es", "it", "se", "ch", "jp", "dvorak",
                                  "colemak")),
    "screen.touch": SettingForm("typed velocity", SCREEN, ("touch", "accent"),
                                ("level", "accent", "rows")),
    "screen.theme": SettingForm("theme", SCREEN, ("colours", "contrast"),
                                ("dark", "light", "contrast", "terminal")),
    "screen.fps": SettingForm("pictures a second", SCREEN, ("frame rate", "ssh", "slow line"),
                              low=1, high=60),
}  # fmt: skip
"""By the key in the settings file."""
SETTING_NAMES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    key: (form.title, form.names) for key, form in SETTING_FORMS.items()
}
"""By the key in the settings file: the title, and other names that people look for."""
