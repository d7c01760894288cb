"""Load the trio of a model folder."""

from __future__ import annotations

from pathlib import Path

from bridge.model import library
from bridge.model.runtime import OnnxTrio
from bridge.model.two_level.trio import TwoLevelTrio


def load(folder: Path) -> OnnxTrio:
    """Load, check and warm up the model of a folder. ModelError otherwise."""
    kind = TwoLevelTrio if library.read_spec(folder).coarse else OnnxTrio
    model = kind(folder)
    model.warm_up()
    return model
