"""Every page and dialog, in four sizes and three themes, as it was kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("tools.screen.scenes", reason="the tools are not beside the tests")

from tools.screen import recording, scenes, snapshots

COLOUR = re.compile(r"[34]8;2;(\d+);(\d+);(\d+)")
"""A foreground or ground of true colour, as red, green and blue."""
GROUND = re.compile(r"48;2;(\d+);")
"""The red of a ground."""


@pytest.mark.parametrize("theme", scenes.THEMES)
@pytest.mark.parametrize("size", scenes.SIZES, ids=snapshots.size_text)
def test_every_page_and_dialog_is_drawn_as_it_was_kept(size: tuple[int, int], theme: str) -> None:
    wrong = snapshots.differences(recording.read(), size, theme)
    again = f"if they are as they should be: {snapshots.HOW} --size {snapshots.size_text(size)}"
    assert not wrong, "\n".join([*wrong, again])


def test_no_picture_is_kept_that_is_not_drawn_any_more() -> None:
    names = [scene.name for scene in scenes.SCENES]
    assert set(snapshots.digests()) == {
        f"{name} {snapshots.size_text(size)} {theme}"
        for name in names for size in scenes.SIZES for theme in scenes.THEMES
    }  # fmt: skip
    assert {path.name for path in snapshots.KEPT.glob("*.txt")} == {
        snapshots.text_path(name, size).name for name in names for size in scenes.SIZES
    }


def test_a_kept_text_has_the_rows_and_columns_of_its_size() -> None:
    for scene in scenes.SCENES:
        for size in scenes.SIZES:
            lines = snapshots.text_path(scene.name, size).read_text("utf-8").splitlines()
            assert len(lines) <= size[1], (scene, size)
            assert max(map(len, lines)) <= size[0], (scene, size)


def test_a_picture_that_differs_is_told_with_its_row_and_its_svg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(snapshots, "KEPT", kept)
    recorded = recording.read()
    snapshots.keep(recorded, (60, 20), "dark", ["start"])
    assert snapshots.differences(recorded, (60, 20), "dark", ["start"], tmp_path) == []
    path = snapshots.text_path("start", (60, 20))
    path.write_text(path.read_text("utf-8").replace("stopped", "stooped"), encoding="utf-8")
    (kept / "digests.json").write_text("{}")
    (line,) = snapshots.differences(recorded, (60, 20), "dark", ["start"], tmp_path)
    assert "start at 60x20, dark: row 1 was" in line
    assert str(tmp_path / "start-60x20-dark.svg") in line
    assert (tmp_path / "start-60x20-dark.svg").read_text("utf-8").startswith("<svg")


def test_under_no_color_all_is_grey_and_a_light_theme_has_a_light_ground() -> None:
    recorded = recording.read()
    (plain,) = scenes.draw(recorded, (60, 20), "no-color", ["start"]).values()
    (light,) = scenes.draw(recorded, (60, 20), "light", ["start"]).values()
    assert plain.text == light.text
    assert all(red == green == blue for red, green, blue in COLOUR.findall(plain.styled))
    assert not all(red == green == blue for red, green, blue in COLOUR.findall(light.styled))
    grounds = [int(red) for red in GROUND.findall(light.styled)]
    assert sum(red > 200 for red in grounds) > len(grounds) / 2
