"""gallery: files and a page over them; what a model cannot do is left out; wrong names."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from bridge.cli.app import main
from bridge.model.fake import FakeTrio
from bridge.offline import gallery as exhibits
from bridge.offline.render.html_page import Card, page

pytest.importorskip("matplotlib", reason="the render extra is not installed")

FEW = ("sample", "pattern-fibo", "walk-prior")


class Links(HTMLParser):
    """What a page shows and plays, and its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.files: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.scripts += tag == "script"
        if tag in ("img", "audio"):
            self.sources.append(unquote(found["src"] or ""))
        if tag == "a" and "download" in found:
            self.files.append(unquote(found["href"] or ""))


def made(folder: Path, *more: str) -> int:
    only = [word for name in FEW for word in ("--only", name)]
    return main(["gallery", "-o", str(folder), "--model", "fake", *only, *more])


def test_the_page_shows_what_lies_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a gallery"
    assert made(folder, "--no-wav", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["examples"] == list(FEW)
    assert facts["left_out"] == {}
    links = Links()
    links.feed((folder / "index.html").read_text(encoding="utf-8"))
    assert links.sources == [f"{name}.png" for name in FEW]
    assert links.files == [f"{name}.mid" for name in FEW]
    assert links.scripts == 0
    expected = {"index.html", *links.sources, *links.files}
    assert {path.name for path in folder.iterdir()} == expected


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    assert made(tmp_path / "a", "--no-wav") == 0
    assert made(tmp_path / "b", "--no-wav") == 0
    assert made(tmp_path / "c", "--no-wav", "--seed", "2") == 0
    first, again, other = (
        [(tmp_path / f / f"{name}.mid").read_bytes() for name in FEW] for f in "abc"
    )
    assert first == again
    assert first != other


def test_what_the_model_is_not_able_to_is_left_out_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(FakeTrio, "prior", None)
    assert made(tmp_path, "--no-wav", "--only", "prior") == 0
    assert "left out  prior: " in capsys.readouterr().out
    assert not (tmp_path / "prior.mid").exists()


def test_stopped_early_what_is_there_is_whole_and_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exhibits, "fibo", stop)
    assert made(tmp_path, "--no-wav") == 130
    assert sorted(p.name for p in tmp_path.iterdir()) == ["index.html", "sample.mid", "sample.png"]
    assert "pattern-fibo" not in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "sampel"], "did you mean 'sample'"),
        ([], "name the folder to fill"),
        (["-o", "FILE"], "is a file: name a folder"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    given = [str(file) if a == "FILE" else a for a in arguments]
    if "--only" in given:
        given += ["-o", str(tmp_path / "new")]
    assert main(["gallery", *given]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_page_is_safe_whatever_its_texts_hold() -> None:
    text = page('<&">', "it's", [Card("a b", "<script>", "&", 'p"ic.png', "s nd.wav", "f.mid")])
    links = Links()
    links.feed(text)
    assert links.scripts == 0
    assert links.sources == ['p"ic.png', "s nd.wav"]


def test_every_example_has_a_name_of_its_own() -> None:
    names = [exhibit.name for exhibit in exhibits.EXHIBITS]
    assert len(set(names)) == len(names) >= 25
