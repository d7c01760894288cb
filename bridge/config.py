"""Settings and mapping files: YAML, read strictly, with the file and line in every complaint.

Settings come from ``settings.yaml`` in the user's configuration folder, and every key is
optional::

    bpm: 110
    style: rock
    ports: {in: MPK mini, drums: virtual, bass: virtual, melody: none}
    channels: {drums: 10, bass: 2, melody: 1}
    mapping: akai-mpk-mini-mk3

A mapping joins a controller's knobs, pads and keys to what they move (see ``mappings/``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import platformdirs
from msgspec import Meta

from bridge.errors import ConfigError, NameUnknown
from bridge.midi.control import Binding, Coding, Kind, Takeover
from bridge.music.arrange import DRUM_MAPS
from bridge.resources import shipped
from bridge.yamlfile import line_of, read_yaml_as

VIRTUAL: Final = "virtual"
"""As a port's name: a port of our own, which other programs connect to."""
NONE: Final = "none"
"""As a port's name: no port."""

VALUES: Final = (
    "tempo",
    "temperature",
    "variation",
    "swing",
    "humanize",
    "volume melody",
    "volume bass",
    "volume drums",
)
"""Targets that have a range; ``direction:NAME``, of the model's directions, has one too."""
ACTIONS: Final = (
    "start",
    "stop",
    "panic",
    "tap",
    "fill",
    "clear",
    "capture",
    "next style",
    "previous style",
)
"""Targets that are done when a key or button goes down."""
DIRECTION: Final = "direction:"
RESERVED: Final = frozenset({6, 38, *range(96, 102), *range(120, 128)})
"""Controllers that are no knobs: data entry and (N)RPN, and the channel mode messages."""


@dataclass(frozen=True)
class Settings:
    """What the user chose. Channels are 1..16, as people count; offsets are signed ms.

    ``ports`` by role (in, melody, drums, bass): a port's name, ``virtual`` or ``none``.
    ``start``: the first key starts the band, or it starts at once. ``thru``: which notes are
    passed on to the melody's output. ``mapping``: a file, or the name of a shipped one.
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
    offsets_ms: MappingOf[str, float] = field(
        default_factory=lambda: dict.fromkeys(("melody", "bass", "drums"), 0.0)
    )
    look_ahead_ms: float = 150.0
    count_in_bars: int = 0
    start: str = "key"
    thru: str = "keys"
    loop_bars: int = 4
    respond_bars: int = 2
    mapping: str = ""


@dataclass(frozen=True)
class Mapping:
    """A controller's bindings. ``match`` is a part of the names of the ports that it is for."""

    name: str
    match: str
    bindings: tuple[Binding, ...]


# --- settings -----------------------------------------------------------------------------

_D: Final = Settings()
_Channel = Annotated[int, Meta(ge=1, le=16)]
_Offset = Annotated[float, Meta(ge=-500, le=500)]
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


class _SettingsFile(msgspec.Struct, frozen=True):
    """The file's keys, with their ranges; the defaults are those of :class:`Settings`."""

    bpm: Annotated[float, Meta(ge=30, le=300)] = _D.bpm
    style: str = _D.style
    mode: Literal["follow", "loop", "respond"] = "follow"
    model: str = _D.model
    ports: _Ports = _Ports()
    channels: _Channels = _Channels()
    drum_map: str = _D.drum_map
    offsets_ms: _Offsets = _Offsets()
    look_ahead_ms: Annotated[float, Meta(ge=20, le=2000)] = _D.look_ahead_ms
    count_in_bars: Annotated[int, Meta(ge=0, le=2)] = _D.count_in_bars
    start: Literal["key", "now"] = "key"
    thru: Literal["off", "keys", "all"] = "keys"
    loop_bars: _Bars = _D.loop_bars
    respond_bars: _Bars = _D.respond_bars
    mapping: str = _D.mapping


def settings_path() -> Path:
    """Where the user's settings are, whether or not there are any."""
    return Path(platformdirs.user_config_dir("latent-bridge")) / "settings.yaml"


def read_settings(path: Path | None = None) -> Settings:
    """The settings of a file; of the user's own where ``path`` is None, which may be absent.

    ConfigError, as ``file:line: ...``, for a wrong key, type, range or name.
    """
    if path is None:
        path = settings_path()
        if not path.exists():
            return Settings()
    file = read_yaml_as(path, _SettingsFile)
    if file.drum_map not in DRUM_MAPS:
        raise _at(path, ("drum_map",), NameUnknown("drum map", file.drum_map, DRUM_MAPS))
    values: dict[str, Any] = msgspec.structs.asdict(file)
    for name in ("ports", "channels", "offsets_ms"):
        values[name] = msgspec.to_builtins(values[name])
    if file.mapping:
        try:
            values["mapping"] = str(find_mapping(file.mapping, path.parent))
        except NameUnknown as error:
            raise _at(path, ("mapping",), error) from error
    return Settings(**values)


def _at(path: Path, keys: tuple[str | int, ...], problem: object) -> ConfigError:
    return ConfigError(f"{path}:{line_of(path, *keys)}: {problem}")


# --- mappings -----------------------------------------------------------------------------


class _BindingLine(msgspec.Struct, frozen=True):
    """One entry of ``bindings``. A number may be a range (``70-77``), with as many targets."""

    cc: int | str | None = None
    note: int | str | None = None
    program: int | str | None = None
    bend: bool = False
    pressure: bool = False
    channel: _Channel | None = None
    target: str | None = None
    targets: tuple[str, ...] = ()
    coding: Coding | None = None
    takeover: Takeover = Takeover.NONE
    low: Annotated[float, Meta(ge=0, le=1)] = 0.0
    high: Annotated[float, Meta(ge=0, le=1)] = 1.0
    invert: bool = False
    curve: Annotated[float, Meta(ge=0.1, le=10)] = 1.0
    port: str = ""


class _MappingFile(msgspec.Struct, frozen=True):
    bindings: tuple[_BindingLine, ...]
    name: str = ""
    match: str = ""


def shipped_mappings() -> dict[str, Path]:
    """The mappings that came with the program, by name."""
    return {path.stem: path for path in sorted(shipped("mappings").glob("*.yaml"))}


def find_mapping(name: str, beside: Path | None = None) -> Path:
    """The file that ``name`` means: a path (from ``beside``, if relative), or the name of a
    shipped mapping. NameUnknown when there is none."""
    path = Path(name).expanduser()
    for candidate in (path if beside is None else beside / path, path):
        if candidate.is_file():
            return candidate
    known = shipped_mappings()
    if name not in known:
        raise NameUnknown("mapping file", name, known, "(or give the path of your own)")
    return known[name]


def read_mapping(path: Path) -> Mapping:
    """A mapping file's bindings; ``path`` may be the name of a shipped mapping.

    ConfigError, as ``file:line: ...``, for a wrong key, number, channel or target; NameUnknown
    when there is no such file.
    """
    path = find_mapping(str(path))
    file = read_yaml_as(path, _MappingFile)
    bindings: list[Binding] = []
    for index, line in enumerate(file.bindings):
        try:
            bindings += _bindings(line)
        except (ValueError, NameUnknown) as error:
            raise _at(path, ("bindings", index), error) from error
    return Mapping(file.name or path.stem, file.match, tuple(bindings))


def _bindings(line: _BindingLine) -> list[Binding]:
    """The bindings of an entry. ValueError or NameUnknown for what makes no sense."""
    kind, numbers = _source(line)
    targets = line.targets if line.target is None else (line.target, *line.targets)
    if len(targets) != len(numbers):
        raise ValueError(
            f"{len(numbers)} control(s) for {len(targets)} target(s): give as many targets "
            "(`target: NAME`, or `targets: [NAME, NAME]` for a range)"
        )
    return [_binding(line, kind, number, t) for number, t in zip(numbers, targets, strict=True)]


def _binding(line: _BindingLine, kind: Kind, number: int | None, target: str) -> Binding:
    check_target(target)
    pressed = target in ACTIONS or kind in (Kind.NOTE, Kind.PROGRAM)
    coding = line.coding or (Coding.MOMENTARY if pressed else Coding.ABSOLUTE)
    if target in ACTIONS and coding is not Coding.MOMENTARY:
        raise ValueError(f"{target!r} is done at every press: leave `coding` out")
    return Binding(
        target=target,
        kind=kind,
        number=number,
        channel=None if line.channel is None else line.channel - 1,
        coding=coding,
        takeover=line.takeover,
        low=line.low,
        high=line.high,
        invert=line.invert,
        curve=line.curve,
        port=line.port,
    )


def _source(line: _BindingLine) -> tuple[Kind, list[int | None]]:
    """What an entry listens to, and the numbers of it."""
    given = [kind for kind in Kind if getattr(line, kind.value) not in (None, False)]
    if len(given) != 1:
        raise ValueError("give one source: cc, note, program (a number), bend or pressure (true)")
    kind = given[0]
    if kind in (Kind.BEND, Kind.PRESSURE):
        return kind, [None]
    numbers = _numbers(getattr(line, kind.value))
    reserved = [n for n in numbers if n in RESERVED] if kind is Kind.CC else []
    if reserved:
        raise ValueError(f"cc {reserved[0]} is no knob (data entry, RPN or channel mode)")
    return kind, list(numbers)


def _numbers(text: int | str) -> list[int]:
    """``70`` or ``70-77`` as numbers. ValueError outside 0..127 or from high to low."""
    found = _RANGE.fullmatch(str(text))
    if not found:
        raise ValueError(f"{text!r} is no number 0 to 127 and no range such as 70-77")
    low, high = int(found[1]), int(found[2] or found[1])
    if not low <= high <= 127:
        raise ValueError(f"{text!r} has to rise, within 0 to 127")
    return list(range(low, high + 1))


_RANGE: Final = re.compile(r"\s*(\d{1,3})\s*(?:-\s*(\d{1,3})\s*)?")


def check_target(name: str) -> None:
    """NameUnknown unless ``name`` is a control, ``direction:NAME`` or an action."""
    if name in VALUES or name in ACTIONS:
        return
    if not name.startswith(DIRECTION) or len(name) == len(DIRECTION):
        raise NameUnknown("target", name, (*VALUES, f"{DIRECTION}NAME", *ACTIONS))
