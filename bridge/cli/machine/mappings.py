"""``latent-bridge mappings``: lists, checks and shows mapping files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bridge.cli.shared.file_types import INPUT_FILE
from bridge.cli.shared.options import JSON, LIBRARY
from bridge.controllers.bindings import Binding, Coding, Takeover
from bridge.controllers.catalog import CATALOG
from bridge.controllers.control_sources import source_text
from bridge.controllers.mapping_file import (
    Mapping,
    find_mapping,
    problems,
    read_mapping,
    shipped_mappings,
    user_folder,
    user_mappings,
)
from bridge.controllers.targets_page import effect_text, range_text, rewritten
from bridge.errors import BridgeError, ConfigError
from bridge.model import library
from bridge.system.atomic_write import write_whole

WRONG = 2
"""Exit code of ``check`` for files with errors."""


@click.group(invoke_without_command=True)
@click.pass_context
def mappings(ctx: click.Context) -> None:
    """Mapping files: the targets of knobs, pads and keys. Alone: list."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_mappings, as_json=False)


@mappings.command("list")
@JSON
def list_mappings(as_json: bool) -> None:
    """List every mapping file, yours first, with the ports that it is for."""
    rows = [_row(name, path, yours=True) for name, path in user_mappings().items()]
    rows += [_row(name, path, yours=False) for name, path in shipped_mappings().items()]
    if as_json:
        click.echo(json.dumps({"mappings": rows, "yours": str(user_folder())}))
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        mine = "  (yours)" if row["yours"] else ""
        click.echo(f"{row['name']:<{width}}  {row.get('error') or _ports(row['match'])}{mine}")
    click.echo(f"Your own go into {user_folder()}")


def _row(name: str, path: Path, *, yours: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "file": str(path), "yours": yours}
    try:
        mapping = read_mapping(path)
    except ConfigError as error:
        return {**row, "match": [], "error": str(error)}
    title, count = mapping.name, len(mapping.bindings)
    return {**row, "title": title, "match": list(mapping.match), "bindings": count}


def _ports(match: Sequence[str]) -> str:
    if not match:
        return "when asked for by name"
    return "for ports named " + " or ".join(f'"...{part}..."' for part in match)


@mappings.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--model", default=library.DEFAULT, show_default=True,
              help="Model whose directions the names are checked against.")  # fmt: skip
@LIBRARY
@JSON
@click.pass_context
def check(
    ctx: click.Context, files: tuple[str, ...], model: str, folder: Path | None, as_json: bool
) -> None:
    """List all errors in mapping files, each with its file and line.

    FILE is a path or the name of a mapping. The exit code is 2 when anything is wrong.
    """
    directions = known_directions(model, folder)
    if directions is None:
        click.echo(f"no model {model!r}: the names of directions are not checked", err=True)
    rows = [_checked(find_mapping(file), directions) for file in files]
    if as_json:
        click.echo(json.dumps({"files": rows}))
    else:
        for row in rows:
            click.echo("\n".join(row["wrong"] or _told(row)))
    if any(row["wrong"] for row in rows):
        ctx.exit(WRONG)


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    """The lines about a file that is right."""
    return (*row["hints"], f"{row['file']}: {row['bindings']} controls, nothing wrong")


def _checked(path: Path, directions: Sequence[str] | None) -> dict[str, Any]:
    """The faults of a mapping file; without any, its hints and number of bindings."""
    wrong = problems(path, directions)
    if wrong:
        return {"file": str(path), "wrong": wrong}
    mapping = read_mapping(path)
    return {"file": str(path), "wrong": [], "hints": list(mapping.hints),
            "bindings": len(mapping.bindings)}  # fmt: skip


def known_directions(model: str, folder: Path | None) -> Sequence[str] | None:
    """The names of the model's directions; None where there is no such model."""
    try:
        place = library.find(model, folder)
        return library.read_directions(place, library.read_spec(place)).names
    except BridgeError:
        return None


@mappings.command()
@click.argument("name")
@JSON
def show(name: str, as_json: bool) -> None:
    """Show the target of each control of a mapping. NAME is a file or a name of the list."""
    path = find_mapping(name)
    mapping = read_mapping(path)
    rows = [{"control": control(b), "target": b.target, "how": how(b)} for b in mapping.bindings]
    if as_json:
        click.echo(json.dumps({"name": mapping.name, "file": str(path), "bindings": rows}))
        return
    click.echo(_title(mapping, path))
    wide = [max((len(row[key]) for row in rows), default=0) for key in ("control", "target")]
    for row in rows:
        line = f"  {row['control']:<{wide[0]}}  {row['target']:<{wide[1]}}  {row['how']}"
        click.echo(line.rstrip())


@mappings.command()
@JSON
@click.option("--markdown", "page", metavar="PAGE",
              type=INPUT_FILE,
              help="Write the tables of docs/mappings.md into this page again.")  # fmt: skip
def targets(as_json: bool, page: Path | None) -> None:
    """Everything that a control can move or do: its range and its effect."""
    if page is not None:
        _rewrite(page)
        return
    families = (family.pattern for family in CATALOG.families)
    rows = [
        {"target": t.name, "title": t.title, "range": range_text(t), "effect": effect_text(t)}
        for t in (*CATALOG.targets, *families)
    ]
    if as_json:
        click.echo(json.dumps({"targets": rows}))
        return
    wide = [max(len(row[key]) for row in rows) for key in ("target", "range")]
    for row in rows:
        click.echo(f"{row['target']:<{wide[0]}}  {row['range']:<{wide[1]}}  {row['effect']}")


def _rewrite(page: Path) -> None:
    try:
        text = rewritten(page.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{page}: {error}: give a copy of docs/mappings.md") from error
    write_whole(page, text.encode("utf-8"))


def _title(mapping: Mapping, path: Path) -> str:
    return f"{mapping.name}, {_ports(mapping.match)}\n{path}"


def control(binding: Binding) -> str:
    """The source of a binding as text: ``note 36 (C2) ch 10``."""
    return source_text(binding.kind, binding.number, binding.channel)


def how(binding: Binding) -> str:
    """The settings of a binding as text; empty where all are the usual ones."""
    notes = []
    if binding.coding is not Coding.ABSOLUTE:
        notes.append(binding.coding.value)
    if binding.takeover is not Takeover.NONE:
        notes.append(f"takeover {binding.takeover.value}")
    if (binding.low, binding.high) != (0.0, 1.0):
        notes.append(f"{binding.low:g} to {binding.high:g}")
    if binding.curve != 1.0:
        notes.append(f"curve {binding.curve:g}")
    notes += ["inverted"] if binding.invert else []
    notes += [f"{binding.steps} steps"] if binding.steps else []
    return ", ".join(notes)
