"""The history: lines of strict JSON that are only ever added."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.errors import BridgeError, ModelError, NameUnknown
from bridge.files.history import History, HistoryEntry, escaped, packed, unescaped
from bridge.latent.space import sample


def entry(seed: int = 1, **changes: object) -> HistoryEntry:
    fields: dict[str, object] = {
        "when": "2026-11-21T12:00:00+00:00",
        "made": "sample",
        "model": "fake",
        "width": 8,
        "codes": packed(sample(2, 8, seed)),
        "seed": seed,
    }
    return HistoryEntry(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "deep" / "history.jsonl")


def test_codes_come_back_bit_by_bit(history: History) -> None:
    assert history.add([entry(1), entry(2)]) == 2
    found = history.entries()
    assert found == [entry(1), entry(2)]
    assert np.array_equal(found[1].table(), sample(2, 8, 2))


def test_each_line_is_json_of_its_own(history: History) -> None:
    history.add([entry(1)])
    history.name("1", "a name with ümläuts")
    lines = history.path.read_text("utf-8").splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["entry", "name"]


def test_an_entry_is_found_by_number_by_name_and_as_the_last(history: History) -> None:
    history.add([entry(1), entry(2), entry(3)])
    history.name("2", "Dawn")
    assert history.find("3")[1].seed == 3
    assert history.find("last")[0] == 3
    assert history.find("dawn") == (2, entry(2, name="Dawn"))
    history.name("dawn", "dusk")
    with pytest.raises(NameUnknown, match=r"no history entry named 'dawn': choose one of: dusk"):
        history.find("dawn")


@pytest.mark.parametrize("wanted", ["0", "4", "-4", "x"])
def test_what_is_not_there_is_said(history: History, wanted: str) -> None:
    history.add([entry(1), entry(2), entry(3)])
    with pytest.raises(NameUnknown, match="a number from 1 to 3"):
        history.find(wanted)


def test_a_name_is_no_number(history: History) -> None:
    history.add([entry(1)])
    for name in ("7", "last"):
        with pytest.raises(BridgeError, match="choose a name with a letter"):
            history.name("1", name)


def test_a_torn_last_line_loses_that_line_alone(history: History) -> None:
    history.add([entry(1), entry(2)])
    data = history.path.read_bytes()
    history.path.write_bytes(data[:-30])
    assert [e.seed for e in history.entries()] == [1]
    history.add([entry(3)])
    assert [e.seed for e in history.entries()] == [1, 3]


@pytest.mark.parametrize(
    "line",
    [b"{}", b"[]", b"\xff", b'{"type":"entry"}', b'{"type":"name","entry":1,"name":"x","more":1}'],
)
def test_a_line_that_is_none_of_ours_is_named(history: History, line: bytes) -> None:
    history.add([entry(1)])
    with history.path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(ModelError, match=r"history\.jsonl:2: no line of a history"):
        history.entries()


def test_codes_that_are_none_are_refused() -> None:
    with pytest.raises(ModelError, match="no rows of 8"):
        entry(codes=b"123").table()
    with pytest.raises(ModelError, match="not finite"):
        entry(codes=np.full(8, np.nan, "<f4").tobytes()).table()


@given(st.binary())
def test_any_file_name_is_escaped_for_json_and_comes_back(name: bytes) -> None:
    text = name.decode("utf-8", "surrogateescape")
    assume(r"\udc" not in text)
    assert json.loads(json.dumps(escaped(text), ensure_ascii=False).encode()) == escaped(text)
    assert unescaped(escaped(text)) == text
