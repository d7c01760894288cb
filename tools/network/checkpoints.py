"""Checkpoints of training runs, and the networks in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bridge.system.atomic_write import write_whole
from tools.network.chord_reader_net import ChordReader, ChordReaders, HarmonyConfig
from tools.network.drum_touch_net import FeelConfig, FeelNet
from tools.network.two_level import TwoLevelVae
from tools.network.two_level_config import TwoLevelConfig

CHECKPOINT = "checkpoint.pt"
FEEL_CHECKPOINT = "feel.pt"


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values to ``path``, which is never seen half-written."""
    content = io.BytesIO()
    torch.save(state, content)
    write_whole(path, content.getvalue())


def load_state(path: Path) -> dict[str, Any]:
    """The tensors and plain values of a checkpoint file, on the CPU."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def load_vae(folder: Path) -> TwoLevelVae:
    """The averaged weights of a two-level checkpoint, fixed."""
    state = load_state(folder / CHECKPOINT)
    model = TwoLevelVae(TwoLevelConfig.of(state["config"]))
    model.load_state_dict(state["average"])
    for weight in model.parameters():
        weight.requires_grad_(False)
    return model.eval()


def load_chord_readers(folder: Path) -> ChordReaders:
    """The chord readers of a folder: of the second round, else of the first. SystemExit without."""
    for name in ("second", "first"):
        paths = sorted(folder.glob(f"{name}*.pt"))
        if paths:
            states = [load_state(path) for path in paths]
            return ChordReaders([_reader_of(state) for state in states]).eval()
    raise SystemExit(f"no nets in {folder}: run python -m tools.train.chord_reader first")


def _reader_of(state: dict[str, Tensor]) -> ChordReader:
    """A chord reader of the sizes that its weights have."""
    width = len(state["inside.weight"])
    layers = sum(name.startswith("lstm.weight_ih") for name in state) // 2
    model = ChordReader(HarmonyConfig(width=width, layers=layers))
    model.load_state_dict(state)
    return model.eval()


def load_drum_touch(folder: Path) -> FeelNet:
    """The drum touch network of a folder. SystemExit if it is missing."""
    path = folder / FEEL_CHECKPOINT
    if not path.exists():
        raise SystemExit(f"{path} is missing: run python -m tools.train.drum_touch first")
    state = load_state(path)
    model = FeelNet(
        FeelConfig(z=state["drummer.weight"].shape[0] // 2, width=len(state["inside.weight"]))
    )
    model.load_state_dict(state)
    return model.eval()
