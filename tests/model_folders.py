"""Model folders made for tests: right by default, wrong where a test says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

LATENT, STYLE = 3, 2
GRAPHS = ("encoder", "style", "surrogate", "decoder")


def write_npz(path: Path, **arrays: Any) -> None:
    np.savez(path, **arrays)


def style_arrays() -> dict[str, Any]:
    return {
        "names": np.array(["rock", "swing"]),
        "vectors": np.eye(2, STYLE, dtype=np.float32),
        "tempo": np.array([120, 140], np.float32),
        "swing": np.array([0, 0.5], np.float32),
    }


def direction_arrays() -> dict[str, Any]:
    return {"names": np.array(["density"]), "vectors": np.ones((1, LATENT), np.float32)}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def specification(folder: Path) -> dict[str, Any]:
    """What ``model.yaml`` has to say of the files that are in the folder."""
    half, bars = ["N", 8, 25], ["N", "K", 16, 3]
    gaussian = {"mu": ["N", LATENT], "sigma": ["N", LATENT]}
    ports: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "encoder": ({"tokens": ["N", 64, 3]}, gaussian),
        "style": ({"bass": ["N", 64], "drums": ["N", 64]}, {"style": ["N", STYLE]}),
        "surrogate": (
            {"melody": ["N", 64], "heard": ["N", 64], "style": ["N", STYLE], "chords": half},
            {**gaussian, "chord_logits": half},
        ),
        "decoder": (
            {"z": ["N", LATENT], "bars": ["K"], "temperature": [], "noise": bars},
            {"tokens": bars},
        ),
    }
    return {
        "name": "tiny",
        "kind": "trio",
        "title": "A tiny one",
        "licence": "none",
        "bars": 4,
        "steps_per_bar": 16,
        "latent": LATENT,
        "style": STYLE,
        "tracks": {"melody": 90, "bass": 90, "drums": 512},
        "common_key": True,
        "chord_classes": 25,
        "graphs": {
            name: {
                "file": f"{name}.onnx",
                "sha256": sha256(folder / f"{name}.onnx"),
                "inputs": inputs,
                "outputs": outputs,
            }
            for name, (inputs, outputs) in ports.items()
        },
        "extras": {
            name: {"file": f"{name}.npz", "sha256": sha256(folder / f"{name}.npz")}
            for name in ("styles", "directions")
        },
    }


def write_spec(folder: Path, **changes: Any) -> None:
    """``model.yaml`` for the files as they are now, with ``changes`` (None removes a key)."""
    spec = specification(folder) | changes
    kept = {key: value for key, value in spec.items() if value is not None}
    (folder / "model.yaml").write_text(json.dumps(kept, indent=1), encoding="utf-8")


def make_folder(folder: Path) -> Path:
    """A whole folder; its graphs are not ONNX but have right checksums."""
    folder.mkdir(parents=True)
    for name in GRAPHS:
        (folder / f"{name}.onnx").write_bytes(name.encode())
    write_npz(folder / "styles.npz", **style_arrays())
    write_npz(folder / "directions.npz", **direction_arrays())
    write_spec(folder)
    return folder
