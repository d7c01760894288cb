"""``latent-bridge models``: lists, verifies, shows and imports models."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bridge.cli.models.importing import available, import_model
from bridge.cli.shared.file_types import INPUT_FILE
from bridge.cli.shared.options import JSON, LIBRARY
from bridge.errors import ModelError
from bridge.model import library

COMPARISON = ("codes", "steps", "steps_equal", "encode_difference")


@click.group(invoke_without_command=True)
@click.pass_context
def models(ctx: click.Context) -> None:
    """List the models, verify their files, show one in detail, import. Alone: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models, folder=None, as_json=False)


models.add_command(available)
models.add_command(import_model)


@models.command("list")
@LIBRARY
@JSON
def list_models(folder: Path | None, as_json: bool) -> None:
    """List name, title and folder of each model; a damaged one with its error."""
    rows = [_row(name, path) for name, path in library.folders(folder).items()]
    if as_json:
        click.echo(json.dumps({"models": rows}))
        return
    if not rows:
        click.echo(
            "no models: " + " and ".join(map(str, library.library_paths(folder))) + " hold none"
        )
    for row in rows:
        click.echo(f"{row['name']}  {row.get('title') or row['error']}")
        if "can" in row:
            metres = ", ".join(row["metres"])
            click.echo(f"  {row['kind']}, {row['bars']} bars, {metres}: {', '.join(row['can'])}")
        click.echo(f"  {row['folder']}")


def _row(name: str, path: Path) -> dict[str, Any]:
    try:
        spec = library.read_spec(path)
    except ModelError as exc:
        return {"name": name, "folder": str(path), "error": str(exc)}
    return {
        "name": name,
        "folder": str(path),
        "title": spec.title,
        "licence": spec.licence,
        "kind": spec.kind,
        "bars": spec.bars,
        "metres": list(spec.metres),
        "can": library.abilities(spec),
    }


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--reference",
    type=INPUT_FILE,
    help="A recording of codes and decoded steps to compare one model with.",
)
@LIBRARY
@JSON
def verify(
    names: tuple[str, ...], reference: Path | None, folder: Path | None, as_json: bool
) -> None:
    """Compare every file with its checksum; all models, or those named (or their folders).

    With --reference, one model also decodes the recording's codes, and the steps that are the
    same are counted. Exit code 2 when a file is missing or damaged, styles or directions do
    not fit, or a step differs.
    """
    if reference is not None and len(names) != 1:
        raise click.UsageError("--reference needs the name of one model")
    found = {name: library.find(name, folder) for name in names} or library.folders(folder)
    wrong: list[ModelError] = []
    rows: list[dict[str, Any]] = []
    for name, path in found.items():
        row: dict[str, Any] = {"name": name, "folder": str(path), "files": {}, "ok": True}
        try:
            spec = library.read_spec(path)
            row["files"] = dict(library.check(path, spec))
            library.verify(path, spec)
            library.read_presets(path, spec)
            library.read_directions(path, spec)
        except ModelError as exc:
            wrong.append(exc)
            row |= {"ok": False, "error": str(exc)}
        else:
            if reference is not None:
                row |= _compared(name, path, reference)
                wrong += [ModelError(row["error"])] if "error" in row else []
        rows.append(row)
    if as_json:
        held = {key: rows[0][key] for key in COMPARISON if rows and key in rows[0]}
        click.echo(json.dumps({"models": rows, **held}))
    else:
        _print_verified(rows)
    if wrong:
        raise wrong[0]


def _compared(name: str, path: Path, reference: Path) -> dict[str, Any]:
    """``codes``, ``steps`` and ``steps_equal`` of a model compared with a recording."""
    from bridge.model.codec import load_codec
    from bridge.model.reference import TOLERANCE, compare, read_reference

    held = compare(load_codec(path), read_reference(reference))
    row: dict[str, Any] = {"reference": str(reference), **asdict(held)}
    if not held.same:
        count = f"{held.steps - held.steps_equal} of {held.steps} steps"
        code = held.encode_difference
        encoded = f", and its codes by {code:.2g}" if code is not None and code > TOLERANCE else ""
        row |= {
            "ok": False,
            "error": f"{name} differs from {reference} at {count}{encoded}: import it again, and "
            "if it stays so, please report it",
        }
    return row


def _print_verified(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        state = "ok" if row["ok"] else "DIFFERS" if "steps" in row else "DAMAGED"
        click.echo(f"{row['name']}  {state}")
        for file, whole in row["files"].items():
            click.echo(f"  {'ok     ' if whole else 'DAMAGED'}  {file}")
        if "steps" in row:
            same = f"{row['steps_equal']} of {row['steps']} steps of {row['codes']} codes"
            click.echo(f"  {same} are the same as in {row['reference']}")
            if row["encode_difference"] is not None:
                click.echo(f"  encoded, it differs by {row['encode_difference']:.1g} at most")


@models.command()
@click.argument("name", default=library.DEFAULT)
@LIBRARY
@JSON
def show(name: str, folder: Path | None, as_json: bool) -> None:
    """Show a model in detail: window, widths, graphs, styles, directions, licence."""
    path = library.find(name, folder)
    spec = library.read_spec(path)
    styles = list(library.read_presets(path, spec))
    directions = list(library.read_directions(path, spec).names)
    facts: dict[str, Any] = {
        "name": spec.name,
        "title": spec.title,
        "licence": spec.licence,
        "folder": str(path),
        "kind": spec.kind,
        "can": library.abilities(spec),
        "bars": spec.bars,
        "latent": spec.latent,
        "style": spec.style,
        "common_key": spec.common_key,
        "graphs": {n: {"inputs": g.inputs, "outputs": g.outputs} for n, g in spec.graphs.items()},
        "styles": styles,
        "directions": directions,
    }
    if as_json:
        click.echo(json.dumps(facts))
        return
    for key in ("name", "title", "licence", "folder", "kind", "bars", "latent", "style"):
        click.echo(f"{key:<11} {facts[key]}")
    for name_, graph in facts["graphs"].items():
        click.echo(f"{name_:<11} {_ports(graph['inputs'])} -> {_ports(graph['outputs'])}")
    click.echo(f"{'styles':<11} {', '.join(styles)}")
    click.echo(f"{'directions':<11} {', '.join(directions)}")


def _ports(ports: dict[str, list[int | str]]) -> str:
    return ", ".join(f"{name}[{', '.join(map(str, dims))}]" for name, dims in ports.items())
