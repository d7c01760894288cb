"""YAML files read strictly into typed values. The only module that imports yaml.

The file is parsed to marked nodes (never constructed objects) and checked against the type
by hand, so that every complaint has its line: ``file:line: unknown key 'tempoo': did you
mean 'tempo'?``. The values are then converted by msgspec.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import yaml

from bridge.errors import ConfigError, nearest
from bridge.system.atomic_write import write_whole
from bridge.system.streams import read_whole

T = TypeVar("T")
LARGEST: Final = 1_000_000
"""Bytes; settings and specifications are far smaller."""
DEEPEST: Final = 32
"""Levels of nesting; anything deeper is a mistake or an attack."""
_NO_ALIAS: Final = "an alias (*name) is not allowed here, write the value out"
_TOO_DEEP: Final = f"nested deeper than {DEEPEST} levels"
_PREFIX: Final = "tag:yaml.org,2002:"
_MERGE: Final = _PREFIX + "merge"
_KINDS: Final = ("null", "bool", "int", "float", "str", "timestamp", "value", "seq", "map")
_TAGS: Final = {_PREFIX + kind for kind in _KINDS}
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
LONGEST_NUMBER: Final = 30
_ODD_FLOATS: Final = {".inf", "+.inf", "-.inf", ".nan"}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Problem:
    """Something wrong at a line (from 1) of a file."""

    line: int
    text: str


def read_yaml_as(path: Path, type: type[T]) -> T:
    """The file as a ``type`` (a msgspec struct, a dataclass, a dict...).

    ConfigError for the first problem, in the file's order, as ``file:line: what, what to do``.
    """
    value, found = _read(path, type)
    if found:
        raise ConfigError(_told(path, found[0]))
    return msgspec.convert(value, type, str_keys=True)


class _Flow(yaml.SafeDumper):
    """Lists on one line."""


_Flow.add_representer(
    list, lambda dumper, v: dumper.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True)
)


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Write plain data, in its order, whole or not at all. OutputError where that cannot be."""
    text = yaml.dump(content, Dumper=_Flow, sort_keys=False, width=100, allow_unicode=True)
    write_whole(path, text.encode("utf-8"))


def problems(path: Path, type: Any) -> list[str]:
    """Everything that is wrong with the file, a line of text each; empty when it can be read."""
    try:
        _, found = _read(path, type)
    except ConfigError as exc:
        return [str(exc)]
    return [_told(path, problem) for problem in found]


def read_plain(path: Path, type: Any) -> tuple[Any, list[Problem]]:
    """The file as plain values, and what in it is not of the ``type``, in the file's order.

    For files whose values are checked further by others, who tell all problems at once. The
    values are None when there are problems of YAML's own; ConfigError when it is no YAML.
    """
    return _read(path, type)


def line_of(path: Path, *keys: str | int) -> int:
    """The line (from 1) of a value by its keys and places, or of the last that is there.

    For complaints about a file that was read and whose types were right.
    """
    node, line = _compose(path), 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == key]
            if not found:
                break
            line, node = _line(found[0][0]), found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
            line = _line(node)
    return line


@dataclass(frozen=True)
class SourcePosition:
    """Where a value stands in a text: its characters ``start`` to ``end`` (without what comes
    after it: blanks, comments). ``flow``: it is written with brackets, or is within some.
    ``items`` are a list's; ``keys`` and ``values`` (by key) a mapping's."""

    start: int
    end: int
    flow: bool = False
    items: tuple[SourcePosition, ...] = ()
    keys: Mapping[str, SourcePosition] = dataclasses.field(default_factory=dict)
    values: Mapping[str, SourcePosition] = dataclasses.field(default_factory=dict)


def places(text: str) -> SourcePosition | None:
    """Where everything stands in a YAML text that can be read; None where it is empty.

    For changes that leave the rest of the text, its comments above all, as it is.
    """
    node = yaml.compose(text, _Strict)
    return None if node is None else _place(node, flow=False)


def _place(node: yaml.Node, *, flow: bool) -> SourcePosition:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        return SourcePosition(start, end, flow)
    assert isinstance(node, yaml.CollectionNode)
    flow = flow or bool(node.flow_style)
    keys: dict[str, SourcePosition] = {}
    values: dict[str, SourcePosition] = {}
    items: tuple[SourcePosition, ...] = ()
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: _place(key, flow=flow) for key, _ in node.value}
        values = {key.value: _place(value, flow=flow) for key, value in node.value}
    else:
        items = tuple(_place(item, flow=flow) for item in node.value)
    if not flow:  # of a block, the parser says only where the next thing begins
        parts = (*keys.values(), *values.values(), *items)
        end = max((part.end for part in parts), default=start)
    return SourcePosition(start, end, flow, items, keys, values)


def _told(path: Path, problem: Problem) -> str:
    return f"{path}:{problem.line}: {problem.text}"


def _plain(text: str) -> str:
    """Msgspec's sentence without its quotes and its trail, which our line and place replace."""
    return " ".join(text.partition(" - at `$")[0].replace("`", "").split())


# --- file to plain values -------------------------------------------------------------------


def _read(path: Path, type: Any) -> tuple[Any, list[Problem]]:
    """Plain values and what is wrong with them. ConfigError when it is no YAML at all."""
    node = _compose(path)
    if node is None:
        mark = yaml.Mark(str(path), 0, 0, 0, "", 0)
        node = yaml.MappingNode(_PREFIX + "map", [], mark, mark)
    found = list(_structure(node))
    if found:
        return None, found
    found = list(_check(node, type, ""))
    return _value(node), sorted(found, key=lambda problem: problem.line)


def _compose(path: Path) -> yaml.Node | None:
    try:
        data = read_whole(path, LARGEST)
        if len(data) > LARGEST:
            raise ConfigError(f"{path}:1: the file is larger than {LARGEST} bytes: not settings")
        return yaml.compose(data.decode("utf-8-sig"), _Strict)
    except FileNotFoundError as exc:
        raise ConfigError(f"{path}:1: there is no such file: check the path") from exc
    except OSError as exc:
        raise ConfigError(f"{path}:1: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}:1: is not UTF-8 text: save it as UTF-8") from exc
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {exc.problem or exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"{path}:1: not valid YAML: {' '.join(str(exc).split())}") from exc


class _Strict(yaml.SafeLoader):
    """A loader without aliases (a few can stand for millions of values) or deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(problem=_NO_ALIAS, problem_mark=mark)
        if self.depth >= DEEPEST:
            raise yaml.composer.ComposerError(problem=_TOO_DEEP, problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _structure(node: yaml.Node) -> Iterator[Problem]:
    """What no settings file may have: tags, duplicate keys, keys that are no names."""
    if node.tag not in _TAGS:
        yield Problem(_line(node), f"a tag ({node.tag}) is not allowed here: remove it")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _structure(item)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                yield Problem(_line(key), "a key has to be a name")
                continue
            if key.value in first:
                text = f"the key {key.value!r} is already on line {first[key.value]}: keep one"
                yield Problem(_line(key), text)
            first.setdefault(key.value, _line(key))
            yield from _structure(value)


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value(item) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    """The scalars of YAML 1.2: ``on`` and ``1:30`` are texts, ``010`` is ten."""
    text: str = node.value
    if getattr(node, "style", None) is not None:  # quoted
        return text
    return _WORDS[text.lower()] if text.lower() in _WORDS else _number(text)


def _number(text: str) -> Any:
    """The number that a plain scalar is, or the text."""
    if _DECIMAL.fullmatch(text):
        return int(text) if len(text) < LONGEST_NUMBER else text
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if text.lower() in _ODD_FLOATS else text


# --- values against the type ----------------------------------------------------------------


class _Field(NamedTuple):
    hint: Any
    required: bool


def _fields_of(hint: Any) -> dict[str, _Field] | None:
    """The keys of a struct or dataclass, with their types; None for any other type."""
    if not isinstance(hint, type):
        return None
    if issubclass(hint, msgspec.Struct):
        return {f.encode_name: _Field(f.type, f.required) for f in msgspec.structs.fields(hint)}
    if not dataclasses.is_dataclass(hint):
        return None
    hints = typing.get_type_hints(hint, include_extras=True)
    missing = dataclasses.MISSING
    return {
        f.name: _Field(hints[f.name], f.default is missing and f.default_factory is missing)
        for f in dataclasses.fields(hint)
    }


def _check(node: yaml.Node, hint: Any, at: str) -> Iterator[Problem]:
    """What in ``node`` is not of the type ``hint``. ``at`` names the place."""
    inner = list(_check_parts(node, _shape_of(node, hint), at))
    yield from inner
    if inner:
        return
    try:
        msgspec.convert(_value(node), hint, str_keys=True)
    except msgspec.ValidationError as exc:
        place = f"{at}: " if at else ""
        yield Problem(_line(node), f"{place}{_plain(str(exc))}{_choice(node, hint)}")


def _choice(node: yaml.Node, hint: Any) -> str:
    """What to write instead, where the type is one of some words."""
    if typing.get_origin(hint) is not typing.Literal or not isinstance(node, yaml.ScalarNode):
        return ""
    words = [str(word) for word in typing.get_args(hint)]
    near = nearest(node.value, words, limit=1)
    return f": did you mean {near[0]!r}?" if near else ": choose one of: " + ", ".join(words)


def _shape_of(node: yaml.Node, hint: Any) -> Any:
    """``hint`` without its annotations; of a union, the one option that ``node`` can be."""
    if typing.get_origin(hint) is typing.Annotated:
        return _shape_of(node, typing.get_args(hint)[0])
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    options = [_shape_of(node, option) for option in typing.get_args(hint)]
    mapping = isinstance(node, yaml.MappingNode)
    fit = [
        o
        for o in options
        if (_fields_of(o) is not None or typing.get_origin(o) is dict) == mapping
        and (mapping or typing.get_origin(o) in _LISTS)
    ]
    return fit[0] if len(fit) == 1 else Any


_LISTS: Final = (list, tuple, set, frozenset)


def _check_parts(node: yaml.Node, hint: Any, at: str) -> Iterator[Problem]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(node, yaml.MappingNode):
        fields = _fields_of(hint)
        if fields is not None:
            yield from _check_fields(node, fields, at)
        elif origin is dict:
            for key, value in node.value:
                yield from _check(value, arguments[1], _join(at, key.value))
    elif isinstance(node, yaml.SequenceNode) and origin in _LISTS:
        uniform = len(arguments) == 1 or arguments[1:] == (...,)
        for number, item in enumerate(node.value if uniform else []):
            yield from _check(item, arguments[0], f"{at}[{number}]")


def _check_fields(node: yaml.MappingNode, fields: dict[str, _Field], at: str) -> Iterator[Problem]:
    present = {key.value for key, _ in node.value}
    # A required key that a misspelt one stands for is not missing too.
    meant = {name for key in present - set(fields) for name in nearest(key, fields, limit=1)}
    for key, value in node.value:
        if key.value in fields:
            yield from _check(value, fields[key.value].hint, _join(at, key.value))
        else:
            yield Problem(_line(key), f"unknown key {key.value!r}: {_advice(key.value, fields)}")
    missing = [
        repr(name) for name, f in fields.items() if f.required and name not in present | meant
    ]
    if missing:
        where = f" in {at!r}" if at else ""
        noun, it = ("key", "it") if len(missing) == 1 else ("keys", "them")
        yield Problem(_line(node), f"missing {noun} {', '.join(missing)}{where}: add {it}")


def _advice(key: str, known: dict[str, _Field]) -> str:
    near = nearest(key, known, limit=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "the keys here are " + ", ".join(known) if known else "there are no keys here"


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key
