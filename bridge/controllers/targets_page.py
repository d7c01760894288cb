"""The catalog as the tables of docs/mappings.md, in Markdown.

``latent-bridge mappings targets --markdown PAGE`` writes them into the page; a test compares the
two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.controllers.catalog import CATALOG
from bridge.controllers.catalog_types import Catalog, Needs, Target, TargetGroup, TargetKind

BEGIN: Final = "<!-- targets: written by `latent-bridge mappings targets` -->"
END: Final = "<!-- end of targets -->"


def rewritten(page: str, catalog: Catalog = CATALOG) -> str:
    """The page with the tables between ``BEGIN`` and ``END`` made anew. ValueError for a page
    without these two lines."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n{tables(catalog)}\n{END}{after}"


def tables(catalog: Catalog = CATALOG) -> str:
    """A heading and a table for each group, families after the other targets."""
    return "".join(f"\n### {group}\n\n{_table(catalog, group)}" for group in TargetGroup)


def _table(catalog: Catalog, group: TargetGroup) -> str:
    rows = ["| target | name | range | effect |", "|---|---|---|---|"]
    rows += [_row(target) for target in _of_group(catalog, group)]
    return "\n".join(rows) + "\n"


def _of_group(catalog: Catalog, group: TargetGroup) -> Iterator[Target]:
    entries = (*catalog.targets, *(family.pattern for family in catalog.families))
    return (target for target in entries if target.group is group)


def _row(target: Target) -> str:
    cells = (f"`{target.name}`", target.title, range_text(target), effect_text(target))
    return "| " + " | ".join(cells) + " |"


def range_text(target: Target) -> str:
    """The range of a control with its unit and default; the kind of any other target."""
    if target.kind is not TargetKind.CONTROL:
        return target.kind.value
    unit = f" {target.unit}" if target.unit else ""
    return f"{target.low:g} to {target.high:g}{unit}, at first {target.default:g}"


def effect_text(target: Target) -> str:
    """The explanation, with what the target needs and its former names."""
    needs = f"; {target.needs}" if target.needs is not Needs.NOTHING else ""
    names = ", ".join(f"`{alias}`" for alias in target.aliases)
    former = f"; formerly {names}, which still works" if names else ""
    return f"{target.explanation}{needs}{former}"
