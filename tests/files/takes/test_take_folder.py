"""Files of takes: written, locked, named, deleted and brought back."""

from __future__ import annotations

import errno
import os
from datetime import datetime
from pathlib import Path

import pytest

from bridge.errors import BridgeError
from bridge.files.takes.journal import MAGIC, framed, frames
from bridge.files.takes.take_file import TakeFile
from bridge.files.takes.take_folder import FOLDER, TRASH, TakeFolder, takes_folder
from bridge.files.takes.take_names import (
    SUFFIX,
    begun_name,
    checked_name,
    clock_text,
    ended_name,
)

NIGHT = datetime(2026, 11, 29, 2, 30, 12)


def a_take(folder: Path, name: str) -> Path:
    file = TakeFile.begin(folder, name, framed(b"head"))
    return file.end(file.path.stem)


def test_a_name_has_date_style_and_length() -> None:
    begun = begun_name(NIGHT, "samba")
    assert begun == "2026-11-29 02.30.12 samba"
    assert ended_name(begun, 134.2) == "2026-11-29 02.30.12 samba 2m14s"
    assert ended_name(begun, 3734) == "2026-11-29 02.30.12 samba 1h02m14s"
    assert (clock_text(134.2), clock_text(3734)) == ("2:14", "1:02:14")


@pytest.mark.parametrize("style", ["", "a/b", "c:d*", "...", "x" * 300])
def test_any_style_gives_a_name_that_every_system_takes(style: str) -> None:
    name = begun_name(NIGHT, style)
    assert checked_name(ended_name(name, 0)) == ended_name(name, 0)
    assert not set(name) & set('/\\:*?"<>|')


@pytest.mark.parametrize(
    "name", ["", "  ", "7", "last", ".hidden", "a/b", "a\nb", "con", "NUL.x", "x" * 101, "dot."]
)
def test_a_name_that_is_none_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(BridgeError) as refused:
        checked_name(name)
    assert "\n" not in str(refused.value)


def test_a_write_that_stops_in_the_middle_is_cut_off_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TakeFile.begin(tmp_path, "take", framed(b"head"))
    real, left = os.write, [10]

    def full(handle: int, data: bytes) -> int:
        room = min(left[0], len(data))
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= room
        return real(handle, bytes(data[:room]))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            file.add(framed(b"the first try of a record"))
    assert file.path.stat().st_size == file.size
    file.add(framed(b"the second"))
    contents = [frame.content for frame in frames(file.path.read_bytes())]
    assert contents == [b"head", b"the second"]


def test_a_file_that_cannot_begin_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        TakeFile.begin(tmp_path, "take", b"")
    assert list(tmp_path.iterdir()) == []


def test_a_take_that_is_written_is_nobody_elses_to_end(tmp_path: Path) -> None:
    file = TakeFile.begin(tmp_path, "take", b"")
    assert TakeFile.resume(file.path) is None
    file.close()
    again = TakeFile.resume(file.path)
    assert again is not None
    assert again.size == len(MAGIC)
    again.close()


def test_two_takes_of_one_second_have_two_names(tmp_path: Path) -> None:
    paths = [a_take(tmp_path, "take") for _ in range(3)]
    assert [path.stem for path in paths] == ["take", "take 2", "take 3"]


def test_undelete_brings_the_takes_back_the_last_first(tmp_path: Path) -> None:
    folder = TakeFolder(tmp_path)
    for name in ("b", "a", "c"):
        a_take(tmp_path, name)
    for number, name in enumerate(("c", "a")):
        path = folder.delete(tmp_path / (name + SUFFIX))
        os.utime(path, ns=(number, number))  # the clock of a disk may be coarse
    assert [path.stem for path in folder.files()] == ["b"]
    assert [folder.undelete().stem for _ in range(2)] == ["a", "c"]
    with pytest.raises(BridgeError, match="nothing was deleted"):
        folder.undelete()


def test_a_deleted_take_never_replaces_another(tmp_path: Path) -> None:
    folder = TakeFolder(tmp_path)
    for _ in range(2):
        folder.delete(a_take(tmp_path, "take"))
    assert {path.stem for path in folder.deleted()} == {"take", "take 2"}
    a_take(tmp_path, "take 2")
    a_take(tmp_path, "take")
    assert {folder.undelete().stem for _ in range(2)} == {"take 3", "take 2 2"}


def test_a_rename_takes_no_other_takes_place(tmp_path: Path) -> None:
    folder = TakeFolder(tmp_path)
    first, second = a_take(tmp_path, "first"), a_take(tmp_path, "second")
    with pytest.raises(BridgeError, match="there is a take called"):
        folder.rename(first, "second")
    assert folder.rename(second, "Sunday blues").stem == "Sunday blues"
    with pytest.raises(BridgeError, match="gone"):
        folder.rename(second, "third")


def test_the_stamp_changes_with_the_names_and_the_trash(tmp_path: Path) -> None:
    folder = TakeFolder(tmp_path / "none yet")
    stamps = [folder.stamp()]
    path = a_take(folder.folder, "take")
    stamps.append(folder.stamp())
    path = folder.rename(path, "other")
    stamps.append(folder.stamp())
    folder.delete(path)
    stamps.append(folder.stamp())
    assert len(set(stamps)) == 4


def test_the_folder_is_the_one_chosen_else_in_the_music_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert takes_folder("/elsewhere") == tmp_path / ".takes"  # the environment stands above
    monkeypatch.delenv(FOLDER)
    assert takes_folder("/elsewhere") == Path("/elsewhere")
    assert takes_folder("~/jam") == Path.home() / "jam"
    assert takes_folder().name == "Latent Bridge"
    assert TakeFolder(tmp_path).trash == tmp_path / TRASH
