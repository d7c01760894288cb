"""The folder of takes: which files are in it, their names, and the trash."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zlib import crc32

import platformdirs

from bridge.errors import BridgeError
from bridge.files.takes.take_file import free_path
from bridge.files.takes.take_names import SUFFIX, checked_name
from bridge.system.atomic_write import cannot_write

FOLDER: Final = "LATENT_BRIDGE_TAKES"
"""The environment variable that names another folder for takes."""
TRASH: Final = "Trash"


def takes_folder(chosen: str = "") -> Path:
    """The folder of takes: that of :data:`FOLDER`, else the ``chosen`` one, else ``Latent Bridge``
    in the user's music folder (XDG_MUSIC_DIR on Linux, Music on macOS and Windows)."""
    named = os.environ.get(FOLDER) or chosen
    if named:
        return Path(named).expanduser()
    return platformdirs.user_music_path() / "Latent Bridge"


class TakeFolder:
    """The takes in a folder, by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trash = folder / TRASH

    def files(self) -> list[Path]:
        """The files of takes, by name; none where there is no folder."""
        return sorted(self._in(self.folder))

    def deleted(self) -> list[Path]:
        """The files in the trash, in the order in which they were deleted."""
        return sorted(self._in(self.trash), key=lambda path: path.stat().st_mtime_ns)

    def stamp(self) -> str:
        """An identification of the takes in the folder: another one after each change of names."""
        names = "/".join(path.name for path in self.files())
        return f"{len(self.deleted())} {crc32(names.encode('utf-8', 'surrogateescape')):08x}"

    def rename(self, path: Path, name: str) -> Path:
        """Give a take another name. BridgeError where it is taken, or no name of a file."""
        name = checked_name(name)
        target = path.with_name(name + SUFFIX)
        if target.exists() and not _same(target, path):
            raise BridgeError(f"there is a take called {name!r}: choose another name")
        return _moved(path, target, path.rename)

    def delete(self, path: Path) -> Path:
        """Move a take to the trash; its path there."""

        def move(target: Path) -> Path:
            self.trash.mkdir(parents=True, exist_ok=True)
            os.utime(path)  # the trash is in the order of deletion
            return path.rename(target)

        return _moved(path, free_path(self.trash, path.stem), move)

    def undelete(self) -> Path:
        """Bring the take deleted last back; its path. BridgeError if the trash is empty."""
        deleted = self.deleted()
        if not deleted:
            raise BridgeError("nothing was deleted, so there is nothing to bring back")
        last = deleted[-1]
        return _moved(last, free_path(self.folder, last.stem), last.rename)

    def _in(self, folder: Path) -> list[Path]:
        try:
            return [path for path in folder.iterdir() if path.suffix == SUFFIX]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            why = exc.strerror or str(exc)
            raise BridgeError(f"{folder}: cannot be read ({why}): choose another --folder") from exc


def _same(one: Path, other: Path) -> bool:
    """True for one file under two names, as on disks that hold upper and lower case for equal."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _moved(path: Path, target: Path, move: Callable[[Path], object]) -> Path:
    try:
        move(target)
    except FileNotFoundError as exc:
        raise BridgeError(f"{path.stem}: the take is gone; list the takes again") from exc
    except OSError as exc:
        raise cannot_write(target, exc) from exc
    return target
