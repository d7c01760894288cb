"""Form files: strict, with lines and nearest names; circles; the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import ConfigError, NameUnknown
from bridge.files import forms
from bridge.files.forms import find_form, read_form
from bridge.model import library
from bridge.music.notes import Part
from bridge.music.song_form import lay_out
from bridge.system.resources import shipped_folder

SHIPPED = sorted(shipped_folder("forms").glob("*.yaml"))
FIBONACCI = {1, 2, 3, 5, 8, 13, 21, 34}
GOOD = """\
tempo: [90, 100]
keys: [A minor]
sections:
  verse: {bars: 8, chords: Am F C G, knobs: {density: -0.5}, parts: [drums, bass]}
  chorus: {like: verse, bars: 16, style: rock, fill: true}
groups:
  pair: [verse, chorus]
  all: [pair, pair]
order: [all, verse]
enter: {bass: 5}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_form_is_read_with_its_groups_opened_and_likenesses_filled_in(tmp_path: Path) -> None:
    form = read_form(written(tmp_path, GOOD))
    assert form.name == "mine"
    assert form.order == ("verse", "chorus", "verse", "chorus", "verse")
    verse, chorus = form.sections["verse"], form.sections["chorus"]
    assert verse.parts == (Part.DRUMS, Part.BASS)
    assert verse.chords == ("Am", "F", "C", "G")
    assert (chorus.bars, chorus.style, chorus.fill) == (16, "rock", True)
    assert (chorus.parts, chorus.chords, chorus.knobs) == (verse.parts, verse.chords, verse.knobs)
    assert chorus.anchor == "verse", "what is like another lies at its place"
    assert form.enter == {Part.BASS: 5}
    assert form.tempo == (90.0, 100.0)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("bars: 16", "bar: 16", "5: unknown key 'bar': did you mean 'bars'?"),
        ("like: verse", "like: vers", "5: no section named 'vers': did you mean 'verse'?"),
        ("[all, verse]", "[all, versus]", "9: no section named 'versus'"),
        ("[all, verse]", "[]", "9: the order is empty"),
        ("Am F C G", "Am F Q G", "4: 'Q' is not a chord name"),
        ("[drums, bass]", "[drums, base]", "4: no part named 'base': did you mean 'bass'?"),
        ("density: -0.5", "density: -5", "4: .*Expected `?float`? >= -1"),
        ("keys: [A minor]", "keys: [H minor]", "2: no key named 'H minor'"),
        ("[90, 100]", "[100, 90]", "1: tempo: give BPM within 30 to 300, the lower first"),
        ("[90, 100]", "20", "1: tempo: give BPM"),
        ("pair: [verse, chorus]", "pair: [verse, all]", "8: 'pair' leads back to itself"),
        ("bars: 8", "like: chorus", "leads back to itself .verse -> chorus -> verse."),
        ("bars: 8", "like: verse", "4: 'verse' leads back to itself .verse -> verse."),
        ("all: [pair", "verse: [pair", "8: 'verse' is a section already"),
        ("enter: {bass: 5}", "enter: {brass: 5}", "10: no part named 'brass'"),
        ("enter: {bass: 5}", "choose: {density: [0.5, 0.1]}", "10: 'density' goes down"),
        ("enter: {bass: 5}", "lengths: fibonaci", "10: lengths: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_place(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=says) as caught:
        read_form(path)
    assert str(caught.value).startswith(f"{path}:")
    assert "\n" not in str(caught.value)


def test_a_circle_of_groups_shows_its_way(tmp_path: Path) -> None:
    text = "sections: {a: {}}\norder: [x]\ngroups:\n  x: [a, y]\n  y: [z]\n  z: [x]\n"
    with pytest.raises(ConfigError, match=r"x -> y -> z -> x\): break the circle"):
        read_form(written(tmp_path, text))


def test_a_circle_that_nobody_goes_into_is_told_too(tmp_path: Path) -> None:
    text = "sections: {a: {}}\norder: [a]\ngroups:\n  x: [y]\n  y: [x]\n"
    with pytest.raises(ConfigError, match=":5: 'x' leads back to itself"):
        read_form(written(tmp_path, text))


def test_groups_that_grow_without_bound_are_stopped(tmp_path: Path) -> None:
    groups = "".join(f"  g{n}: [g{n - 1}, g{n - 1}, g{n - 1}]\n" for n in range(1, 30))
    text = f"sections: {{a: {{}}}}\norder: [g29]\ngroups:\n  g0: [a]\n{groups}"
    with pytest.raises(ConfigError, match="more than 200 sections"):
        read_form(written(tmp_path, text))


def test_a_form_is_found_by_name_and_by_path(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(forms, "user_folder", lambda: tmp_path)
    assert find_form("song").name == "song.yaml"
    assert find_form(str(written(tmp_path, GOOD))) == tmp_path / "mine.yaml"
    assert find_form("mine") == tmp_path / "mine.yaml"
    with pytest.raises(NameUnknown, match="did you mean 'song'"):
        find_form("sonng")


def test_the_four_forms_ship() -> None:
    assert [p.stem for p in SHIPPED] == ["arc", "fibonacci", "jungle", "song"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_form_is_read_and_names_what_the_shipped_model_knows(path: Path) -> None:
    form = read_form(path)
    folder = library.find("trio-4bar")
    spec = library.read_spec(folder)
    styles = library.read_presets(folder, spec)
    knobs = library.read_directions(folder, spec).names
    assert form.style in styles
    assert form.about
    for section in form.sections.values():
        assert section.style in {"", *styles}
        assert set(section.knobs) <= set(knobs)
    assert set(form.choices) <= set(knobs)
    assert len(lay_out(form).sections) >= 6


@pytest.mark.parametrize("name", ["fibonacci", "jungle"])
def test_entries_and_lengths_of_fibonacci_forms_are_his_numbers(name: str) -> None:
    form = read_form(find_form(name))
    assert set(form.enter.values()) <= FIBONACCI
    assert {s.bars for s in lay_out(form).sections} <= FIBONACCI
    if name == "jungle":
        assert form.tempo == (160.0, 180.0)
        assert len(form.keys) > 1
        assert "density" in form.choices
