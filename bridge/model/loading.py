"""Load the trio of a model folder."""

from __future__ import annotations

from pathlib import Path

from bridge.model import library
from bridge.model.contract import ModelSpec
from bridge.model.runtime import OnnxTrio
from bridge.model.two_level.trio import TwoLevelTrio


def load(folder: Path, spec: ModelSpec | None = None) -> OnnxTrio:
    """Load, check and warm up the model of a folder, with its specification where it is read
    already. ModelError otherwise."""
    spec = spec or library.read_spec(folder)
    model = (TwoLevelTrio if spec.coarse else OnnxTrio)(folder, spec)
    model.warm_up()
    return model
