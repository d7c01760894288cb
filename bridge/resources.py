"""Where the files that ship with the program are: models and mappings.

In a checkout they lie beside the package (``onnx/``, ``mappings/``); in an installed wheel
inside it (``bridge/_data``).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """The folder ``onnx`` or ``mappings`` that came with this installation."""
    inside = _PACKAGE / "_data" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder
