"""Where the files that ship with the program are: models, mappings, forms.

In a checkout they lie beside the package (``onnx/``, ``mappings/``, ``forms/``); in an
installed wheel inside it (``bridge/_data``).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(folder: str) -> Path:
    """The folder ``onnx``, ``mappings`` or ``forms`` that came with this installation."""
    inside = _PACKAGE / "_data" / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder
