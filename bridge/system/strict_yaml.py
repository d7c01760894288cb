"""Read YAML files strictly into typed values. The only module that imports yaml.

The file is parsed to marked nodes (never constructed objects) and checked against the type, so
that every problem has its line: ``file:line: unknown key 'tempoo': did you mean 'tempo'?``. The
values are then converted by msgspec.
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
MAX_BYTES: Final = 1_000_000
"""Largest file in bytes; settings and specifications are far smaller."""
MAX_DEPTH: Final = 32
"""Deepest nesting; a deeper file is a mistake or an attack."""
_NO_ALIAS: Final = "an alias (*name) is not allowed here, write the value out"
_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"
_PREFIX: Final = "tag:yaml.org,2002:"
_MERGE: Final = _PREFIX + "merge"
_KINDS: Final = ("null", "bool", "int", "float", "str", "timestamp", "value", "seq", "map")
_TAGS: Final = {_PREFIX + kind for kind in _KINDS}
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
MAX_INTEGER_LENGTH: Final = 30
_ODD_FLOATS: Final = {".inf", "+.inf", "-.inf", ".nan"}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True)
class Problem:
    """A problem at a line (from 1) of a file."""

    line: int
    text: str


def read_yaml_as(path: Path, type: type[T]) -> T:
    """The file as a ``type`` (a msgspec struct, a dataclass, a dict...).

    ConfigError for the first problem, in the file's order, as ``file:line: what, what to do``.
    """
    value, found = _read(path, type)
    if found:
        raise ConfigError(_problem_line(path, found[0]))
    return msgspec.convert(value, type, str_keys=True)


class _Flow(yaml.SafeDumper):
    """A dumper that writes lists on one line, and quotes text that is a number by YAML 1.2
    (``0e0``), but none by 1.1."""


_Flow.add_representer(
    list, lambda dumper, v: dumper.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True)
)
_Flow.add_representer(
    str,
    lambda dumper, v: dumper.represent_scalar(
        "tag:yaml.org,2002:str", v, style="'" if _unquoted(v) != v else None
    ),
)


def write_yaml(path: Path, content: dict[str, Any]) -> None:
    """Write plain data, in its order, whole or not at all. OutputError where that cannot be."""
    text = yaml.dump(content, Dumper=_Flow, sort_keys=False, width=100, allow_unicode=True)
    write_whole(path, text.encode("utf-8"))


def read_plain(path: Path, type: Any, *, text: str | None = None) -> tuple[Any, list[Problem]]:
    """The file as plain values, and its problems against ``type`` in order.

    For callers that check values further and report all problems at once. The
    values are None when there are structural problems; ConfigError when it is no YAML.
    ``text`` is read in place of the file's own, which may have yet to be written.
    """
    return _read(path, type, text)


def line_of(path: Path, *keys: str | int, text: str | None = None) -> int:
    """The line (from 1) of a value by its keys and places, or of the last that is there.

    For later problems of a file, or of the ``text`` to be written into it, whose
    types were right.
    """
    node, line = _compose(path, text), 1
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
    """The position of a value in a text: characters ``start`` to ``end``, without trailing blanks
    and comments.

    ``flow``: it is written in brackets, or is inside some. ``items`` are the positions of a
    list's items, ``keys`` and ``values`` (by key) those of a mapping.
    """

    start: int
    end: int
    flow: bool = False
    items: tuple[SourcePosition, ...] = ()
    keys: Mapping[str, SourcePosition] = dataclasses.field(default_factory=dict)
    values: Mapping[str, SourcePosition] = dataclasses.field(default_factory=dict)


def source_positions(text: str) -> SourcePosition | None:
    """The positions of all values of a valid YAML text; None where it is empty.

    For edits that keep the rest of the text, in particular its comments.
    """
    node = yaml.compose(text, _Strict)
    return None if node is None else _position_of(node, flow=False)


def _position_of(node: yaml.Node, *, flow: bool) -> SourcePosition:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        return SourcePosition(start, end, flow)
    assert isinstance(node, yaml.CollectionNode)
    flow = flow or bool(node.flow_style)
    keys: dict[str, SourcePosition] = {}
    values: dict[str, SourcePosition] = {}
    items: tuple[SourcePosition, ...] = ()
    if isinstance(node, yaml.MappingNode):
        keys = {key.value: _position_of(key, flow=flow) for key, _ in node.value}
        values = {key.value: _position_of(value, flow=flow) for key, value in node.value}
    else:
        items = tuple(_position_of(item, flow=flow) for item in node.value)
    if not flow:  # the parser's end mark of a block is the start of the next token
        parts = (*keys.values(), *values.values(), *items)
        end = max((part.end for part in parts), default=start)
    return SourcePosition(start, end, flow, items, keys, values)


def _problem_line(path: Path, problem: Problem) -> str:
    return f"{path}:{problem.line}: {problem.text}"


def _plain(text: str) -> str:
    """Msgspec's message without quotes and path, which our line and path replace."""
    return " ".join(text.partition(" - at `$")[0].replace("`", "").split())


# --- file to plain values -------------------------------------------------------------------


def _read(path: Path, type: Any, text: str | None = None) -> tuple[Any, list[Problem]]:
    """Plain values and their problems. ConfigError when the file is not valid YAML."""
    node = _compose(path, text)
    if node is None:
        mark = yaml.Mark(str(path), 0, 0, 0, "", 0)
        node = yaml.MappingNode(_PREFIX + "map", [], mark, mark)
    found = list(_structure(node))
    if found:
        return None, found
    found = list(_check(node, type, ""))
    return _value(node), sorted(found, key=lambda problem: problem.line)


def _text_of(path: Path) -> str:
    try:
        data = read_whole(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path}:1: the file is larger than {MAX_BYTES} bytes: not settings")
        return data.decode("utf-8-sig")
    except FileNotFoundError as exc:
        raise ConfigError(f"{path}:1: there is no such file: check the path") from exc
    except OSError as exc:
        raise ConfigError(f"{path}:1: cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}:1: is not UTF-8 text: save it as UTF-8") from exc


def _compose(path: Path, text: str | None) -> yaml.Node | None:
    """The nodes of the file, or of ``text`` in its place; None where there are none."""
    text = _text_of(path) if text is None else text
    try:
        return yaml.compose(text, _Strict)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {exc.problem or exc}") from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"{path}:1: not valid YAML: {' '.join(str(exc).split())}") from exc


class _Strict(yaml.SafeLoader):
    """A loader that refuses aliases (a few can expand to millions of values) and deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(problem=_NO_ALIAS, problem_mark=mark)
        if self.depth >= MAX_DEPTH:
            raise yaml.composer.ComposerError(problem=_TOO_DEEP, problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _structure(node: yaml.Node) -> Iterator[Problem]:
    """Problems of structure: tags, duplicate keys, keys that are not names."""
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
    """A scalar by YAML 1.2 rules: ``on`` and ``1:30`` are strings, ``010`` is ten."""
    text: str = node.value
    if getattr(node, "style", None) is not None:  # quoted
        return text
    return _unquoted(text)


def _unquoted(text: str) -> Any:
    """The value of a scalar without quotes."""
    return _WORDS[text.lower()] if text.lower() in _WORDS else _number(text)


def _number(text: str) -> Any:
    """A plain scalar as a number, or the text where it is none."""
    if _DECIMAL.fullmatch(text):
        return int(text) if len(text) < MAX_INTEGER_LENGTH else text
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
    """Problems of ``node`` against the type ``hint``. ``at`` is the path of the node."""
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
    """The advice for a value of a Literal type: the nearest choice, or all choices."""
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
    # A required key that was misspelt is reported once, not as missing too.
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
