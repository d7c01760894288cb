"""Write the tables of targets in docs/mappings.md from the catalog.

::

    python -m tools.targets_page
"""

from __future__ import annotations

from pathlib import Path

from bridge.controllers.targets_page import rewritten

PAGE = Path(__file__).parents[1] / "docs" / "mappings.md"


def main() -> None:
    """Rewrite the page in place."""
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
