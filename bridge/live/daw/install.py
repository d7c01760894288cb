"""Scripts that run inside a DAW: their text, their place, and the folder by which we ask them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from bridge.errors import NameUnknown
from bridge.system.atomic_write import write_whole

SCRIPTS: Final = Path(__file__).with_name("scripts")
SESSION: Final = "session"
"""The name of the folder by which a running session is asked for prints."""
EXCHANGE: Final = "@EXCHANGE@"
FOLDER: Final = "@FOLDER@"
ARDOUR_VERSIONS: Final = (7, 8, 9)
"""Major versions of Ardour, each with a folder of settings of its own."""


@dataclass(frozen=True, slots=True)
class DawScript:
    """A script for a DAW: its ``source`` in the package, the folders that the DAW looks for
    scripts in, the name of its file there, and what the player has to do once."""

    source: str
    folders: Callable[[], list[Path]]
    file: str
    then: str


def exchange_folder(name: str) -> Path:
    """The folder of requests to the script of a DAW, named in the script too."""
    return platformdirs.user_data_path("latent-bridge") / "daw" / name


def script_text(name: str, folder: Path) -> str:
    """The whole script of a DAW, for requests in ``folder``. NameUnknown for one without."""
    text = (SCRIPTS / script_of(name).source).read_text("utf-8")
    exchange = (SCRIPTS / "exchange.lua").read_text("utf-8")
    return text.replace(EXCHANGE, exchange.replace(FOLDER, lua_string(str(folder))))


def lua_string(text: str) -> str:
    """A text as a Lua literal, whatever is in it."""
    special = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\0": "\\0"}
    return '"' + "".join(special.get(letter, letter) for letter in text) + '"'


def script_of(name: str) -> DawScript:
    """The script for a DAW. NameUnknown for one that has none."""
    if name not in INSTALLED:
        raise NameUnknown("script for the DAW", name, INSTALLED)
    return INSTALLED[name]


def install(name: str) -> list[Path]:
    """Write the script of a DAW where the DAW looks for it; the files written. OutputError where
    that cannot be written."""
    script = script_of(name)
    folder = exchange_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    data = script_text(name, folder).encode("utf-8")
    written = [each / script.file for each in script.folders()]
    for path in written:
        write_whole(path, data)
    return written


def _ardour_folders() -> list[Path]:
    """The script folders of the versions that have settings here; else that of the oldest."""
    named = [_ardour_home(version) for version in ARDOUR_VERSIONS]
    return [home / "scripts" for home in named if home.is_dir()] or [named[0] / "scripts"]


def _ardour_home(version: int) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library/Preferences" / f"Ardour{version}"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / f"ardour{version}"
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return config / f"ardour{version}"


def _reaper_folders() -> list[Path]:
    if sys.platform == "darwin":
        home = Path.home() / "Library/Application Support/REAPER"
    elif sys.platform == "win32":
        home = Path(os.environ.get("APPDATA", Path.home())) / "REAPER"
    else:
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "REAPER"
    return [home / "Scripts"]


INSTALLED: Final[Mapping[str, DawScript]] = {
    "ardour": DawScript(
        "ardour.lua",
        _ardour_folders,
        "latent_bridge.lua",
        "in Ardour: Edit > Lua Scripts > Script Manager > Action Hooks > New Hook > "
        "Latent Bridge > Add",
    ),
    "reaper": DawScript(
        "reaper.lua",
        _reaper_folders,
        "latent_bridge.lua",
        "in Reaper: Actions > Show action list > New action > Load ReaScript > latent_bridge.lua, "
        "then run it (once a start of Reaper)",
    ),
}
