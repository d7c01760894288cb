"""``latent-bridge models import`` and ``available``: Magenta's checkpoints as our models."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from bridge.cli.shared.options import JSON, LIBRARY
from bridge.errors import BridgeError, ExtraMissing, OutputError
from bridge.model import library
from bridge.model.importing import archive, download, published
from bridge.model.importing.folder import Origin, check_name, checksums, write_folder
from bridge.model.importing.reader import files_of, read_checkpoint, stem
from bridge.model.musicvae.checkpoint import Checkpoint


@click.command("available")
@JSON
def available(as_json: bool) -> None:
    """List the checkpoints that Magenta publishes: names to import, kinds, sizes, addresses."""
    rows = [
        {"name": p.name, "kind": p.kind, "about": p.about, "megabytes": p.megabytes, "url": p.url}
        for p in published.PUBLISHED
    ]
    if as_json:
        click.echo(json.dumps({"available": rows}))
        return
    width = max(len(p.name) for p in published.PUBLISHED)
    for p in published.PUBLISHED:
        size = f"{p.megabytes:7.1f} MB" if p.megabytes else "    ? MB  "
        click.echo(f"{p.name:<{width}}  {p.kind:<10}  {size}  {p.about}")
        click.echo(f"  {p.url}")
    click.echo("\nlatent-bridge models import NAME fetches one. Sizes are those of Magenta's list.")


@click.command("import")
@click.argument("source")
@click.option("--name", help="Name of the model in the library. [default: the source's]")
@click.option("--replace", is_flag=True, help="Replace an imported model of that name.")
@LIBRARY
@JSON
def import_model(
    source: str, name: str | None, replace: bool, folder: Path | None, as_json: bool
) -> None:
    """Make a model of a MusicVAE checkpoint.

    SOURCE is a published name (see `models available`), an http(s) address, a folder in the
    form of magenta.js or deeplearn.js, a TensorFlow checkpoint (.index), or a .tar or .zip of
    one of these.
    """
    place = folder or library.library_paths()[0]
    if download.is_url(source) or not _is_local(source):
        made, checkpoint = _from_network(source, name, place, replace)
    else:
        made, checkpoint = _from_disk(Path(source), name, place, replace)
    spec = library.read_spec(made)
    can = library.abilities(spec)
    if as_json:
        row = {"name": spec.name, "folder": str(made), "kind": spec.kind, "can": can}
        click.echo(json.dumps({**row, "bars": spec.bars, "missing": list(checkpoint.missing)}))
        return
    click.echo(f"{spec.name}  {spec.title}")
    click.echo(f"  {made}")
    click.echo(f"  it can: {', '.join(can)}")
    if checkpoint.missing:
        count = len(checkpoint.missing)
        click.echo(f"  without an encoder: {count} of its tensors are missing from the checkpoint")


def _is_local(source: str) -> bool:
    """True for a path: it exists, holds a slash, or is the prefix of a TensorFlow checkpoint."""
    path = Path(source).expanduser()
    index = path.with_name(f"{path.name}.index") if path.name else path
    return path.exists() or index.exists() or bool(re.search(r"[/\\]", source))


def _from_disk(
    source: Path, name: str | None, place: Path, replace: bool
) -> tuple[Path, Checkpoint]:
    source = source.expanduser()
    name = name or stem(source.resolve().name)
    check_name(name, place, replace=replace)  # before any work
    checkpoint = read_checkpoint(source, name)
    origin = Origin(str(source.resolve()), files=checksums(files_of(source)))
    return write_folder(checkpoint, origin, place, replace=replace), checkpoint


def _from_network(
    source: str, name: str | None, place: Path, replace: bool
) -> tuple[Path, Checkpoint]:
    one = None if download.is_url(source) else published.find(source)
    url = one.url if one else source
    name = name or stem(one.name if one else download.last_name(url))
    check_name(name, place, replace=replace)
    cache = download.cache_folder(url)
    try:
        with _Progress() as progress:
            got, addresses = download.fetch_checkpoint(url, cache, progress)
        files = checksums([(cache / file) for file in addresses])
        found = {addresses[file]: checksum for file, checksum in files.items()}
        download.check_pins(place, found)
        checkpoint = read_checkpoint(got, name)
        licence = published.LICENCE if published.is_magenta_url(url) else Origin("").licence
        origin = Origin(url, licence, one.about if one else "", files)
        made = write_folder(checkpoint, origin, place, replace=replace)
        download.write_pins(place, found)
    except (download.InterruptedDownloadError, OutputError, ExtraMissing):
        raise  # the files so far serve the next attempt
    except BridgeError:
        archive.remove(cache)  # the next attempt would fail as well
        raise
    archive.remove(cache)
    return made, checkpoint


class _Progress:
    """Progress of a download on stderr: redrawn on a terminal, else a line for each file."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = ""

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live and self._last:
            click.echo(err=True)

    def __call__(self, name: str, done: int, total: int) -> None:
        if not self._live:
            if name != self._last:
                click.echo(f"fetching {name}" + (f" ({_mb(total)})" if total else ""), err=True)
            self._last = name
            return
        share = done / total if total else 0.0
        bar = f"[{'#' * int(share * 24):<24}] " if total else ""
        line = f"{name[:32]:<32} {bar}{_mb(done)}" + (f" of {_mb(total)}" if total else "")
        if self._last and self._last != name:
            click.echo(err=True)
        click.echo(f"\r{line:<78}", nl=False, err=True)
        self._last = name


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size:,} bytes"
