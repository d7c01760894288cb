"""The settings file: YAML, read strictly, with the file and line in every error.

Settings come from ``settings.yaml`` in the user's configuration folder, and every key is
optional::

    bpm: 110
    style: rock
    ports: {in: MPK mini, drums: virtual, bass: virtual, melody: none}
    channels: {drums: 10, bass: 2, melody: 1}
    clock_out: [TR-8S]
    offsets_ms: {drums: -12}
    sound: {play: never}
    arranger: {variation: B, phrase_bars: 4, intro_bars: 4, break_drums: false}
    metronome: {play: true, port: drums, channel: 10}
    minimum_gap_ms: 1
    mapping: akai-mpk-mini-mk3

The mapping is a file, or the name of one (see :mod:`bridge.controllers.mapping_file`). What is
chosen on the screen lies beside it and wins (:mod:`bridge.files.chosen`).
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
from bridge.files.chosen import chosen_path, laid_over, with_choice
from bridge.music.arrange import DRUM_MAPS
from bridge.music.chords import Chart
from bridge.music.grid import FOUR_FOUR, metre_named
from bridge.music.notes import Part
from bridge.music.smf.gm_programs import PROGRAMS
from bridge.system.strict_yaml import Problem, line_of, read_plain
from bridge.timing.tempo import BPM_MAX, BPM_MIN

VIRTUAL: Final = "virtual"
"""Name of a port: a virtual port that other programs connect to."""
NO_PORT: Final = "none"
"""Name of a port: no port."""
SOUND: Final = "sound"
"""Name of a port: the program's own sound."""
DRUMS_PORT: Final = "drums"
"""The metronome's port: the output of the drums."""
OFFSETS: Final = ("melody", "bass", "drums", "clock", "clock_out")
"""Parts and clocks that can be shifted in time."""
MOST_OFFSET_MS: Final = 500
MOST_GAP_MS: Final = 10
"""At more than this a chord of ten notes would take longer than a tenth of a second."""
THRU: Final = ("off", "keys", "all", "auto")
THEMES: Final = ("dark", "light", "contrast", "terminal")
LAYOUTS: Final = (
    "us", "uk", "de", "fr", "es", "it", "se", "ch", "jp", "dvorak", "colemak",
)  # fmt: skip
"""Keyboard layouts of the typing piano."""
TOUCHES: Final = ("level", "accent", "rows")


Checks = MappingOf[str, Callable[[str, MappingOf[str, Any]], object]]
"""Key of the file -> a check of (value, all values) that raises NameUnknown or ValueError."""


@dataclass(frozen=True)
class SoundSettings:
    """The program's own sound.

    ``play``: ``auto`` (with a screen, for parts on virtual ports), ``always`` (for these parts
    without a screen, too) or ``never``. ``block_ms``: milliseconds rendered at once. ``system``:
    pulseaudio, alsa, jack, ... (empty: the first that has a device). ``font``: another General
    MIDI SoundFont (.sf2). ``melody``, ``bass``, ``drums``: General MIDI programs, 1..128.
    """

    play: str = "auto"
    block_ms: int = 5
    system: str = ""
    font: str = ""
    melody: int = PROGRAMS[Part.MELODY] + 1
    bass: int = PROGRAMS[Part.BASS] + 1
    drums: int = PROGRAMS[Part.DRUMS] + 1


@dataclass(frozen=True)
class ArrangerSettings:
    """The arranger: the ``variation`` (A..D) that the band begins in, the bars of a phrase, with
    which an ending comes, those of an intro, and whether the drums play on in a break."""

    variation: str = "B"
    phrase_bars: int = 4
    intro_bars: int = 4
    break_drums: bool = False


@dataclass(frozen=True)
class MetronomeSettings:
    """The metronome: ``play``: it clicks from the start. ``port``: ``drums`` (the output of the
    drums) or any port. ``channel`` 1..16; ``accent`` and ``beat`` are the MIDI notes of the first
    beat of a bar and of the others (the usual ones: General MIDI's wood blocks)."""

    play: bool = False
    port: str = DRUMS_PORT
    channel: int = 10
    accent: int = 76
    beat: int = 77


@dataclass(frozen=True)
class ScreenSettings:
    """The screen. ``layout``: the computer keyboard's (us, uk, de, fr, es, it, se, ch, jp, dvorak,
    colemak). ``theme``: dark, light, contrast, or terminal (its own colours). ``fps``: most
    pictures a second. ``touch``: velocity typed at one level, harder with Shift (accent), or
    softer on the row below (rows). ``repeat_delay_ms`` of the keyboard, measured by the program
    (0: not yet). ``keys``: keys of your own, by the name of the action."""

    layout: str = "us"
    theme: str = "dark"
    fps: int = 30
    touch: str = "level"
    repeat_delay_ms: float = 0.0
    keys: MappingOf[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The user's settings. Channels are 1..16; offsets are milliseconds, negative for early.

    ``ports`` by role (in, melody, drums, bass): a port's name, ``virtual``, ``none``, or (not
    for in) ``sound``, the program's own.
    ``start``: the first key starts the band, or it starts at once. ``when_silent``: while
    nobody plays, the band keeps its groove or rests. ``thru``: the notes that are passed on to
    the melody's output: none (off), those of the computer keyboard (keys), all, or all while the
    program's own sound is on (auto). ``split``: keys below this MIDI note are chords for the band
    (0: none). ``link``: share the beat of Ableton Link. ``mapping``: a file, or the name of a
    shipped one.
    ``glide``: beats, or bars (``glide_by``), that the latent point takes to its target.
    ``clock``: the input whose MIDI clock is followed, empty for the internal one;
    ``clock_out``: the outputs that the clock is sent to. ``offsets_ms`` by part, for the
    followed clock (clock), and for sent clocks (clock_out). ``minimum_gap_ms``: the least time
    between two messages to a port, for interfaces that lose messages sent together.
    ``one_port``: input and output may be one port, of a device that does not send notes back.
    ``metre``: 4/4, 3/4, 6/8, 12/8, or 4/4t for 4/4 in triplets.
    ``feel``: the band swings as you play (follow), or as its style and knob say (style).
    ``chords`` fixes the harmony: ``Am F C G``, a chord a bar. ``sound``: the program's own.
    ``takes``: the folder in which all that is played is kept (empty: in the music folder).
    ``fresh``: a session on the screen begins by the settings, not as the last one ended.
    ``arranger`` and ``metronome`` are those of :class:`ArrangerSettings` and
    :class:`MetronomeSettings`.
    """

    bpm: float = 110.0
    style: str = ""
    mode: str = "follow"
    metre: str = FOUR_FOUR.name
    feel: str = "follow"
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
    one_port: bool = False
    look_ahead_ms: float = 150.0
    count_in_bars: int = 0
    start: str = "key"
    when_silent: str = "keep"
    thru: str = "auto"
    split: int = 0
    link: bool = False
    loop_bars: int = 4
    respond_bars: int = 2
    mapping: str = ""
    glide: float = 1.0
    glide_by: str = "beat"
    clock: str = ""
    clock_out: tuple[str, ...] = ()
    chords: str = ""
    sound: SoundSettings = SoundSettings()
    takes: str = ""
    fresh: bool = False
    arranger: ArrangerSettings = ArrangerSettings()
    metronome: MetronomeSettings = MetronomeSettings()
    screen: ScreenSettings = ScreenSettings()


# --- settings -----------------------------------------------------------------------------

_D: Final = Settings()
_Channel = Annotated[int, Meta(ge=1, le=16)]
_Offset = Annotated[float, Meta(ge=-MOST_OFFSET_MS, le=MOST_OFFSET_MS)]
_Program = Annotated[int, Meta(ge=1, le=128)]
_Note = Annotated[int, Meta(ge=0, le=127)]
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


class _Arranger(msgspec.Struct, frozen=True):
    variation: Literal["A", "B", "C", "D"] = "B"
    phrase_bars: Literal[2, 4, 8] = 4
    intro_bars: Annotated[int, Meta(ge=1, le=8)] = _D.arranger.intro_bars
    break_drums: bool = False


class _Metronome(msgspec.Struct, frozen=True):
    play: bool = False
    port: str = DRUMS_PORT
    channel: _Channel = _D.metronome.channel
    accent: _Note = _D.metronome.accent
    beat: _Note = _D.metronome.beat


class _Screen(msgspec.Struct, frozen=True):
    layout: Literal["us", "uk", "de", "fr", "es", "it", "se", "ch", "jp", "dvorak", "colemak"] = (
        "us"
    )
    theme: Literal["dark", "light", "contrast", "terminal"] = "dark"
    fps: Annotated[int, Meta(ge=1, le=60)] = _D.screen.fps
    touch: Literal["level", "accent", "rows"] = "level"
    repeat_delay_ms: Annotated[float, Meta(ge=0, le=2000)] = 0.0
    keys: dict[str, tuple[str, ...]] = {}


class _SettingsFile(msgspec.Struct, frozen=True):
    """The file's keys, with their ranges; the defaults are those of :class:`Settings`."""

    bpm: Annotated[float, Meta(ge=BPM_MIN, le=BPM_MAX)] = _D.bpm
    style: str = _D.style
    mode: Literal["follow", "loop", "respond", "tap"] = "follow"
    metre: str = _D.metre
    feel: Literal["follow", "style"] = "follow"
    model: str = _D.model
    ports: _Ports = _Ports()
    channels: _Channels = _Channels()
    drum_map: str = _D.drum_map
    offsets_ms: _Offsets = _Offsets()
    minimum_gap_ms: Annotated[float, Meta(ge=0, le=MOST_GAP_MS)] = _D.minimum_gap_ms
    one_port: bool = _D.one_port
    look_ahead_ms: Annotated[float, Meta(ge=20, le=2000)] = _D.look_ahead_ms
    count_in_bars: Annotated[int, Meta(ge=0, le=2)] = _D.count_in_bars
    start: Literal["key", "now"] = "key"
    when_silent: Literal["keep", "rest"] = "keep"
    thru: Literal["off", "keys", "all", "auto"] = "auto"
    split: Annotated[int, Meta(ge=0, le=127)] = 0
    link: bool = False
    loop_bars: _Bars = _D.loop_bars
    respond_bars: _Bars = _D.respond_bars
    mapping: str = _D.mapping
    glide: Annotated[float, Meta(ge=1, le=32)] = _D.glide
    glide_by: Literal["beat", "bar"] = "beat"
    clock: str = _D.clock
    clock_out: tuple[str, ...] = _D.clock_out
    chords: str = _D.chords
    sound: _Sound = _Sound()
    takes: str = _D.takes
    fresh: bool = _D.fresh
    arranger: _Arranger = _Arranger()
    metronome: _Metronome = _Metronome()
    screen: _Screen = _Screen()


_GROUPS: Final[MappingOf[str, type]] = {
    "sound": SoundSettings,
    "arranger": ArrangerSettings,
    "metronome": MetronomeSettings,
}
"""Keys of the file that hold groups of settings."""


def settings_path() -> Path:
    """The path of the user's settings; the file need not exist."""
    return Path(platformdirs.user_config_dir("latent-bridge")) / "settings.yaml"


def read_settings(path: Path | None = None, checks: Checks | None = None) -> Settings:
    """The settings in a file; in the user's own, which may be absent, where ``path`` is None; with
    what was chosen on the screen over them.

    ``checks`` are further checks by key, for names that are known elsewhere.
    ConfigError with every wrong key, type, range and name, each as ``file:line: ...``.
    """
    usual = path is None
    path = path or settings_path()
    plain: Any = {}
    found: list[str] = []
    if path.exists() or not usual:
        plain, found = _checked(path, checks)
    chosen = chosen_path(path)
    if chosen.exists():
        over, more = _checked(chosen, checks)
        found += more
        plain = laid_over(plain, over or {})
    if found:
        raise ConfigError(*found)
    values: dict[str, Any] = msgspec.structs.asdict(msgspec.convert(plain, _SettingsFile))
    for name in ("ports", "channels", "offsets_ms"):
        values[name] = msgspec.to_builtins(values[name])
    for name, kind in _GROUPS.items():
        values[name] = kind(**msgspec.to_builtins(values[name]))
    values["screen"] = ScreenSettings(**msgspec.structs.asdict(values["screen"]))
    if values["mapping"]:
        values["mapping"] = str(find_mapping(values["mapping"], path.parent))
    return Settings(**values)


def check_choice(key: str, value: object) -> None:
    """Check a value for the setting at ``key`` (names parted by dots). ConfigError if there is no
    such setting or it cannot have that value."""
    plain: Any = msgspec.to_builtins(_SettingsFile())
    for name in key.split("."):
        if not isinstance(plain, MappingOf) or (name not in plain and plain):
            raise ConfigError(f"{key}: there is no such setting")
        plain = plain.get(name)
    try:
        msgspec.convert(with_choice({}, key, value), _SettingsFile)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{key}: {' '.join(str(error).partition(' - at')[0].split())}") from error


def _checked(path: Path, checks: Checks | None) -> tuple[Any, list[str]]:
    """The file's plain values, and everything that is wrong, as ``file:line: ...``."""
    plain, found = read_plain(path, _SettingsFile)
    found += [] if plain is None else list(_wrong_names(path, plain, checks or {}))
    found.sort(key=lambda problem: problem.line)
    return plain, [f"{path}:{problem.line}: {problem.text}" for problem in found]


def _wrong_names(path: Path, plain: MappingOf[str, Any], checks: Checks) -> Iterator[Problem]:
    """Values that name something unknown. Values of a wrong type are reported elsewhere."""

    def drum_map(name: str, _: object) -> None:
        if name not in DRUM_MAPS:
            raise NameUnknown("drum map", name, DRUM_MAPS)

    own_checks: Checks = {
        "drum_map": drum_map,
        "mapping": lambda name, _: find_mapping(name, path.parent),
        "chords": lambda text, _: Chart.parse(text),
        "metre": lambda name, _: metre_named(name),
    }
    for key, check in {**own_checks, **checks}.items():
        value = plain.get(key)
        if isinstance(value, str) and value:
            try:
                check(value, plain)
            except (NameUnknown, ValueError) as error:
                yield Problem(line_of(path, key), str(error))
