"""Write a checkpoint as a model folder: graphs, ``model.yaml``, origin, and a card.

The folder is completed under a hidden name that the library ignores, and then renamed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bridge import __version__
from bridge.errors import ModelError
from bridge.model import library
from bridge.model.contract import ExtraSpec, GraphSpec, ModelSpec
from bridge.model.importing.files import is_plain
from bridge.model.musicvae.checkpoint import Checkpoint
from bridge.system.atomic_write import cannot_write
from bridge.system.strict_yaml import write_yaml

SOURCE_FILE: Final = "source.json"
CONFIG_FILE: Final = "config.json"
CARD_FILE: Final = "CARD.md"
ONE_BAR_KIND: Final = "multitrack"
"""Kind of model whose window is one bar with any number of steps."""


@dataclass(frozen=True)
class Origin:
    """The origin of a checkpoint: its URL or path, its licence, and its files.

    ``files`` maps names to ``size`` in bytes and ``sha256`` in hex.
    """

    address: str
    licence: str = "not stated by its files: see where it is from"
    about: str = ""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def checksums(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """Size in bytes and sha256 (hex) of each file, by name."""
    found = {}
    for path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found[path.name] = {"size": path.stat().st_size, "sha256": digest}
    return found


def check_name(name: str, place: Path, *, replace: bool = False) -> None:
    """ModelError for a name that is invalid for a folder or used by another model."""
    if not is_plain(name) or name.startswith(".") or name != name.strip() or len(name) > 100:
        raise ModelError(f"{name!r} cannot be a model's name: choose letters, digits, - and _")
    target = place / name
    if target.exists() or target.is_symlink():
        if replace and (target / SOURCE_FILE).is_file():
            return
        what = "was not imported, so it is not replaced" if replace else "is there already"
        advice = "choose another --name" + ("" if replace else ", or --replace it")
        raise ModelError(f"the model {name} {what} ({target}): {advice}")
    known = library.folders(place)
    if name in known:
        raise ModelError(f"a model {name} is there already ({known[name]}): choose another --name")


def write_folder(
    checkpoint: Checkpoint, origin: Origin, place: Path, *, replace: bool = False
) -> Path:
    """Build the graphs and write the model folder into the library ``place``; returns its path.

    ModelError for tensors or sizes that do not form a MusicVAE, for a name in use and for graphs
    that do not run; OutputError where ``place`` cannot be written. On failure nothing is left.
    """
    from bridge.model.answering.answer import decode_windows
    from bridge.model.codec import OnnxCodec

    check_name(checkpoint.name, place, replace=replace)
    with _temporary_folder(place) as part:
        spec = _write(part, checkpoint, origin)
        codec = OnnxCodec(part)
        zeros = np.zeros((1, spec.latent), np.float32)
        controls = np.zeros((1, spec.steps, spec.controls), np.float32) if spec.controls else None
        decode_windows(codec, zeros, controls=controls)  # it runs and gives the declared shape
        _move_into_place(part, place / checkpoint.name)
    return place / checkpoint.name


def spec_of(checkpoint: Checkpoint, origin: Origin) -> tuple[ModelSpec, dict[str, bytes]]:
    """The ``model.yaml`` of a checkpoint, and the content of each graph by name."""
    from bridge.model.musicvae.graphs import KINDS, build, ports_of

    family, graphs = build(checkpoint)
    kind = KINDS[family.converter]
    args = checkpoint.config["dataConverter"]["args"]
    steps = int(args["numSteps"])
    bars = 1 if kind == ONE_BAR_KIND else steps // 16
    if not bars or (steps % 16 and kind != ONE_BAR_KIND):
        raise ModelError(f"the model has {steps} steps, which is not a whole number of bars of 16")
    ports = ports_of(family)
    spec = ModelSpec(
        name=checkpoint.name,
        kind=kind,
        title=_title(kind, bars, origin),
        licence=origin.licence,
        bars=bars,
        steps_per_bar=family.steps // bars,
        latent=family.latent,
        tracks={t.name: t.depth if kind == "groove" else t.classes for t in family.tracks},
        graphs={
            name: GraphSpec(f"{name}.onnx", hashlib.sha256(content).hexdigest(), *ports[name])
            for name, content in graphs.items()
        },
        segments=family.segments,
        controls=family.controls,
        lowest_pitch=int(_lowest(args)),
        source=origin.address,
    )
    return spec, graphs


def _lowest(args: dict[str, Any]) -> int:
    voice = args.get("melArgs") or args
    lowest = voice.get("minPitch")
    return 21 if lowest is None else lowest


def _title(kind: str, bars: int, origin: Origin) -> str:
    length = f"{bars} bar{'s' if bars > 1 else ''}"
    return f"MusicVAE, {kind}, {length}" + (f": {origin.about}" if origin.about else "")


def _write(part: Path, checkpoint: Checkpoint, origin: Origin) -> ModelSpec:
    spec, graphs = spec_of(checkpoint, origin)
    for name, content in graphs.items():
        (part / spec.graphs[name].file).write_bytes(content)
    _json(part / CONFIG_FILE, dict(checkpoint.config))
    source = {"address": origin.address, "licence": origin.licence, "files": origin.files}
    _json(part / SOURCE_FILE, {**source, "missing": list(checkpoint.missing), "by": __version__})
    (part / CARD_FILE).write_text(_card(spec, checkpoint, origin), encoding="utf-8")
    extras = {
        Path(file).stem: ExtraSpec(file, checksums([part / file])[file]["sha256"])
        for file in (CONFIG_FILE, SOURCE_FILE)
    }
    spec = dataclasses.replace(spec, extras=extras)
    write_yaml(part / library.SPEC_FILE, dataclasses.asdict(spec))
    return spec


def _json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _card(spec: ModelSpec, checkpoint: Checkpoint, origin: Origin) -> str:
    """The model card in Markdown: title, origin, licence, abilities and sizes."""
    lines = [
        f"# {spec.name}",
        "",
        f"{spec.title}.",
        "",
        f"- From: {origin.address}",
        f"- Licence: {origin.licence}",
        f"- It can: {', '.join(library.abilities(spec))}",
        f"- Sizes: {spec.latent} numbers a code, {spec.steps} steps, {spec.segments} segments",
        f"- Imported by latent-bridge {__version__}; `{SOURCE_FILE}` has its files' checksums",
    ]
    if checkpoint.missing:
        lines.append(
            f"- Without its encoder, of which {len(checkpoint.missing)} tensors are missing"
        )
    return "\n".join(lines) + "\n"


@contextmanager
def _temporary_folder(place: Path) -> Iterator[Path]:
    """A temporary folder in ``place``, removed at the end unless it was renamed.

    ``place`` is created; it is removed again if it did not exist before and is empty.
    """
    there = place.is_dir()
    try:
        place.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".importing-", dir=place))
        part.chmod(0o755)  # mkdtemp's mode is for this user alone
    except OSError as exc:
        raise cannot_write(place, exc) from exc
    try:
        yield part
    except OSError as exc:
        raise cannot_write(place, exc) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if not there:
            with suppress(OSError):
                place.rmdir()


def _move_into_place(part: Path, target: Path) -> None:
    """Rename ``part`` to the target; an older folder is moved away first and removed last."""
    aside = part.with_name(f"{part.name}-old")
    if target.exists():
        os.rename(target, aside)
    try:
        os.rename(part, target)
    except OSError:
        if aside.exists():
            os.rename(aside, target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
