"""latent-bridge mappings; and the mapping of a session: chosen by port, read when edited."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from bridge.cli.app import main
from bridge.controllers import mapping_file
from bridge.controllers.bindings import Binding
from bridge.controllers.targets_page import BEGIN, END, tables
from bridge.errors import NameUnknown
from bridge.live.devices.mapping_watch import MappingWatch, choose, told

GOOD = "name: Mine\nmatch: {match}\nbindings:\n  - {{cc: {cc}, target: swing}}\n"
WRONG = """name: x
matc: y
bindings:
  - {cc: 1, target: swinng}
  - {cc: 200, target: swing}
  - {cc14: 6, targets: [direction:densty], takover: scale}
  - {nrpn: 5, target: tempo, coding: signed bit}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of mappings, empty."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    monkeypatch.setattr(mapping_file, "user_folder", lambda: folder)
    return folder


def put(path: Path, match: str = "Some Port", cc: int = 1) -> Path:
    path.write_text(GOOD.format(match=match, cc=cc), encoding="utf-8")
    return path


# --- the commands -------------------------------------------------------------------------


def test_check_tells_every_problem_at_once_with_its_line_and_the_nearest_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG, encoding="utf-8")
    assert main(["mappings", "check", str(path)]) == 2
    lines = capsys.readouterr().out.splitlines()
    told = [line.removeprefix(f"{path}:") for line in lines]
    assert [line.partition(":")[0] for line in told] == ["2", "4", "5", "6", "6", "6", "7"]
    for word in ("'match'", "'swing'", "0 to 127", "'direction:density'", "'takeover'", "14 bits"):
        assert any(word in line for line in told), word


def test_check_says_so_when_nothing_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mappings", "check", str(put(tmp_path / "good.yaml"))]) == 0
    assert "1 controls, nothing wrong" in capsys.readouterr().out


def test_check_and_the_watch_tell_what_a_target_with_a_former_name_is_called_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.yaml"
    path.write_text("bindings:\n  - {cc: 1, target: back}\n", encoding="utf-8")
    assert main(["mappings", "check", str(path)]) == 0
    hint = "the target 'back' is called 'previous sample' now"
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{path}:2: {hint}", f"{path}: 1 controls, nothing wrong"]
    again = told(mapping_file.read_mapping(path), path)
    assert again == f"old.yaml read again: 1 controls; old.yaml:2: {hint}"


def test_targets_lists_the_catalog_with_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mappings", "targets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (tempo,) = [line for line in lines if line.startswith("tempo ")]
    assert "40 to 240 BPM" in tempo
    assert main(["mappings", "targets", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["targets"]
    assert len(rows) == len(lines)
    assert {"target": "play", "title": "start, stop", "range": "switch",
            "effect": "on: the band plays; off: it stops"} in rows  # fmt: skip


def test_check_of_two_files_tells_of_both_and_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("bindings: 3", encoding="utf-8")
    assert main(["mappings", "check", str(wrong), str(put(tmp_path / "good.yaml"))]) == 2
    out = capsys.readouterr().out
    assert f"{wrong}:1: " in out
    assert "nothing wrong" in out


def test_a_file_that_is_not_there_gets_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["mappings", "check", "generic-keybord"]) == 2
    assert "'generic-keyboard'" in capsys.readouterr().err


def test_list_shows_mine_first_and_what_is_wrong_with_it(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(mine / "my-knobs.yaml")
    (mine / "torn.yaml").write_text("bindings: [", encoding="utf-8")
    assert main(["mappings", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["mappings"]
    assert [row["name"] for row in rows][:2] == ["my-knobs", "torn"]
    assert rows[0]["match"] == ["Some Port"]
    assert "torn.yaml:1: " in rows[1]["error"]


def test_show_names_each_control_and_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mappings", "show", "akai-mpk-mini-mk3"]) == 0
    out = capsys.readouterr().out
    assert "note 36 (C2) ch 10" in out
    assert "takeover pickup" in out


# --- by the input's name ------------------------------------------------------------------


def test_a_port_gets_the_shipped_mapping_that_matches_its_name(mine: Path) -> None:
    path, text = choose("", "MPK mini 3:MPK mini 3 MIDI 1 20:0")
    assert path is not None
    assert path.stem == "akai-mpk-mini-mk3"
    assert "akai-mpk-mini-mk3" in text


def test_the_users_own_mapping_comes_before_the_shipped_one(mine: Path) -> None:
    put(mine / "my-mpk.yaml", match="mpk MINI 3")
    assert choose("", "MPK mini 3")[0] == mine / "my-mpk.yaml"


def test_two_that_match_are_asked_about_and_neither_is_taken(mine: Path) -> None:
    put(mine / "a.yaml")
    put(mine / "b.yaml")
    path, text = choose("", "Some Port 1")
    assert path is None
    assert "a and b both match Some Port 1" in text
    assert "--mapping" in text


def test_a_broken_file_of_the_users_keeps_no_other_from_being_found(mine: Path) -> None:
    (mine / "torn.yaml").write_text("bindings: [", encoding="utf-8")
    assert choose("", "MPK mini 3")[0] is not None


def test_a_port_that_nothing_matches_gets_none(mine: Path) -> None:
    assert choose("", "Latent Bridge In") == (None, "")


def test_a_mapping_that_was_asked_for_is_taken_whatever_the_port(mine: Path) -> None:
    put(mine / "my-knobs.yaml")
    assert choose("my-knobs", "MPK mini 3") == (mine / "my-knobs.yaml", "")
    with pytest.raises(NameUnknown):
        choose("my-nobs", "MPK mini 3")


# --- edited while it plays ----------------------------------------------------------------


class Heard:
    """What a watch said."""

    def __init__(self) -> None:
        self.bindings: list[tuple[Binding, ...]] = []
        self.lines: list[str] = []

    def changed(self, bindings: tuple[Binding, ...], text: str) -> None:
        self.bindings.append(bindings)
        self.lines.append(text)


def watched(path: Path) -> tuple[MappingWatch, Heard]:
    heard = Heard()
    return MappingWatch(path, heard.changed, heard.lines.append), heard


def edit(path: Path, text: str, second: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def test_an_edited_file_is_read_again_once(tmp_path: Path) -> None:
    path = put(tmp_path / "m.yaml")
    watch, heard = watched(path)
    watch.look()
    edit(path, GOOD.format(match="x", cc=2), 1000)
    for _ in range(4):
        watch.look()
    assert [[b.number for b in bindings] for bindings in heard.bindings] == [[2]]
    assert heard.lines == ["m.yaml read again: 1 controls"]


def test_a_broken_edit_keeps_the_old_mapping_and_says_why(tmp_path: Path) -> None:
    path = put(tmp_path / "m.yaml")
    watch, heard = watched(path)
    edit(path, "bindings:\n  - {cc: 1, target: swinng}\n", 1000)
    watch.look()
    watch.look()
    assert heard.bindings == []
    assert "m.yaml:2: no target named 'swinng': did you mean 'swing'" in heard.lines[0]
    edit(path, GOOD.format(match="x", cc=3), 2000)
    watch.look()
    watch.look()
    assert len(heard.bindings) == 1


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path = put(tmp_path / "m.yaml")
    watch, heard = watched(path)
    edit(path, "", 1000)
    watch.look()
    edit(path, GOOD.format(match="x", cc=4), 1001)
    watch.look()
    watch.look()
    assert heard.lines == ["m.yaml read again: 1 controls"]


def test_a_file_that_goes_away_keeps_the_old_mapping(tmp_path: Path) -> None:
    path = put(tmp_path / "m.yaml")
    watch, heard = watched(path)
    path.unlink()
    watch.look()
    watch.look()
    assert heard.bindings == []
    assert "m.yaml" in heard.lines[0]
    assert heard.lines[0].endswith("(the mapping stays as it was)")


def test_a_broken_edit_is_told_with_its_reason_where_a_small_screen_shows_it(
    tmp_path: Path,
) -> None:
    path = put(tmp_path / "m.yaml")
    watch, heard = watched(path)
    edit(path, GOOD.format(match="x", cc=4).replace("swing", "swinng"), 1000)
    watch.look()
    watch.look()
    assert heard.bindings == []
    assert re.match(r"m\.yaml:\d+: .{0,30}'swinng'", heard.lines[0]), heard.lines[0]


def test_the_tables_of_a_page_are_written_again_and_its_other_text_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before {BEGIN}\nold\n{END} after\n", encoding="utf-8")
    assert main(["mappings", "targets", "--markdown", str(page)]) == 0
    assert page.read_text(encoding="utf-8") == f"before {BEGIN}\n{tables()}\n{END} after\n"


def test_a_page_without_places_for_the_tables_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("another page", encoding="utf-8")
    assert main(["mappings", "targets", "--markdown", str(page)]) == 2
    assert f"{page}: the page has no lines" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "another page"
