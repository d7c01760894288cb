"""The one writer: whole or not at all, through links, into pipes and devices, and its one line."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import OutputError
from bridge.system import atomic_write
from bridge.system.atomic_write import REASONS, cannot_write, write_whole

OLD, NEW = b"old" * 9, b"the new content" * 999
posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes of POSIX")
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
plain_user = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user"
)


def mode_of(path: Path) -> int:
    """The mode bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def limit() -> Iterator[None]:
    """Files of this process may have 1000 bytes: a fault in the middle of writing."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_new_file_has_its_content_its_folders_and_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "new.mid"
    write_whole(path, NEW)
    (tmp_path / "usual").touch()
    assert path.read_bytes() == NEW
    assert mode_of(path) == mode_of(tmp_path / "usual")
    assert os.listdir(path.parent) == ["new.mid"]


@posix
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(mode=st.integers(0, 0o7777))
def test_an_existing_file_keeps_its_mode_whatever_it_is(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kept.mid"
    path.unlink(missing_ok=True)
    path.write_bytes(OLD)
    path.chmod(mode)
    mode = mode_of(path)  # what the disk took of it
    write_whole(path, NEW)
    assert mode_of(path) == mode
    path.chmod(0o600)
    assert path.read_bytes() == NEW


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_an_existing_file_keeps_its_owner_where_that_is_permitted(tmp_path: Path) -> None:
    path = tmp_path / "theirs.mid"
    path.write_bytes(OLD)
    os.chown(path, 1234, 5678)
    path.chmod(0o4750)
    write_whole(path, NEW)
    found = path.stat()
    assert (found.st_uid, found.st_gid, mode_of(path)) == (1234, 5678, 0o4750)


@posix
def test_a_file_whose_owner_cannot_be_kept_loses_the_bits_that_belong_to_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "theirs.mid"
    path.write_bytes(OLD)
    path.chmod(0o4750)
    there = os.stat_result((*path.stat()[:4], path.stat().st_uid + 1, *path.stat()[5:]))

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    atomic_write._keep_mode(path, there)
    assert mode_of(path) == 0o750


@posix
@pytest.mark.parametrize("far", [False, True], ids=["beside", "in another folder"])
def test_a_link_stays_a_link_and_its_target_gets_the_content(tmp_path: Path, far: bool) -> None:
    target = tmp_path / ("far" if far else ".") / "target.mid"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(OLD)
    middle, link = tmp_path / "middle.mid", tmp_path / "link.mid"
    middle.symlink_to(target.relative_to(tmp_path))
    link.symlink_to("middle.mid")
    write_whole(link, NEW)
    assert link.is_symlink()
    assert middle.is_symlink()
    assert target.read_bytes() == NEW


@posix
def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path: Path) -> None:
    link = tmp_path / "link.mid"
    link.symlink_to("target.mid")
    write_whole(link, NEW)
    assert link.is_symlink()
    assert (tmp_path / "target.mid").read_bytes() == NEW


@posix
def test_a_link_into_a_folder_that_is_missing_is_told_and_no_folder_is_made(tmp_path: Path) -> None:
    link = tmp_path / "link.mid"
    link.symlink_to("absent disk/target.mid")
    with pytest.raises(OutputError, match="There is no such folder"):
        write_whole(link, NEW)
    assert not (tmp_path / "absent disk").exists()


@posix
def test_links_in_a_circle_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.mid").symlink_to("b.mid")
    (tmp_path / "b.mid").symlink_to("a.mid")
    with pytest.raises(OutputError, match="The links lead in a circle"):
        write_whole(tmp_path / "a.mid", NEW)


@posix
def test_a_fifo_stays_one_and_its_reader_gets_the_content(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.mid"
    os.mkfifo(fifo)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(fifo.read_bytes()), daemon=True)
    reader.start()
    write_whole(fifo, NEW)
    reader.join(30)
    assert heard == [NEW]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@posix
def test_an_open_file_is_written_by_its_number(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    write_whole(Path(f"/dev/fd/{writing}"), b"to the pipe")
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        assert file.read() == b"to the pipe"


def test_a_device_stays_one(tmp_path: Path) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except (AttributeError, OSError):
        pytest.skip("this user makes no devices")
    try:
        write_whole(device, NEW)
    except OutputError:
        pytest.skip("devices do not work on this disk")
    assert stat.S_ISCHR(device.stat().st_mode)
    assert os.listdir(tmp_path) == ["null"]


@full
def test_a_full_disk_is_told_in_one_line_that_says_what_to_do() -> None:
    with pytest.raises(OutputError) as told:
        write_whole(Path("/dev/full"), NEW)
    why, advice = "No space left on the disk", "make room or choose another place"
    assert str(told.value) == f"/dev/full: cannot be written ({why}): {advice}"


@pytest.mark.parametrize("there", [True, False], ids=["over another file", "new"])
def test_a_fault_in_the_middle_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, limit: None, there: bool
) -> None:
    path = tmp_path / "big.mid"
    if there:
        path.write_bytes(OLD)
    with pytest.raises(OutputError, match="Larger than files may be there"):
        write_whole(path, NEW)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == ({path.name: OLD} if there
                                                                    else {})  # fmt: skip


def test_an_interruption_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "kept.mid"
    path.write_bytes(OLD)
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, NEW)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {path.name: OLD}


def refuse_new_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that takes no new file, also for a user to whom everything is permitted."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize("old", [OLD, NEW + NEW], ids=["shorter", "longer"])
def test_a_file_in_a_folder_that_takes_no_new_ones_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bytes
) -> None:
    path = tmp_path / "kept.mid"
    path.write_bytes(old)
    number = path.stat().st_ino
    refuse_new_files(monkeypatch)
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert path.stat().st_ino == number


def test_a_file_that_cannot_be_renamed_over_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that is mounted by itself, into a container."""

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    path = tmp_path / "mounted.yaml"
    path.write_bytes(OLD)
    monkeypatch.setattr(os, "replace", busy)
    write_whole(path, NEW)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {path.name: NEW}


def test_a_fault_in_place_puts_the_old_content_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: None
) -> None:
    path = tmp_path / "kept.mid"
    path.write_bytes(OLD)
    refuse_new_files(monkeypatch)
    with pytest.raises(OutputError, match="Larger than files may be there"):
        write_whole(path, NEW)
    assert path.read_bytes() == OLD


@plain_user
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Not permitted"):
        write_whole(tmp_path / "new.mid", NEW)
    tmp_path.chmod(0o700)


def test_the_longest_name_that_a_disk_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".mid")
    write_whole(path, NEW)
    assert path.read_bytes() == NEW
    with pytest.raises(OutputError, match=r"cannot be written \("):
        write_whole(tmp_path / ("n" * 252 + ".mid"), NEW)


@pytest.mark.parametrize(
    ("name", "said"),
    [(".", "It is a folder): name a file in it"), ("file/x.mid", "A part of the path is a file"),
     ("file/a/x.mid", "A part of the path is a file")],
)  # fmt: skip
def test_a_place_that_is_none_is_told(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(OutputError) as told:
        write_whole(tmp_path / name, NEW)
    assert said in str(told.value)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [*REASONS, errno.EIO], ids=errno.errorcode.get)
def test_every_error_of_the_system_is_one_line_with_advice(number: int) -> None:
    line = str(cannot_write(Path("out.mid"), OSError(number, os.strerror(number))))
    assert line.startswith("out.mid: cannot be written (")
    assert line.rpartition("): ")[2]
    assert "\n" not in line
