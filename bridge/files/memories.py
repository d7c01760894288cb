"""The user's one-touch memories: a YAML file for each model, since a memory holds a place of its
latent space. Written whole or not at all, checked when it is read (docs/arranger.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bridge.controllers.memories import MEMORIES, Memories, Memory, Variation
from bridge.errors import BridgeError, ConfigError
from bridge.files.anchors import file_of
from bridge.latent.anchors import MAX_NAME_LENGTH, tidy_name
from bridge.listening.live_chord import ListenMode
from bridge.music.chords import Chart
from bridge.music.grid import FOUR_FOUR, metre_named
from bridge.music.notes import Part
from bridge.system.strict_yaml import line_of, read_yaml_as, write_yaml
from bridge.timing.tempo import BPM_MAX, BPM_MIN

_Text = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
_Number = Annotated[int, Meta(ge=1, le=MEMORIES)]
_Tempo = Annotated[float, Meta(ge=BPM_MIN, le=BPM_MAX)]
_Place = Annotated[float, Meta(ge=-1, le=1)]


class _MemoryLines(msgspec.Struct, frozen=True):
    """One entry of ``memories``, in the order in which it is written."""

    number: _Number
    name: _Text
    style: _Text
    bpm: _Tempo
    metre: str = FOUR_FOUR.name
    variation: Variation = Variation.B
    place: dict[str, _Place] = {}
    knobs: dict[str, float] = {}
    muted: tuple[Part, ...] = ()
    solo: tuple[Part, ...] = ()
    chart: str = ""
    hear: str = ""


class _MemoriesFile(msgspec.Struct, frozen=True):
    memories: tuple[_MemoryLines, ...] = ()


def memories_path(model: str) -> Path:
    """The path of the memories of a model; the file need not exist."""
    return file_of("memories", model)


def read_memories(path: Path) -> dict[int, Memory]:
    """The memories of a file by number; none where it does not exist. ConfigError, as
    ``file:line: ...``, for anything that is wrong."""
    if not path.exists():
        return {}
    found: dict[int, Memory] = {}
    for index, lines in enumerate(read_yaml_as(path, _MemoriesFile).memories):
        for key, problem in _problems(lines, found):
            raise ConfigError(f"{path}:{line_of(path, 'memories', index, key)}: {problem}")
        values: dict[str, Any] = msgspec.structs.asdict(lines)
        number = values.pop("number")
        found[number] = Memory(**(values | {"name": tidy_name(lines.name) or str(number)}))
    return dict(sorted(found.items()))


def write_memories(path: Path, memories: Memories) -> None:
    """Replace the memories in a file. OutputError where it cannot be written."""
    lines = [
        {"number": number} | msgspec.to_builtins(memory) for number, memory in memories.items()
    ]
    write_yaml(path, {"memories": lines})


def _problems(lines: _MemoryLines, before: Memories) -> Iterator[tuple[str, str]]:
    """(Key, problem) of each value that has the right type, but means nothing."""
    if lines.number in before:
        yield "number", f"memory {lines.number} is there twice"
    if lines.hear and lines.hear not in tuple(ListenMode):
        yield "hear", f"{lines.hear!r}: choose {', '.join(ListenMode)}"
    for key, check in (("metre", metre_named), ("chart", Chart.parse)):
        try:
            check(getattr(lines, key))
        except (BridgeError, ValueError) as error:
            yield key, str(error)
