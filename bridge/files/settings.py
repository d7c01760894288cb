"""The settings file: YAML, read strictly, with the file and line in every complaint.

Settings come from ``settings.yaml`` in the user's configuration folder, and every key is
optional::

    bpm: 110
    style: rock
    ports: {in: MPK mini, drums: virtual, bass: virtual, melody: none}
    channels: {drums: 10, bass: 2, melody: 1}
    clock_out: [TR-8S]
    offsets_ms: {drums: -12}
    sound: {play: never}
    minimum_gap_ms: 1
    mapping: akai-mpk-mini-mk3

The mapping is a file, or the name of one (see :mod:`bridge.controllers.mapping_file`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import platformdirs
from msgspec import Meta

from bridge.controllers.mapping_file import find_mapping
from bridge.errors import ConfigError, NameUnknown
from bridge.music.arrange import DRUM_MAPS
from bridge.music.chords import Chart
from bridge.music.gm_programs import PROGRAMS
from bridge.music.notes import Part
from bridge.system.strict_yaml import Problem, line_of, read_plain

VIRTUAL: Final = "virtual"
"""As a port's name: a port of our own, which other programs connect to."""
NONE: Final = "none"
"""As a port's name: no port."""
SOUND: Final = "sound"
"""As a port's name: the program's own sound."""
OFFSETS: Final = ("melody", "bass", "drums", "clock", "clock_out")
"""What can be shifted in time."""
MOST_OFFSET_MS: Final = 500
MOST_GAP_MS: Final = 10
"""A chord of ten notes spread over a tenth of a second is no chord any longer."""


Checks = MappingOf[str, Callable[[str, MappingOf[str, Any]], object]]
"""By key of the file, what raises a NameUnknown for a value that stands for nothing."""


@dataclass(frozen=True)
class SoundSettings:
    """The program's own sound. ``play``: ``auto`` (with a screen, for parts on ports of our
    own), ``always`` (for these parts without a screen, too) or ``never``. ``block_ms``: how
    much is rendered at once; ``system``: pulseaudio, alsa, jack, ... (empty: the first that has
    a device); ``font``: another General MIDI SoundFont (.sf2). ``melody``, ``bass``, ``drums``:
    General MIDI programs, 1..128 as people count.
    """

    play: str = "auto"
    block_ms: int = 5
    system: str = ""
    font: str = ""
    melody: int = PROGRAMS[Part.MELODY] + 1
    bass: int = PROGRAMS[Part.BASS] + 1
    drums: int = PROGRAMS[Part.DRUMS] + 1


@dataclass(frozen=True)
class Settings:
    """What the user chose. Channels are 1..16, as people count; offsets are signed ms.

    ``ports`` by role (in, melody, drums, bass): a port's name, ``virtual``, ``none``, or (not
    for in) ``sound``, the program's own.
    ``start``: the first key starts the band, or it starts at once. ``when_silent``: whether
    the band keeps its groove or rests while nobody plays. ``thru``: which notes are
    passed on to the melody's output. ``mapping``: a file, or the name of a shipped one.
    ``glide``: in how many beats, or bars (``glide_by``), the latent point gets where it is
    sent. ``clock``: the input whose MIDI clock is followed, empty for our own; ``clock_out``: the
    outputs that our clock goes to. ``offsets_ms`` by part, for the clock that is followed
    (clock), and for those we send (clock_out). ``minimum_gap_ms``: the least time between two
    messages to a port, for cheap interfaces that lose what is sent together. ``chords`` fixes
    the harmony: ``Am F C G``, a chord a bar. ``sound``: the program's
    own.
    """

    bpm: float = 110.0
    style: str = ""
    mode: str = "follow"
    model: str = "trio-4bar"
    ports: MappingOf[str, str] = field(
        default_factory=lambda: dict.fromkeys(("in", "melody", "drums", "bass"), VIRTUAL)
    )
    channels: MappingOf[str, int] = field(
        default_factory=lambda: {"melody": 1, "bass": 2, "drums": 10}
    )
    drum_map: str = "gm"
    offsets_ms: MappingOf[str, float] = field(default_factory=lambda: dict.fromkeys(OFFSETS, 0.0))
    minimum_gap_ms: float = 0.0
    look_ahead_ms: float = 150.0
    count_in_bars: int = 0
    start: str = "key"
    when_silent: str = "keep"
    thru: str = "keys"
    loop_bars: int = 4
    respond_bars: int = 2
    mapping: str = ""
    glide: float = 1.0
    glide_by: str = "beat"
    clock: str = ""
    clock_out: tuple[str, ...] = ()
    chords: str = ""
    sound: SoundSettings = SoundSettings()


# --- settings -----------------------------------------------------------------------------

_D: Final = Settings()
_Channel = Annotated[int, Meta(ge=1, le=16)]
_Offset = Annotated[float, Meta(ge=-MOST_OFFSET_MS, le=MOST_OFFSET_MS)]
_Program = Annotated[int, Meta(ge=1, le=128)]
_Bars = Annotated[int, Meta(ge=1, le=16)]


class _Ports(msgspec.Struct, frozen=True, rename={"in_": "in"}):
    in_: str = VIRTUAL
    melody: str = VIRTUAL
    drums: str = VIRTUAL
    bass: str = VIRTUAL


class _Channels(msgspec.Struct, frozen=True):
    melody: _Channel = _D.channels["melody"]
    bass: _Channel = _D.channels["bass"]
    drums: _Channel = _D.channels["drums"]


class _Offsets(msgspec.Struct, frozen=True):
    melody: _Offset = 0.0
    bass: _Offset = 0.0
    drums: _Offset = 0.0
    clock: _Offset = 0.0
    clock_out: _Offset = 0.0


class _Sound(msgspec.Struct, frozen=True):
    play: Literal["auto", "always", "never"] = "auto"
    block_ms: Annotated[int, Meta(ge=1, le=100)] = _D.sound.block_ms
    system: str = ""
    font: str = ""
    melody: _Program = _D.sound.melody
    bass: _Program = _D.sound.bass
    drums: _Program = _D.sound.drums


class _SettingsFile(msgspec.Struct, frozen=True):
    """The file's keys, with their ranges; the defaults are those of :class:`Settings`."""

    bpm: Annotated[float, Meta(ge=30, le=300)] = _D.bpm
    style: str = _D.style
    mode: Literal["follow", "loop", "respond", "tap"] = "follow"
    model: str = _D.model
    ports: _Ports = _Ports()
    channels: _Channels = _Channels()
    drum_map: str = _D.drum_map
    offsets_ms: _Offsets = _Offsets()
    minimum_gap_ms: Annotated[float, Meta(ge=0, le=MOST_GAP_MS)] = _D.minimum_gap_ms
    look_ahead_ms: Annotated[float, Meta(ge=20, le=2000)] = _D.look_ahead_ms
    count_in_bars: Annotated[int, Meta(ge=0, le=2)] = _D.count_in_bars
    start: Literal["key", "now"] = "key"
    when_silent: Literal["keep", "rest"] = "keep"
    thru: Literal["off", "keys", "all"] = "keys"
    loop_bars: _Bars = _D.loop_bars
    respond_bars: _Bars = _D.respond_bars
    mapping: str = _D.mapping
    glide: Annotated[float, Meta(ge=1, le=32)] = _D.glide
    glide_by: Literal["beat", "bar"] = "beat"
    clock: str = _D.clock
    clock_out: tuple[str, ...] = _D.clock_out
    chords: str = _D.chords
    sound: _Sound = _Sound()


def settings_path() -> Path:
    """Where the user's settings are, whether or not there are any."""
    return Path(platformdirs.user_config_dir("latent-bridge")) / "settings.yaml"


def read_settings(path: Path | None = None, checks: Checks | None = None) -> Settings:
    """The settings of a file; of the user's own where ``path`` is None, which may be absent.
    ``checks`` are for what is known elsewhere: by key, a function that is given the value and
    all the values of the file, and raises a NameUnknown.

    ConfigError with every wrong key, type, range and name, each as ``file:line: ...``.
    """
    if path is None:
        path = settings_path()
        if not path.exists():
            return Settings()
    plain, found = read_plain(path, _SettingsFile)
    found += [] if plain is None else list(_wrong_names(path, plain, checks or {}))
    if found:
        found.sort(key=lambda problem: problem.line)
        raise ConfigError(*(f"{path}:{problem.line}: {problem.text}" for problem in found))
    values: dict[str, Any] = msgspec.structs.asdict(msgspec.convert(plain, _SettingsFile))
    for name in ("ports", "channels", "offsets_ms"):
        values[name] = msgspec.to_builtins(values[name])
    values["sound"] = SoundSettings(**msgspec.to_builtins(values["sound"]))
    if values["mapping"]:
        values["mapping"] = str(find_mapping(values["mapping"], path.parent))
    return Settings(**values)


def _wrong_names(path: Path, plain: MappingOf[str, Any], checks: Checks) -> Iterator[Problem]:
    """What the values stand for and is not there. Those of a wrong type are told elsewhere."""

    def drum_map(name: str, _: object) -> None:
        if name not in DRUM_MAPS:
            raise NameUnknown("drum map", name, DRUM_MAPS)

    ours: Checks = {
        "drum_map": drum_map,
        "mapping": lambda name, _: find_mapping(name, path.parent),
        "chords": lambda text, _: Chart.parse(text),
    }
    for key, check in {**ours, **checks}.items():
        value = plain.get(key)
        if isinstance(value, str) and value:
            try:
                check(value, plain)
            except (NameUnknown, ValueError) as error:
                yield Problem(line_of(path, key), str(error))
