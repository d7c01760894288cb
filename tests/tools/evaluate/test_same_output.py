"""tools.evaluate.same_output on made-up checkouts, whose program writes one line."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from tools.evaluate import same_output

PROGRAM = """
import sys
from pathlib import Path
arguments = sys.argv[1:]
out = Path(arguments[arguments.index("-o") + 1])
TEXT = {text!r}
if TEXT is None:
    sys.exit("cannot do it")
out.write_text(TEXT + Path("tune.mid").read_bytes().hex())
"""


@pytest.fixture
def checkouts(tmp_path: Path) -> tuple[Path, Path, Path, Path]:
    """Two programs that write the same, one that writes something else, and one that fails."""
    folders = []
    for name, text in (("a", "same"), ("b", "same"), ("c", "else"), ("d", None)):
        package = tmp_path / name / "bridge"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(PROGRAM.format(text=text))
        folders.append(tmp_path / name)
    a, b, c, d = folders
    return a, b, c, d


def run(old: Path, new: Path, *more: str) -> int:
    return same_output.main([str(old), str(new), "--only", "sample", *more])


def test_the_same_bytes_are_told_and_end_with_0(
    checkouts: tuple[Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(checkouts[0], checkouts[1]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("sample: same (1 files, ")
    assert last == "1 of 1 the same"


def test_other_bytes_are_told_with_the_file_and_end_with_1(
    checkouts: tuple[Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(checkouts[0], checkouts[2]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "sample: different: sample.mid"


def test_a_program_that_fails_is_told_with_what_it_said(
    checkouts: tuple[Path, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(checkouts[0], checkouts[3]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "sample: the new one fails: cannot do it"


def test_a_case_brings_the_one_that_writes_its_input() -> None:
    assert [case.name for case in same_output.chosen(["decode"], False)] == ["encode", "decode"]
    assert "gallery" not in [case.name for case in same_output.chosen([], False)]
    assert "gallery" in [case.name for case in same_output.chosen([], True)]


def test_a_folder_without_the_program_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path, tmp_path)
    assert "is no checkout" in capsys.readouterr().err


def test_the_input_is_music_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        same_output.write_inputs(tmp_path / name)
    for file in ("tune.mid", "band.mid"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    song = mido.MidiFile(tmp_path / "a" / "band.mid")
    assert len(song.tracks) == 3
    for track in song.tracks:
        kinds = [message.type for message in track]
        assert kinds.count("note_on") == kinds.count("note_off") > 8
        assert all(message.time >= 0 for message in track)
