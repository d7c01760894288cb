"""Sections of a model's CARD.md, each written by its own command between marks of its name."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.system.atomic_write import write_whole

_MARKED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)


def put_section(path: Path, name: str, text: str) -> None:
    """Write the section ``name`` of a card in place of the old one, else at the card's end."""
    section = f"<!-- {name} -->\n{text.strip()}\n<!-- /{name} -->"
    card = path.read_text(encoding="utf-8") if path.exists() else ""
    for found in _MARKED.finditer(card):
        if found[1] == name:
            new = card[: found.start()] + section + card[found.end() :]
            break
    else:
        new = f"{card.rstrip()}\n\n{section}\n".lstrip("\n")
    write_whole(path, new.encode())


def marked_sections(card: str) -> list[str]:
    """The marked sections of a card's text, with their marks, in their order."""
    return [found[0] for found in _MARKED.finditer(card)]
