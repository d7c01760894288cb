"""Mapping files changed by learning: comments stay, and the file says what it is to say."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.controllers import mapping_edit
from bridge.controllers.bindings import RELATIVE, Binding, Coding, Takeover
from bridge.controllers.control_sources import WIDE, SourceKind
from bridge.controllers.mapping_file import read_mapping, shipped_mappings
from bridge.controllers.targets import usual_coding
from bridge.errors import ConfigError

HEAD = """\
# My own file.
name: Mine   # as I call it
match: My port
"""
BLOCK = (
    HEAD
    + """\
bindings:
  # The knobs.
  - cc: 20-23            # from the left
    targets:
      - temperature      # knob 1
      - variation        # knob 2
      - swing            # knob 3
      - humanize         # knob 4
    takeover: pickup

  # Two pads.
  - note: 36, 37
    channel: 10
    targets: [fill, next style]  # hit them
# The end.
"""
)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    return path


def learned(target: str = "tempo", number: int = 70) -> Binding:
    coding = usual_coding(SourceKind.CC, target)
    return Binding(target, SourceKind.CC, number, 0, coding, Takeover.PICKUP)


def test_a_control_with_a_former_name_of_its_target_can_be_taken_out(mine: Path) -> None:
    mine.write_text(BLOCK.replace("next style", "back"), encoding="utf-8")
    gone = read_mapping(mine).bindings[-1]
    assert gone.target == "previous sample"
    mapping_edit.save(mine, learned(), [gone])
    assert "[fill]" in mine.read_text(encoding="utf-8")


def comments(text: str) -> list[str]:
    return ["#" + line.partition("#")[2] for line in text.splitlines() if "#" in line]


def test_a_learned_control_is_an_entry_more_and_all_else_stays(mine: Path) -> None:
    mapping_edit.save(mine, learned())
    entry = "  - cc: 70\n    channel: 1\n    target: tempo\n    takeover: pickup\n"
    assert mine.read_text() == BLOCK.replace("# The end", entry + "# The end")


def test_a_control_of_many_goes_with_its_target_and_the_others_keep_theirs(mine: Path) -> None:
    before = read_mapping(mine).bindings
    mapping_edit.save(mine, None, [before[1]])
    text = mine.read_text()
    assert "cc: 20, 22-23            # from the left" in text
    assert read_mapping(mine).bindings == (before[0], *before[2:])
    gone = set(comments(BLOCK)) - set(comments(text))
    assert gone == {"# knob 2"}


def test_of_two_in_one_line_each_can_go_and_then_the_entry(mine: Path) -> None:
    pads = read_mapping(mine).bindings[4:]
    mapping_edit.save(mine, None, [pads[1]])
    assert "targets: [fill]  # hit them" in mine.read_text()
    mapping_edit.save(mine, None, [pads[0]])
    assert "note" not in mine.read_text()
    assert "# Two pads." in mine.read_text(), "what a person wrote stays"


def test_when_the_last_control_goes_there_is_an_empty_list_that_can_grow_again(
    mine: Path,
) -> None:
    bindings = read_mapping(mine).bindings
    mapping_edit.save(mine, None, bindings)
    assert read_mapping(mine).bindings == ()
    mapping_edit.save(mine, learned())
    assert read_mapping(mine).bindings == (learned(),)
    assert {"# My own file.", "# as I call it", "# The knobs.", "# The end."} <= set(
        comments(mine.read_text())
    )


@pytest.mark.parametrize(
    "bindings",
    [
        "bindings: []\n",
        "bindings: []",
        "bindings: [] # none\n# end\n",
        "bindings: [{cc: 1, target: swing}]\n",
        "bindings:\n- cc: 1\n  target: swing",
        "bindings:\n- {cc: '1, 3-4', targets: [swing, tempo, humanize]}\n",
        "bindings:\r\n  - cc: 1\r\n    target: swing\r\n# end\r\n",
        "bindings:\n  - cc: 1-2\n    target: fill\n    targets:\n      - swing\n",
        "bindings:\n  - cc: 1-2\n    targets: [\n      fill,\n      swing ]\n",
        "bindings:\n  - cc: 1\n    target: swing\nmatch: last\n",
    ],
)
def test_whatever_the_style_of_the_file_a_control_can_be_added_and_taken_out(
    tmp_path: Path, bindings: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"# Head\n" + bindings.encode())
    before = read_mapping(path).bindings
    mapping_edit.save(path, learned("anchor:a # b: 'c'"))
    assert read_mapping(path).bindings == (*before, learned("anchor:a # b: 'c'"))
    for n, binding in enumerate(before):
        mapping_edit.save(path, None, [binding])
        assert read_mapping(path).bindings == (*before[n + 1 :], learned("anchor:a # b: 'c'"))
    assert path.read_bytes().startswith(b"# Head\n")


def test_a_file_with_something_wrong_stays_as_it_is(mine: Path) -> None:
    mine.write_text(BLOCK.replace("swing", "swong"), encoding="utf-8")
    with pytest.raises(ConfigError, match="swing"):
        mapping_edit.save(mine, learned())
    assert "tempo" not in mine.read_text()


def test_what_is_not_in_the_file_is_not_taken_out_of_it(mine: Path) -> None:
    mapping_edit.save(mine, None, [learned()])
    assert mine.read_text() == BLOCK


@pytest.mark.parametrize("name", sorted(shipped_mappings()))
def test_every_control_of_every_shipped_mapping_can_be_taken_out(name: str, tmp_path: Path) -> None:
    copy = mapping_edit.own_copy(shipped_mappings()[name], tmp_path)
    left = list(read_mapping(copy).bindings)
    for binding in left[::7]:
        mapping_edit.save(copy, None, [binding])
        left.remove(binding)
        assert list(read_mapping(copy).bindings) == left
    said = "# Source"
    assert said in copy.read_text(encoding="utf-8")


targets = st.sampled_from(["tempo", "fill", "mute drums", "direction:random:7", "anchor:a: #b"])
kinds = st.sampled_from(
    [k for k in SourceKind if k is not SourceKind.BEND and k is not SourceKind.PRESSURE]
)


@st.composite
def learnable(draw: st.DrawFn) -> Binding:
    kind, target = draw(kinds), draw(targets)
    action = usual_coding(kind, target) is Coding.MOMENTARY
    coding = usual_coding(kind, target) if action else draw(st.sampled_from(list(Coding)))
    if kind in WIDE and coding in RELATIVE:
        coding = usual_coding(kind, target)
    return Binding(
        target, kind, draw(st.integers(7, 30)), draw(st.none() | st.integers(0, 15)), coding,
        draw(st.sampled_from(list(Takeover))), low=draw(st.sampled_from([0.0, 0.25])),
        invert=draw(st.booleans()), steps=draw(st.sampled_from([0, 4])),
    )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(added=st.lists(learnable(), min_size=1, max_size=3, unique=True), data=st.data())
def test_whatever_is_learned_and_cleared_is_what_the_file_says(
    tmp_path_factory: pytest.TempPathFactory, added: list[Binding], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("maps") / "mine.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    expected = list(read_mapping(path).bindings)
    for binding in added:
        mapping_edit.save(path, binding)
        expected.append(binding)
    for binding in data.draw(st.lists(st.sampled_from(expected), max_size=2, unique=True)):
        mapping_edit.save(path, None, [binding])
        expected.remove(binding)
    assert list(read_mapping(path).bindings) == expected
    assert "# The end." in path.read_text()


def test_a_file_of_ones_own_is_begun_for_the_port(tmp_path: Path) -> None:
    path = mapping_edit.begin("MPK mini 3:MPK mini 3 MIDI 1 20:0", tmp_path)
    assert path.name == "mpk-mini-3-midi-1.yaml"
    mapping_edit.save(path, learned())
    assert read_mapping(path).fits("MPK mini 3:MPK mini 3 MIDI 1 28:0")
    assert mapping_edit.begin("MPK mini 3:MPK mini 3 MIDI 1 28:0", tmp_path) == path
    assert read_mapping(path).bindings == (learned(),), "begun once"


# --- ports of any script ------------------------------------------------------------------

PORTS = (
    "Клавиатура",
    "キーボード",
    "Πλήκτρα",
    "लाइट कुंजी",
    "♪♫",
    "🎹",
    "Ü-Board",
    "키보드",
    "مفاتيح",
)


def test_what_is_learned_for_ports_of_any_script_goes_into_a_file_for_each(tmp_path: Path) -> None:
    for number, port in enumerate(PORTS):
        mapping_edit.save(mapping_edit.begin(port, tmp_path), learned(number=number))
    for number, port in enumerate(PORTS):
        path = mapping_edit.begin(port, tmp_path)
        mapping = read_mapping(path)
        assert mapping.bindings == (learned(number=number),)
        assert [other for other in PORTS if mapping.fits(other)] == [port]
    assert len(list(tmp_path.iterdir())) == len(PORTS)


@pytest.mark.parametrize("port", PORTS)
def test_a_file_for_a_port_of_any_script_fits_it_however_it_is_decorated(
    port: str, tmp_path: Path
) -> None:
    mapping = read_mapping(mapping_edit.begin(f"{port}:{port} 20:0", tmp_path))
    assert mapping.fits(f"{port}:{port} 28:0")
    assert mapping.fits(f"{port} 2")
    assert mapping.fits(port.upper())
    assert mapping.fits(unicodedata.normalize("NFD", port))
    assert not mapping.fits("MPK mini 3")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300))
def test_every_port_has_a_name_for_its_file(port: str) -> None:
    stem = mapping_edit.file_stem(port)
    assert 0 < len(stem.encode()) <= 120
    assert not set(stem) & set('/\\:*?"<>|. \0')
    assert stem not in {"con", "nul", "aux"}


def test_a_file_for_another_port_is_not_taken(tmp_path: Path) -> None:
    theirs = tmp_path / "my-port.yaml"
    theirs.write_text("match: Another port\nbindings: []\n", encoding="utf-8")
    before = theirs.read_text(encoding="utf-8")
    path = mapping_edit.begin("My port", tmp_path)
    mapping_edit.save(path, learned())
    assert (path.name, theirs.read_text(encoding="utf-8")) == ("my-port-2.yaml", before)
    assert mapping_edit.begin("My port", tmp_path) == path


def test_a_copy_of_a_shipped_file_is_no_file_for_another_port(tmp_path: Path) -> None:
    shipped = shipped_mappings()["korg-nanokontrol2"]
    theirs = tmp_path / shipped.name
    theirs.write_text("match: Another port\nbindings: []\n", encoding="utf-8")
    copy = mapping_edit.own_copy(shipped, tmp_path)
    assert copy.name == "korg-nanokontrol2-2.yaml"
    assert mapping_edit.own_copy(shipped, tmp_path) == copy
    assert theirs.read_text(encoding="utf-8").startswith("match: Another")


def test_a_file_with_something_wrong_is_told_and_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "my-port.yaml").write_text("match: My port\nbindings: 3\n", encoding="utf-8")
    path = mapping_edit.begin("My port", tmp_path)
    with pytest.raises(ConfigError, match=r"my-port\.yaml"):
        mapping_edit.save(path, learned())
