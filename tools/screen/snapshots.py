"""The pictures of the screen that the tests compare with: every page and dialog, in four sizes and
three themes.

    python -m tools.screen.snapshots              write those that are wanted now
    python -m tools.screen.snapshots --check      compare; exit code 1 where one differs
    python -m tools.screen.snapshots --svg FOLDER write them as SVG, to look at
    python -m tools.screen.snapshots --record     play the recorded session again first
    python -m tools.screen.snapshots --docs       draw the README's pictures of it

What is kept of a picture (``tests/ui/snapshots/pages``) is its text in the dark theme, and a digest
of every cell with its colours in each theme; all SVGs would be 40 MB. ``--size 80x24``, ``--theme
light`` and ``--scene help`` leave out all others, and may be given again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.screen import pictures, recording
from tools.screen.recording import Recording
from tools.screen.scenes import SCENES, SIZES, THEMES, Drawn, draw

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = ROOT / "tests/ui/snapshots/pages"
DIFFERING: Final = ROOT / "build/snapshots"
HOW: Final = "python -m tools.screen.snapshots"
DIGEST_LENGTH: Final = 16
"""Hexadecimal digits of a digest that are kept."""


def size_text(size: tuple[int, int]) -> str:
    """A size as in ``80x24``."""
    return f"{size[0]}x{size[1]}"


def digest(drawn: Drawn) -> str:
    """The digest of the cells of a picture and their colours."""
    return hashlib.sha256(drawn.styled.encode("utf-8")).hexdigest()[:DIGEST_LENGTH]


def digests() -> dict[str, str]:
    """The digests that are kept, by scene, size and theme, as in ``help 80x24 dark``."""
    path = KEPT / "digests.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def text_path(scene: str, size: tuple[int, int]) -> Path:
    """The file of a picture's text."""
    return KEPT / f"{scene}-{size_text(size)}.txt"


def differences(
    recorded: Recording, size: tuple[int, int], theme: str, scenes: Sequence[str] = (),
    folder: Path = DIFFERING,
) -> list[str]:  # fmt: skip
    """A line for each picture that is not as it was kept, with the SVG of what is drawn now."""
    kept = digests()
    found = draw(recorded, size, theme, scenes)
    wrong = [name for name, drawn in found.items()
             if kept.get(f"{name} {size_text(size)} {theme}") != digest(drawn)]  # fmt: skip
    if not wrong:
        return []
    write_svgs(recorded, size, theme, wrong, folder)
    return [
        f"{name} at {size_text(size)}, {theme}: {_changed(name, size, found[name])}; now: "
        f"{folder / svg_name(name, size, theme)}"
        for name in wrong
    ]


def _changed(scene: str, size: tuple[int, int], now: Drawn) -> str:
    """The first row of a picture that has changed."""
    path = text_path(scene, size)
    if not path.exists():
        return "it is new"
    before, after = path.read_text("utf-8").splitlines(), now.text.splitlines()
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            return f"row {number} was {old!r} and is {new!r}"
    return "other colours"


def svg_name(scene: str, size: tuple[int, int], theme: str) -> str:
    """The name of a picture's SVG."""
    return f"{scene}-{size_text(size)}-{theme}.svg"


def write_svgs(
    recorded: Recording, size: tuple[int, int], theme: str, scenes: Sequence[str], folder: Path
) -> None:
    """Write pictures as SVG (no ``scenes``: all)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in draw(recorded, size, theme, scenes, svg=True).items():
        (folder / svg_name(name, size, theme)).write_text(drawn.svg, encoding="utf-8")


def keep(
    recorded: Recording, size: tuple[int, int], theme: str, scenes: Sequence[str] = ()
) -> None:
    """Keep the pictures as they are drawn now."""
    KEPT.mkdir(parents=True, exist_ok=True)
    found = draw(recorded, size, theme, scenes)
    now = {f"{name} {size_text(size)} {theme}": digest(drawn) for name, drawn in found.items()}
    if theme == THEMES[0]:
        for name, drawn in found.items():
            text_path(name, size).write_text(drawn.text, encoding="utf-8")
    known = {f"{each.name} {size_text(s)} {t}" for each in SCENES for s in SIZES for t in THEMES}
    merged = {key: value for key, value in {**digests(), **now}.items() if key in known}
    lines = json.dumps(merged, indent=0, sort_keys=True)
    (KEPT / "digests.json").write_text(f"{lines}\n", encoding="utf-8")


def main() -> int:
    """Read the arguments; write, compare or show."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--svg", type=Path, metavar="FOLDER", help="write SVGs there instead")
    parser.add_argument("--record", action="store_true", help="play the session again first")
    parser.add_argument("--docs", action="store_true", help="draw the README's pictures instead")
    parser.add_argument("--size", action="append", choices=[*map(size_text, SIZES)])
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--scene", action="append", choices=[each.name for each in SCENES])
    args = parser.parse_args()
    if args.record:
        recording.write(recording.make())
    if args.docs:
        pictures.write(recording.read(), recording.played(), ROOT / "docs")
        return 0
    recorded, scenes = recording.read(), args.scene or ()
    wrong: list[str] = []
    for size in SIZES:
        for theme in THEMES:
            if (args.size and size_text(size) not in args.size) or (
                args.theme and theme not in args.theme
            ):
                continue
            if args.check:
                wrong += differences(recorded, size, theme, scenes)
            elif args.svg:
                write_svgs(recorded, size, theme, scenes, args.svg)
            else:
                keep(recorded, size, theme, scenes)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
