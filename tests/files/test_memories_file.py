"""The file of one-touch memories: written and read alike, and every mistake in it has its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.controllers.memories import MEMORIES, Memory, Variation
from bridge.errors import ConfigError
from bridge.files.memories import memories_path, read_memories, write_memories
from bridge.latent.anchors import tidy_name
from bridge.listening.live_chord import ListenMode
from bridge.music.grid import METRES
from bridge.music.notes import Part

NAMES = st.text(min_size=1, max_size=60).map(tidy_name).filter(bool)
KNOBS = st.dictionaries(NAMES, st.floats(-100, 100).map(lambda v: round(v, 4)), max_size=4)
PLACES = st.dictionaries(NAMES, st.floats(-1, 1).map(lambda v: round(v, 4)), max_size=4)
PARTS = st.sets(st.sampled_from(Part)).map(lambda parts: tuple(sorted(parts)))
STORED = st.builds(
    Memory,
    name=NAMES,
    style=NAMES,
    bpm=st.floats(30, 300).map(lambda bpm: round(bpm, 3)),
    metre=st.sampled_from(list(METRES)),
    variation=st.sampled_from(Variation),
    place=PLACES,
    knobs=KNOBS,
    muted=PARTS,
    solo=PARTS,
    chart=st.sampled_from(("", "Am F C G", "Am F | C G")),
    hear=st.sampled_from(("", *(mode.value for mode in ListenMode))),
)
GOOD = """\
memories:
- number: 2
  name: home
  style: rock
  bpm: 110
"""


@given(st.dictionaries(st.integers(1, MEMORIES), STORED, max_size=MEMORIES))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, memories: dict[int, Memory]
) -> None:
    path = tmp_path_factory.mktemp("memories") / "model.yaml"
    write_memories(path, memories)
    assert read_memories(path) == dict(sorted(memories.items()))


def test_a_file_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert read_memories(tmp_path / "none.yaml") == {}


def test_absent_keys_have_their_usual_values(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD)
    assert read_memories(path) == {2: Memory("home", "rock", 110.0)}


@pytest.mark.parametrize(
    ("line", "row", "said"),
    [
        ("  bpm: 11", 5, "30"),
        ("  bpm: 110\n  metre: 5/4", 6, "5/4"),
        ("  bpm: 110\n  variation: E", 6, "'E'"),
        ("  bpm: 110\n  muted: [drumz]", 6, "drumz"),
        ("  bpm: 110\n  chart: Am Hm7x", 6, "Hm7x"),
        ("  bpm: 110\n  hear: nose", 6, "nose"),
        ("  bpm: 110\n  place: {'direction:density': 2}", 6, "1"),
        ("  bpm: 110\n  stile: x", 6, "stile"),
        ("  bpm: 110\n- {number: 2, name: a, style: b, bpm: 100}", 6, "twice"),
        ("  bpm: 110\n- {number: 9, name: a, style: b, bpm: 100}", 6, "8"),
    ],
)
def test_each_mistake_is_reported_with_its_line(
    tmp_path: Path, line: str, row: int, said: str
) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD.replace("  bpm: 110", line))
    with pytest.raises(ConfigError) as error:
        read_memories(path)
    assert f"m.yaml:{row}:" in str(error.value)
    assert said in str(error.value)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(GOOD)
    broken = Memory("x", "y", 100.0, knobs={"a": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        write_memories(path, {1: broken})
    assert path.read_text() == GOOD


def test_each_model_has_a_file_of_its_own() -> None:
    assert memories_path("trio-4bar").name == "trio-4bar.yaml"
    assert memories_path("trio-4bar").parent.name == "memories"
