"""What was chosen on the screen, in a file of the program's own beside the settings.

``chosen.yaml`` has the form of the settings file and wins over it; the command line wins over
both. The settings file stays as its owner wrote it. Deleting ``chosen.yaml`` forgets all choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bridge.system.strict_yaml import read_yaml_as, write_yaml

CHOSEN_FILE: Final = "chosen.yaml"


def chosen_path(settings: Path) -> Path:
    """The file of choices that belongs to a settings file."""
    usual = settings.name == "settings.yaml"
    return settings.with_name(CHOSEN_FILE if usual else f"{settings.stem}.{CHOSEN_FILE}")


def read_chosen(path: Path) -> dict[str, Any]:
    """The choices as plain data; empty where nothing was chosen yet. ConfigError for what is no
    mapping."""
    return read_yaml_as(path, dict[str, Any]) if path.exists() and path.stat().st_size else {}


def with_choice(content: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Plain data with the value at ``key``, a way of names parted by dots."""
    first, _, rest = key.partition(".")
    inner = content.get(first)
    inside = inner if isinstance(inner, Mapping) else {}
    return {**content, first: with_choice(inside, rest, value) if rest else value}


def choose(path: Path, key: str, value: Any) -> None:
    """Add a choice to the file, whole or not at all. OutputError where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_yaml(path, with_choice(read_chosen(path), key, value))


def laid_over(under: Any, over: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping ``over`` on plain data: its values win, also within mappings."""
    out: dict[str, Any] = dict(under) if isinstance(under, Mapping) else {}
    for key, value in over.items():
        out[key] = laid_over(out.get(key), value) if isinstance(value, Mapping) else value
    return out
