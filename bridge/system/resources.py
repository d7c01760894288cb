"""Paths of the files that ship with the program: models, mappings, forms.

In a checkout they are beside the package (``onnx/``, ``mappings/``, ``forms/``), in an installed
wheel inside it (``bridge/_data``).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(folder: str) -> Path:
    """The path of the shipped folder ``onnx``, ``mappings`` or ``forms``."""
    inside = _PACKAGE / "_data" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder
