"""The catalog: each target once, found by its name, a former name or its family."""

from __future__ import annotations

import re

import pytest

from bridge.controllers.catalog import (
    AUTOPILOT,
    CATALOG,
    CONTROLS,
    POINT_CONTROLS,
    TEMPO,
    control_range,
)
from bridge.controllers.catalog_types import Catalog, Needs, Target, TargetGroup, TargetKind
from bridge.controllers.scaling import place_of
from bridge.controllers.targets_page import BEGIN, END, effect_text, rewritten, tables
from bridge.timing.tempo import BPM_MAX, BPM_MIN

ENTRIES = (*CATALOG.targets, *(family.pattern for family in CATALOG.families))
EXTRA = Target(
    "shine", TargetKind.CONTROL, TargetGroup.BAND, "shine", "more treble", aliases=("gloss",)
)


def test_no_name_and_no_former_name_is_there_twice() -> None:
    names = [target.name for target in ENTRIES]
    names += [alias for target in ENTRIES for alias in target.aliases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("target", ENTRIES, ids=lambda target: target.name)
def test_every_entry_has_a_title_one_line_of_explanation_and_a_range(target: Target) -> None:
    assert target.title
    assert target.explanation.strip()
    assert not set("\n|") & set(target.title + target.explanation)
    assert target.low <= target.default <= target.high
    assert target.low < target.high


def test_every_control_is_in_one_of_the_tables_of_the_session() -> None:
    tables = (CONTROLS, POINT_CONTROLS, AUTOPILOT)
    assert {TEMPO}.union(*tables) == set(CATALOG.names(TargetKind.CONTROL))
    assert sum(map(len, tables)) == len(CATALOG.names(TargetKind.CONTROL)) - 1


def test_every_control_of_a_walk_says_which_walk_has_it() -> None:
    needs = {CATALOG.by_name[name].needs for name in AUTOPILOT}
    assert Needs.NOTHING not in needs


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("direction:hard_swing", TargetKind.CONTROL, "hard swing"),
        ("direction:random:12", TargetKind.CONTROL, "direction of a seed 12"),
        ("neuron:16", TargetKind.CONTROL, "inner knob 16"),
        ("style:2", TargetKind.CONTROL, "style axis 2"),
        ("style:2000", TargetKind.ACTION, "2000"),
        ("style:rock", TargetKind.ACTION, "rock"),
        ("anchor:anchor 1", TargetKind.ACTION, "anchor 1"),
        ("mode:loop", TargetKind.ACTION, "mode loop"),
        ("back", TargetKind.ACTION, "back to what played before"),
    ],
)
def test_a_name_is_found_with_its_kind_and_title(name: str, kind: TargetKind, title: str) -> None:
    target = CATALOG.find(name)
    assert target is not None
    assert (target.kind, target.title) == (kind, title)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("volume drums", "drums"),
        ("mute bass", "mute"),
        ("play", "start"),
        ("swing", "swing"),
        ("shine", "shine"),
        ("neuron:3", "inner 3"),
        ("style:2", "style 2"),
        ("direction:hard_swing", "hard swing"),
        ("direction:random:7", "random 7"),
    ],
)
def test_a_short_title_fits_a_narrow_column(name: str, short: str) -> None:
    assert CATALOG.short_title(name) == short


@pytest.mark.parametrize("name", ["", "swinng", "neuron:17", "style:", "mode:blues", "mute"])
def test_what_is_no_target_is_not_found(name: str) -> None:
    assert CATALOG.find(name) is None
    assert CATALOG.hint(name) == ""


def test_a_former_name_gives_a_hint_and_the_present_one_none() -> None:
    assert CATALOG.present_name("back") == "previous sample"
    assert CATALOG.hint("back") == "the target 'back' is called 'previous sample' now"
    assert CATALOG.hint("previous sample") == ""


def test_the_tempo_of_a_knob_lies_within_what_a_session_takes() -> None:
    low, high, _ = control_range(TEMPO)
    assert BPM_MIN <= low < high <= BPM_MAX
    assert place_of(TEMPO, BPM_MAX) == 1.0
    assert place_of(TEMPO, BPM_MIN) == 0.0


def test_an_entry_more_is_found_has_a_range_and_is_on_the_page() -> None:
    more = Catalog((*CATALOG.targets, EXTRA), CATALOG.families)
    assert more.find("shine") == more.find("gloss") == EXTRA
    assert more.ranges([TargetGroup.BAND])["shine"] == (0.0, 1.0, 0.0)
    assert "shine" not in CONTROLS
    (row,) = set(tables(more).splitlines()) - set(tables().splitlines())
    assert re.split(r" ?\| ?", row)[1:3] == ["`shine`", "shine"]
    assert "`gloss`" in effect_text(EXTRA)


def test_a_page_is_rewritten_between_its_two_lines_only() -> None:
    page = rewritten(f"before {BEGIN}what was there{END} after")
    assert page.startswith(f"before {BEGIN}\n")
    assert page.endswith(f"{END} after")
    assert "what was there" not in page
    assert rewritten(page) == page
    with pytest.raises(ValueError, match="no lines"):
        rewritten("a page of another kind")
