"""Mapping files: a controller's knobs, pads and keys, and what they move (docs/mappings.md).

Read strictly: every complaint has its file, line and nearest name, and :func:`problems` tells
all of them at once. Former names of targets are read as the present ones, with a hint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import platformdirs
from msgspec import Meta

from bridge.controllers.bindings import RELATIVE, Binding, Coding, Takeover
from bridge.controllers.catalog import CATALOG
from bridge.controllers.control_sources import DATA_MSB, WIDE, SourceKind
from bridge.controllers.targets import check_target, is_action, usual_coding
from bridge.errors import ConfigError, NameUnknown
from bridge.midi.port_names import folded
from bridge.system.resources import shipped_folder
from bridge.system.streams import is_stream
from bridge.system.strict_yaml import line_of, read_plain

RESERVED: Final = frozenset(range(120, 128))
"""Controllers that are no knobs: the channel mode messages. Data entry (6 and 38) and the
numbers of NRPN and RPN (98 to 101) are knobs of some controllers, where they are bound."""
HIGHEST: Final = {SourceKind.CC14: 31, SourceKind.NRPN: 16382, SourceKind.RPN: 16382}
"""The highest number of a kind of source; 127 where it is not here."""
SILENT: Final = (SourceKind.PRESSURE, SourceKind.KEY_PRESSURE, SourceKind.PROGRAM)
"""Kinds of messages that no controller shows a value by."""
NUMBERLESS: Final = (SourceKind.BEND, SourceKind.PRESSURE)


@dataclass(frozen=True)
class Mapping:
    """A controller's bindings. ``match``: parts of the names of the ports that it is for;
    with none it is used only where it is asked for. ``feedback_port`` is a part of the name of
    the output that values go back to; empty for that of the input's own name. ``hints`` are
    lines for the player, as ``file:line: ...``: the file works, and something in it should be
    written otherwise."""

    name: str
    match: tuple[str, ...]
    bindings: tuple[Binding, ...]
    feedback_port: str = ""
    hints: tuple[str, ...] = ()

    def fits(self, port: str) -> bool:
        """True if it is for the port of that name."""
        return any(part and folded(part) in folded(port) for part in self.match)


_Channel = Annotated[int, Meta(ge=1, le=16)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Data = Annotated[int, Meta(ge=0, le=127)]
_Number = int | str | None


class _BindingLine(msgspec.Struct, frozen=True):
    """One entry of ``bindings``. Numbers may be many (``70-73, 80``), with as many targets."""

    cc: _Number = None
    cc14: _Number = None
    nrpn: _Number = None
    rpn: _Number = None
    note: _Number = None
    key_pressure: _Number = None
    program: _Number = None
    bend: bool = False
    pressure: bool = False
    channel: _Channel | None = None
    target: str | None = None
    targets: tuple[str, ...] = ()
    coding: Coding | None = None
    takeover: Takeover = Takeover.NONE
    low: _Share = 0.0
    high: _Share = 1.0
    invert: bool = False
    curve: Annotated[float, Meta(ge=0.1, le=10)] = 1.0
    steps: Annotated[int, Meta(ge=2, le=128)] | None = None
    port: str = ""
    feedback: bool | int | str = False
    on: _Data = 127
    off: _Data = 0


class _MappingFile(msgspec.Struct, frozen=True):
    bindings: tuple[_BindingLine, ...]
    name: str = ""
    match: str | tuple[str, ...] = ""
    feedback_port: str = ""


class _Found(NamedTuple):
    """Something wrong: at which keys of an entry, and what."""

    keys: tuple[str | int, ...]
    text: str


# --- where they are -----------------------------------------------------------------------


def shipped_mappings() -> dict[str, Path]:
    """The mappings that came with the program, by name."""
    return _files(shipped_folder("mappings"))


def user_mappings() -> dict[str, Path]:
    """The user's own, by name."""
    return _files(user_folder())


def user_folder() -> Path:
    """The folder of the user's own mappings, which may not exist."""
    return Path(platformdirs.user_config_dir("latent-bridge")) / "mappings"


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_mapping(name: str, beside: Path | None = None) -> Path:
    """The file that ``name`` means: a path (from ``beside``, if relative), or the name of
    one of the user's or a shipped one. NameUnknown when there is none."""
    path = Path(name).expanduser()
    for candidate in (path if beside is None else beside / path, path):
        if candidate.is_file() or is_stream(candidate):
            return candidate
    known = shipped_mappings() | user_mappings()
    if name not in known:
        raise NameUnknown("mapping file", name, known, "(or give the path of your own)")
    return known[name]


def fitting(port: str) -> list[Path]:
    """The files that match a port's name: the user's own, or else the shipped ones. Files
    that cannot be read match nothing (``latent-bridge mappings check`` says why)."""
    for files in (user_mappings(), shipped_mappings()):
        found = [path for path in files.values() if _fits(path, port)]
        if found:
            return found
    return []


def _fits(path: Path, port: str) -> bool:
    try:
        return read_mapping(path).fits(port)
    except ConfigError:
        return False


# --- reading ------------------------------------------------------------------------------


def read_mapping(path: Path) -> Mapping:
    """A mapping file's bindings; ``path`` may be the name of a shipped mapping.

    ConfigError, as ``file:line: ...``, for the first wrong key, number, channel or target;
    NameUnknown when there is no such file.
    """
    path = find_mapping(str(path))
    mapping, found = _read(path)
    if found or mapping is None:
        raise ConfigError(found[0])
    return mapping


def problems(path: Path, directions: Sequence[str] | None = None) -> list[str]:
    """Everything that is wrong with a mapping file, a line ``file:line: ...`` each.

    With the model's ``directions``, names of others are wrong too.
    """
    return _read(path, directions)[1]


def entries(path: Path, text: str | None = None) -> list[list[Binding]]:
    """The bindings of each entry of a file, or of ``text`` in its place, in their order.
    ConfigError as :func:`read_mapping`."""
    _, found, wrong = _read_entries(path, text=text)
    if wrong:
        raise ConfigError(wrong[0])
    return found


def _read(path: Path, directions: Sequence[str] | None = None) -> tuple[Mapping | None, list[str]]:
    value, found, wrong = _read_entries(path, directions)
    if wrong:
        return None, wrong
    file = msgspec.convert(value, _MappingFile, str_keys=True)
    match = (file.match,) if isinstance(file.match, str) else file.match
    name, match = file.name or path.stem, tuple(filter(None, match))
    bindings = tuple(binding for entry in found for binding in entry)
    return Mapping(name, match, bindings, file.feedback_port, tuple(_hints(path, file))), []


def _hints(path: Path, file: _MappingFile) -> Iterator[str]:
    """A line for each target that is called by a former name."""
    for index, line in enumerate(file.bindings):
        for keys, target in _named_targets(line):
            if hint := CATALOG.hint(target):
                yield f"{path}:{line_of(path, 'bindings', index, *keys)}: {hint}"


def _read_entries(
    path: Path, directions: Sequence[str] | None = None, text: str | None = None
) -> tuple[Any, list[list[Binding]], list[str]]:
    """A file's plain values, the bindings of its entries, and what is wrong with it."""
    try:
        value, found = read_plain(path, _MappingFile, text=text)
    except ConfigError as error:
        return None, [], [str(error)]
    lines = [(problem.line, problem.text) for problem in found]
    bindings: list[list[Binding]] = []
    entries = value.get("bindings") if isinstance(value, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        try:
            line = msgspec.convert(entry, _BindingLine, str_keys=True)
        except msgspec.ValidationError:  # told already, with its line
            continue
        known = set(entry) <= set(_BindingLine.__struct_fields__)
        wrong = list(_wrong(line, directions, whole=known))
        lines += [(line_of(path, "bindings", index, *keys, text=text), why) for keys, why in wrong]
        bindings.append(list(_bindings(line)) if known and not wrong else [])
    return value, bindings, [f"{path}:{line}: {why}" for line, why in sorted(lines)]


def _bindings(line: _BindingLine) -> Iterator[Binding]:
    """The bindings of an entry that has nothing wrong."""
    (kind,) = _kinds(line)
    lights = _lights(line, kind)
    for number, target, light in zip(_numbers(line, kind), _targets(line), lights, strict=True):
        yield Binding(
            target=CATALOG.present_name(target),
            kind=kind,
            number=number,
            channel=None if line.channel is None else line.channel - 1,
            coding=line.coding or usual_coding(kind, target),
            takeover=line.takeover,
            low=line.low,
            high=line.high,
            invert=line.invert,
            curve=line.curve,
            steps=line.steps or 0,
            port=line.port,
            feedback=line.feedback is not False,
            light=light,
            on=line.on,
            off=line.off,
        )


def _kinds(line: _BindingLine) -> list[SourceKind]:
    """The kinds of sources that an entry names; a right entry has one."""
    given = {kind: getattr(line, kind.value) for kind in SourceKind}
    return [kind for kind, number in given.items() if number is not None and number is not False]


def _targets(line: _BindingLine) -> tuple[str, ...]:
    return tuple(target for _, target in _named_targets(line))


def _named_targets(line: _BindingLine) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The targets of an entry as it names them, each with its keys in the entry."""
    if line.target is not None:
        yield ("target",), line.target
    for index, target in enumerate(line.targets):
        yield ("targets", index), target


# --- what is wrong ------------------------------------------------------------------------


def _wrong(
    line: _BindingLine, directions: Sequence[str] | None, *, whole: bool
) -> Iterator[_Found]:
    """The problems of an entry. Unless it is ``whole``, a misspelt key may be what is
    missing, so that only what is there is looked at."""
    yield from _wrong_source(line, whole=whole)
    for keys, target in _named_targets(line):
        yield from _wrong_target(target, keys, line, directions)


def _wrong_source(line: _BindingLine, *, whole: bool) -> Iterator[_Found]:
    kinds = _kinds(line)
    if not kinds and not whole:
        return
    if len(kinds) != 1:
        named = ", ".join(kind.value for kind in SourceKind if kind not in NUMBERLESS)
        yield _Found((), f"give one source: {named} (a number), bend or pressure (true)")
        return
    kind = kinds[0]
    try:
        numbers = _numbers(line, kind)
    except ValueError as error:
        yield _Found((kind.value,), str(error))
        return
    none = {SourceKind.CC: RESERVED, SourceKind.CC14: {DATA_MSB}}.get(kind, set())
    reserved = [n for n in numbers if n in none]
    if reserved:
        text = f"{kind} {reserved[0]} is no knob (data entry or channel mode)"
        yield _Found((kind.value,), text)
    targets = len(_targets(line))
    if whole and targets != len(numbers):
        advice = "give as many targets (`target: NAME`, or `targets: [NAME, NAME]` for many)"
        yield _Found((), f"{len(numbers)} control(s) for {targets} target(s): {advice}")
    yield from _wrong_feedback(line, kind, len(numbers))
    if kind in WIDE and line.coding in RELATIVE:
        yield _Found(("coding",), f"{kind} has 14 bits, and relative codes have 7: leave one out")


def _wrong_feedback(line: _BindingLine, kind: SourceKind, controls: int) -> Iterator[_Found]:
    if line.feedback is False:
        return
    if kind in SILENT:
        yield _Found(("feedback",), f"{kind} shows nothing on a controller: leave `feedback` out")
        return
    try:
        lights = len(_lights(line, kind))
    except ValueError as error:
        yield _Found(("feedback",), str(error))
        return
    if line.feedback is not True and lights != controls:
        yield _Found(("feedback",), f"{lights} light(s) for {controls} control(s): give as many")


def _wrong_target(
    target: str,
    keys: tuple[str | int, ...],
    line: _BindingLine,
    directions: Sequence[str] | None,
) -> Iterator[_Found]:
    try:
        check_target(target, directions)
    except NameUnknown as error:
        yield _Found(keys, str(error))
        return
    if is_action(target) and line.coding not in (None, Coding.MOMENTARY):
        yield _Found(("coding",), f"{target!r} is done at every press: leave `coding` out")


def _numbers(line: _BindingLine, kind: SourceKind) -> Sequence[int | None]:
    """The numbers of a source: ``70``, ``70-77`` or ``70-73, 80``. ValueError outside the
    kind's range or from high to low."""
    if kind in NUMBERLESS:
        return [None]
    top = HIGHEST.get(kind, 127)
    return [n for text in str(getattr(line, kind.value)).split(",") for n in _range(text, top)]


def _lights(line: _BindingLine, kind: SourceKind) -> Sequence[int | None]:
    """The numbers that values are shown on, None for a control's own. ValueError as above."""
    if isinstance(line.feedback, bool):
        return [None] * len(_targets(line))
    top = HIGHEST.get(kind, 127)
    return [n for text in str(line.feedback).split(",") for n in _range(text, top)]


def _range(text: str, top: int) -> range:
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text.strip()!r} is no number 0 to {top} and no range such as 70-77")
    low, high = int(found[1]), int(found[2] or found[1])
    if not low <= high <= top:
        raise ValueError(f"{text.strip()!r} has to rise, within 0 to {top}")
    return range(low, high + 1)


_RANGE: Final = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?")
