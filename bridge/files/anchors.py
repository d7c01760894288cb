"""The user's anchors: a YAML file for each model, since each has its own latent space."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs
from msgspec import Meta

from bridge.latent.anchors import MAX_NAME_LENGTH, Anchor, tidy_name
from bridge.system.strict_yaml import read_yaml_as, write_yaml

_Text = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]


class _AnchorLine(msgspec.Struct, frozen=True):
    name: _Text
    values: dict[str, Annotated[float, Meta(ge=-1, le=1)]] = {}
    code: tuple[float, ...] = ()


class _AnchorsFile(msgspec.Struct, frozen=True):
    anchors: tuple[_AnchorLine, ...] = ()


def anchors_path(model: str) -> Path:
    """The path of a model's anchors; the file need not exist."""
    return file_of("anchors", model)


def file_of(folder: str, model: str) -> Path:
    """The path of what the user keeps of one kind for a model, in a ``folder`` of its own beside
    the settings."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model).name).strip(".-") or "model"
    return Path(platformdirs.user_config_dir("latent-bridge")) / folder / f"{stem}.yaml"


def read_anchors(path: Path) -> tuple[Anchor, ...]:
    """The anchors of a file; none where it does not exist. ConfigError as ``file:line: ...``."""
    if not path.exists():
        return ()
    lines = read_yaml_as(path, _AnchorsFile).anchors
    named = {tidy_name(line.name): line for line in lines}
    return tuple(Anchor(name, line.values, line.code) for name, line in named.items() if name)


def write_anchors(path: Path, anchors: Sequence[Anchor]) -> None:
    """Replace the anchors in a file. OutputError where it cannot be written."""
    lines = [
        {"name": a.name, "values": dict(a.values)} | ({"code": list(a.code)} if a.code else {})
        for a in anchors
    ]
    write_yaml(path, {"anchors": lines})
