"""YAML read strictly: every problem has a file, a line and a next step."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.errors import ConfigError
from bridge.system.strict_yaml import line_of, read_plain, read_yaml_as, write_yaml

TEXT = st.text(st.characters(max_codepoint=0xD7FF, exclude_categories=["Cc"]), max_size=12)


@dataclass(frozen=True)
class Part:
    note: int
    name: str = ""


class Knob(msgspec.Struct, frozen=True):
    cc: Annotated[int, msgspec.Meta(ge=0, le=127)]
    to: str | None = None


@dataclass(frozen=True)
class Settings:
    tempo: float
    title: str = ""
    on: bool = False
    parts: list[Part] = field(default_factory=list)
    knobs: dict[str, Knob] = field(default_factory=dict)
    shapes: dict[str, list[int | str]] = field(default_factory=dict)
    spare: Part | None = None

    def __post_init__(self) -> None:
        if self.tempo <= 0:
            raise ValueError("the tempo has to be above 0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, text: str, kind: Any = Settings) -> Any:
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml_as(path, kind)


def complaint(folder: Path, text: str, kind: Any = Settings) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, kind)
    words = str(caught.value)
    assert words.startswith(f"{folder / 'a.yaml'}:")
    assert "\n" not in words
    return words.removeprefix(f"{folder / 'a.yaml'}:")


def test_a_right_file_becomes_typed_values(folder: Path) -> None:
    text = """
tempo: 120
title: 'on'
on: true
parts: [{note: 0x24, name: kick}]
knobs:
  density: {cc: 74, to: density}
shapes: {tokens: [N, 64, 3], temperature: []}
spare: {note: 010}
"""
    assert read(folder, text) == Settings(
        120.0,
        "on",
        True,
        [Part(36, "kick")],
        {"density": Knob(74, "density")},
        {"tokens": ["N", 64, 3], "temperature": []},
        Part(10),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tempo: 1\ntempoo: 2\n", "2: unknown key 'tempoo': did you mean 'tempo'?"),
        ("tempo: 1\nzzz: 2\n", "2: unknown key 'zzz': the keys here are tempo, title"),
        ("title: a\n", "1: missing key 'tempo': add it"),
        ("", "1: missing key 'tempo': add it"),
        ("tempo: fast\n", "1: tempo: Expected float, got str"),
        ("tempo: 1\n\nparts:\n- note: 1\n- note: x\n", "5: parts[1].note: Expected int, got str"),
        ("tempo: 1\nparts:\n- nte: 1\n", "3: unknown key 'nte': did you mean 'note'?"),
        ("tempo: 1\nknobs:\n  a:\n    cc: 128\n", "4: knobs.a.cc: Expected int <= 127"),
        ("tempo: 1\nknobs:\n  a: {}\n", "3: missing key 'cc' in 'knobs.a': add it"),
        ("tempo: 1\nspare:\n  nope: 1\n  note: 1\n", "3: unknown key 'nope'"),
        ("tempo: 1\nspare: 3\n", "2: spare: Expected object | null, got int"),
        ("tempo: 0\n", "1: the tempo has to be above 0"),
        ("tempo: 1\ntempo: 2\n", "2: the key 'tempo' is already on line 1: keep one"),
        ("- 1\n", "1: Expected object, got array"),
        ("tempo: [1\n", "2: not valid YAML"),
        ("tempo: 1\n\ttitle: x\n", "2: not valid YAML"),
        ("tempo: !!python/object/apply:os.system [ls]\n", "1: a tag"),
        ("tempo: !mine 1\n", "1: a tag (!mine) is not allowed here"),
        ("tempo: 1\n? [a]\n: 1\n", "2: a key has to be a name"),
        ("tempo: 1\nparts: &a [*a]\n", "2: "),
        ("tempo: 1\n---\ntempo: 2\n", "2: not valid YAML"),
        ("parts: " + "[" * 40 + "]" * 40, "1: not valid YAML: nested deeper"),
        ("parts: " + "[" * 4000 + "]" * 4000, "1: not valid YAML: nested deeper"),
        ("tempo: 1\ntitle: \x00\n", "1: not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line_in_words(folder: Path, text: str, words: str) -> None:
    assert complaint(folder, text).startswith(words)


def test_problems_are_told_all_at_once_in_the_files_order(folder: Path) -> None:
    path = folder / "a.yaml"
    path.write_text("titel: x\nparts:\n- note: a\nknobs: {k: {c: 1}}\n", encoding="utf-8")
    _, found = read_plain(path, Settings)
    assert [problem.line for problem in found] == [1, 1, 3, 4]
    assert any("unknown key 'titel'" in problem.text for problem in found)
    assert any("missing key 'tempo'" in problem.text for problem in found)


def test_no_problems_with_a_right_file_and_one_with_none_at_all(folder: Path) -> None:
    path = folder / "a.yaml"
    with pytest.raises(ConfigError) as caught:
        read_plain(path, Settings)
    assert str(caught.value) == f"{path}:1: there is no such file: check the path"
    path.write_text("tempo: 90.5\n", encoding="utf-8")
    assert read_plain(path, Settings) == ({"tempo": 90.5}, [])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_plain(folder, Settings)


def test_a_text_is_read_in_place_of_its_file(folder: Path) -> None:
    path = folder / "a.yaml"
    path.write_text("tempo: fast\n", encoding="utf-8")
    assert read_plain(path, Settings, text="title: x\ntempo: 1\n")[1] == []
    assert line_of(path, "tempo", text="title: x\ntempo: 1\n") == 2
    with pytest.raises(ConfigError, match=r"a\.yaml:2: not valid YAML"):
        read_plain(path, Settings, text="tempo: 1\n\ttitle: x\n")


def test_what_is_no_text_is_refused(folder: Path) -> None:
    path = folder / "a.yaml"
    path.write_bytes(b"\xff\xfe\x00tempo")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_yaml_as(path, Settings)


def test_a_file_too_large_is_not_read(folder: Path) -> None:
    assert "larger than" in complaint(folder, "#" * 1_000_001)


def test_an_alias_that_would_blow_up_is_refused(folder: Path) -> None:
    """Nine levels of nine references each would be 387 million items."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "alias" in complaint(folder, "\n".join(lines), dict[str, Any])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("TRUE", True),
        ("~", None),
        ("'1'", "1"),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("+7", 7),
        ("1_000", "1_000"),
        ("9" * 40, "9" * 40),
    ],
)
def test_scalars_are_those_of_yaml_1_2(folder: Path, text: str, value: object) -> None:
    assert read(folder, f"a: {text}\n", dict[str, Any]) == {"a": value}


@given(
    st.dictionaries(
        TEXT,
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_json_is_read_as_what_it_says(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert read_yaml_as(path, dict[str, Any]) == value


@given(st.lists(st.text("0123456789eE.+-_xtrulnfasyo~", max_size=6), max_size=4))
@example(["0e0", "1e5", ".5e3", "0x1F", "010", "yes", "~", "", "1:30", ".inf"])
def test_text_that_is_written_is_read_as_the_same_text(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("written") / "a.yaml"
    content = {f"name {n}": text for n, text in enumerate(texts)}
    write_yaml(path, dict(content))
    assert read_yaml_as(path, dict[str, str]) == content
