"""Detect the form of a checkpoint and read it: :func:`read_checkpoint`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bridge.errors import ModelError
from bridge.model.importing import archive, bundle, deeplearn, tfjs
from bridge.model.importing.config import read_config
from bridge.model.importing.published import config_of
from bridge.model.musicvae.checkpoint import Checkpoint

FORMS: Final[tuple[tuple[str, Callable[[Path, str], Checkpoint]], ...]] = (
    (tfjs.MANIFEST, tfjs.read),
    (deeplearn.MANIFEST, deeplearn.read),
)
"""(Manifest file that identifies the form, reader)."""
_LOOKED_FOR: Final = f"{tfjs.MANIFEST}, {deeplearn.MANIFEST} or one *.index"


def read_checkpoint(source: Path, name: str = "") -> Checkpoint:
    """Read a checkpoint from a folder, an archive, a TensorFlow prefix or one of its files.

    ``name`` is the result's name (default: the source's). ModelError for anything missing,
    damaged, unsafe or not a MusicVAE. Nothing in it is executed.
    """
    source = source.expanduser()
    name = name or stem(source.name)
    index = _index_of(source)
    if index is not None:
        return _tensorflow(index, name)
    if source.is_dir():
        return _folder(source, name, source)
    if not source.is_file():
        raise ModelError(
            f"there is no {source}: give a folder, an archive, a URL or a published name"
        )
    if source.name in {form for form, _ in FORMS} | {tfjs.CONFIG, deeplearn.CONVERTER}:
        return _folder(source.parent, name, source)
    if not archive.is_archive(source.name):
        raise ModelError(
            f"{source} is no checkpoint that is known: give a folder, or one of "
            f"{', '.join(archive.SUFFIXES)}, .index"
        )
    with tempfile.TemporaryDirectory(prefix="latent-bridge-") as scratch:
        archive.unpack(source, Path(scratch))
        return _folder(Path(scratch), name, source)


def files_of(source: Path) -> list[Path]:
    """The existing files of a source's checkpoint, for their checksums."""
    index = _index_of(source)
    if index is not None:
        config = index.parent / tfjs.CONFIG
        return [*([config] if config.is_file() else []), index, *bundle.data_files(index)]
    folder = source if source.is_dir() else source.parent
    for form, names in (
        (tfjs.MANIFEST, tfjs.file_names),
        (deeplearn.MANIFEST, deeplearn.file_names),
    ):
        if not archive.is_archive(source.name) and (folder / form).is_file():
            return [path for file in names(folder) if (path := folder / file).is_file()]
    if source.is_dir() and (found := sorted(source.glob(f"*{bundle.INDEX}"))):
        return files_of(found[0])
    return [source] if source.is_file() else []


def _folder(folder: Path, name: str, source: Path) -> Checkpoint:
    """The only checkpoint in a folder or its subfolders. ModelError for none or several."""
    for manifest, read in FORMS:
        found = _found(folder, manifest, source)
        if found:
            return read(found[0].parent, name)
    indices = _found(folder, f"*{bundle.INDEX}", source)
    if indices:
        return _tensorflow(indices[0], name)
    raise ModelError(f"{source} holds no checkpoint: there is no {_LOOKED_FOR}")


def _found(folder: Path, pattern: str, source: Path) -> list[Path]:
    found = sorted(folder.glob(pattern)) or sorted(folder.rglob(pattern))
    if len(found) > 1:
        names = ", ".join(str(path.relative_to(folder)) for path in found[:4])
        raise ModelError(f"{source} holds several checkpoints: give one of {names}")
    return found


def _index_of(source: Path) -> Path | None:
    """The index of a TensorFlow checkpoint, from the index, the prefix or a data file."""
    if source.is_dir():
        return None
    stem = source.name.removesuffix(bundle.INDEX)
    if ".data-" in stem and "-of-" in stem:
        stem = stem.rpartition(".data-")[0]
    index = source.with_name(stem + bundle.INDEX)
    return index if index.is_file() else None


def _tensorflow(index: Path, name: str) -> Checkpoint:
    """Read a TensorFlow checkpoint. Its files do not name the data converter, so this comes from
    a ``config.json`` beside them or from the checkpoint's name."""
    beside = index.parent / tfjs.CONFIG
    if beside.is_file():
        config = read_config(beside)
    else:
        config = config_of(index.name) or config_of(name) or {}
    if not config:
        raise ModelError(
            f"{index} does not name its data converter: name it after Magenta's "
            f"configuration (cat-mel_2bar_big, ...), or put a {tfjs.CONFIG} beside it"
        )
    return replace(Checkpoint(name, config, {}), tensors=bundle.read_tensors(index))


def stem(name: str) -> str:
    """A source's file name without the suffixes of archives and checkpoints."""
    for suffix in (*archive.SUFFIXES, bundle.INDEX, ".ckpt"):
        name = name.removesuffix(suffix)
    return name
