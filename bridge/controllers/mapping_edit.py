"""Changes to a mapping file that leave the rest of its text, comments above all, as it is.

A control that was learned is added as an entry of its own, one that moves something no more is
taken out of its entry. The changed text is read before it replaces the file: unless it says
just what it is to say, the file stays as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count, pairwise
from pathlib import Path
from typing import Any, Final

from bridge.controllers.bindings import Binding, Takeover
from bridge.controllers.mapping_file import (
    NUMBERLESS,
    Mapping,
    entries,
    read_mapping,
    user_folder,
)
from bridge.controllers.targets import usual_coding
from bridge.errors import ConfigError
from bridge.midi.port_names import folded, plain_name, short_name
from bridge.system.atomic_write import write_whole
from bridge.system.strict_yaml import SourcePosition, source_positions

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*( [A-Za-z0-9_.:-]+)*")
"""Texts that need no quotes, unless they say ``: `` (they cannot) or are a word of YAML."""
_WORDS: Final = {"true", "false", "null", "yes", "no", "on", "off"}
_DEFAULT: Final = Binding("", NUMBERLESS[0])
INDENT: Final = "  "
LONGEST_STEM: Final = 100
"""Bytes of a file's name without its ending; disks take 255, encrypted ones 143."""
_DEVICES: Final = {"con", "prn", "aux", "nul"} | {
    f"{d}{n}" for d in ("com", "lpt") for n in range(10)
}
"""Names that Windows keeps for devices."""


def save(path: Path, added: Binding | None, removed: Sequence[Binding] = ()) -> None:
    """Change the file: bind ``added`` besides, take ``removed`` out.

    ConfigError, and the file stays, when there is something wrong with it, or it is written
    in a way that cannot be changed without changing more; OutputError when it cannot be written.
    """
    path = path.resolve()
    before = Counter(chain(*entries(path)))
    text = path.read_bytes().decode("utf-8-sig")
    for binding in removed:
        if before[binding]:
            text = _without(path, text, binding)
    if added is not None:
        text = with_binding(text, added)
    wanted = before - Counter(removed) + Counter([] if added is None else [added])
    if Counter(chain(*entries(path, text))) != wanted:
        raise ConfigError(f"{path}:1: cannot be changed by itself: bind the control by hand")
    write_whole(path, text.encode("utf-8"))


def begin(port: str, folder: Path | None = None) -> Path:
    """A file of the user's own for the port of that name, without bindings yet; the file that is
    there already, if it is for this port. No file for another port is touched."""
    match = short_name(port) or "controller"
    path = _free(folder or user_folder(), file_stem(match), lambda mapping: mapping.fits(port))
    if not path.exists():
        text = f"# What was learned for {plain_name(port)}.\n"
        text += f"name: {_text(match)}\nmatch: {_text(match)}\nbindings: []\n"
        write_whole(path, text.encode("utf-8"))
    return path


def own_copy(path: Path, folder: Path | None = None) -> Path:
    """A copy of a shipped file among the user's own, which come first for the same port; the copy
    that is there already, if it is for the same ports."""
    ports = read_mapping(path).match
    copy = _free(
        folder or user_folder(),
        path.stem,
        lambda mapping: mapping.match == ports or any(map(mapping.fits, ports)),
    )
    if not copy.exists():
        write_whole(copy, path.read_bytes())
    return copy


def file_stem(name: str) -> str:
    """A file's name, without its ending, for a port of any script: its letters, marks and digits,
    cut to what every disk takes; a number made from the name where it has none of them."""
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded(name))
    stem = "-".join("".join(kept).split())
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    if not stem or stem in _DEVICES:
        return f"controller-{digest}"
    if len(stem.encode("utf-8")) <= LONGEST_STEM:
        return stem
    short = stem.encode("utf-8")[:LONGEST_STEM].decode("utf-8", "ignore").rstrip("-")
    return f"{short}-{digest}"


def _free(folder: Path, stem: str, is_right: Callable[[Mapping], bool]) -> Path:
    """The first of ``stem.yaml``, ``stem-2.yaml`` ... that does not exist, or is the right one. A
    file that cannot be read is taken for the right one: who changes it is told what is wrong."""
    for number in count(1):
        path = folder / (f"{stem}.yaml" if number == 1 else f"{stem}-{number}.yaml")
        if not path.exists():
            return path
        try:
            if is_right(read_mapping(path)):
                return path
        except ConfigError:
            return path
    raise AssertionError("there is a number for every file")


# --- text to text -------------------------------------------------------------------------


def with_binding(text: str, binding: Binding) -> str:
    """The text with an entry more, the last."""
    key, there = _list(text)
    fields = list(_fields(binding))
    line_end = "\r\n" if "\r\n" in text else "\n"
    if there is not None and there.flow and there.items:
        entry = "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in fields) + "}"
        end = there.items[-1].end
        return f"{text[:end]}, {entry}{text[end:]}"
    if there is None or there.flow or not there.items:  # nothing yet: `[]`, or no value
        start, stop = (key.end + 1,) * 2 if there is None else (there.start, there.end)
        indent, end = INDENT, _line_end(text, stop)
        head = text[:start].rstrip(" ") + text[stop:end]
    else:
        indent, end = " " * _column(text, there.start), _line_end(text, there.items[-1].end)
        head = text[:end]
    head += "" if head.endswith("\n") else line_end
    lines = [f"{'  ' if n else '- '}{k}: {_text(v)}" for n, (k, v) in enumerate(fields)]
    return head + "".join(indent + line + line_end for line in lines) + text[end:]


def _without(path: Path, text: str, binding: Binding) -> str:
    """The text without one control of an entry, or without the entry if it has no other."""
    for index, entry in enumerate(entries(path, text)):
        if binding in entry:
            key, there = _list(text)
            assert there is not None
            if len(entry) > 1:
                return _without_control(text, there.items[index], entry, entry.index(binding))
            return _without_item(text, key, there, index)
    return text


def _without_control(text: str, entry: SourcePosition, bindings: Sequence[Binding], at: int) -> str:
    """The text without the ``at``-th control of an entry: its number, light and target."""
    others = [b for n, b in enumerate(bindings) if n != at]
    cuts = [_renumbered(entry, bindings[at].kind.value, [b.number for b in others])]
    if bindings[at].light is not None:
        cuts.append(_renumbered(entry, "feedback", [b.light for b in others]))
    first = entry.values.get("target")  # which may stand before the others
    if first is not None and at == 0:
        start = _line_start(text, entry.keys["target"].start)
        cuts.append((start, _line_end(text, first.end), ""))
    else:
        cuts.append(_cut_item(text, entry.values["targets"], at - (first is not None)))
    for start, end, insert in sorted(cuts, reverse=True):
        text = text[:start] + insert + text[end:]
    return text


def _renumbered(
    entry: SourcePosition, key: str, numbers: Sequence[int | None]
) -> tuple[int, int, str]:
    """The place of the numbers of an entry in the text, and the new text for them."""
    said = _ranges([number for number in numbers if number is not None])
    there = entry.values[key]
    return there.start, there.end, f'"{said}"' if entry.flow and "," in said else said


def _without_item(text: str, key: SourcePosition, there: SourcePosition, index: int) -> str:
    """The text without an entry of the list of bindings."""
    start, end, _ = _cut_item(text, there, index)
    text = text[:start] + text[end:]
    empty = len(there.items) == 1 and not there.flow
    return f"{text[: key.end]}: []{text[key.end + 1 :]}" if empty else text


def _cut_item(text: str, there: SourcePosition, index: int) -> tuple[int, int, str]:
    """The place of a list's item in the text, with its line or its comma."""
    item = there.items[index]
    if not there.flow:
        return _line_start(text, item.start), _line_end(text, item.end), ""
    if index + 1 < len(there.items):
        return item.start, there.items[index + 1].start, ""
    return (there.items[index - 1].end if index else item.start), item.end, ""


def _list(text: str) -> tuple[SourcePosition, SourcePosition | None]:
    """The key ``bindings``, and its list where there is one."""
    top = source_positions(text)
    assert top is not None
    key, there = top.keys["bindings"], top.values["bindings"]
    return key, there if there.end > there.start else None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """Behind the line, with its comment, that has the character before ``at``."""
    found = text.find("\n", max(0, at - 1))
    return len(text) if found < 0 else found + 1


def _column(text: str, at: int) -> int:
    return at - _line_start(text, at)


# --- what is written ----------------------------------------------------------------------


def _fields(binding: Binding) -> Iterable[tuple[str, Any]]:
    """The keys of an entry and their values, without those that are as usual."""
    yield binding.kind.value, True if binding.kind in NUMBERLESS else binding.number
    if binding.channel is not None:
        yield "channel", binding.channel + 1
    yield "target", binding.target
    if binding.coding is not usual_coding(binding.kind, binding.target):
        yield "coding", binding.coding.value
    if binding.takeover is not Takeover.NONE:
        yield "takeover", binding.takeover.value
    if binding.feedback:
        yield "feedback", True if binding.light is None else binding.light
    for name in ("low", "high", "invert", "curve", "steps", "port", "on", "off"):
        value = getattr(binding, name)
        if value != getattr(_DEFAULT, name):
            yield name, value


def _text(value: Any) -> str:
    """A value in YAML: plain where that is safe."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.casefold() not in _WORDS:
        return value if not value.endswith(":") else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)


def _flow(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _ranges(numbers: Sequence[int]) -> str:
    """``70-72, 74`` for 70, 71, 72, 74."""
    runs: list[list[int]] = [[numbers[0]]]
    for before, number in pairwise(numbers):
        if number == before + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in runs)
