"""Write a model folder from a checkpoint: ``python -m tools.export --help``.

The graphs are compared with PyTorch before the folder replaces an older one, so it is never seen
half-written.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

import onnx
from bridge.model.library import SPEC_FILE
from bridge.music.chord_features import FEATURES
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.system.strict_yaml import write_yaml
from tools.data.dataset import Dataset, Windows
from tools.data.sizes import BARS, CLASSES, HALVES, PHASES, STEPS, TRACKS
from tools.export.decoder_graph import decoder_graph
from tools.export.directions import plain_directions
from tools.export.graphs import (
    encoder_graph,
    feel_graph,
    halved,
    harmony_graph,
    style_graph,
    surrogate_graph,
)
from tools.export.model_files import extra_entry, graph_entry, replaced_folder, save_arrays
from tools.export.presets import style_presets
from tools.export.runtime import ExportedModel, open_graph
from tools.network.checkpoints import load_chord_readers, load_drum_touch, load_trio
from tools.network.chord_reader_net import ChordReaders
from tools.network.drum_touch_net import FeelNet
from tools.network.nets import TrioModel

LICENCE = "GPL-3.0-or-later (see CARD.md: the data's strictest licence)"
TOLERANCE = 1e-4
HALF_TOLERANCE = 1e-2
"""Largest difference of probabilities from weights stored in half precision."""


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """An onnxruntime session of a graph in memory."""
    return open_graph(model.SerializeToString())


def graphs_of(model: TrioModel) -> dict[str, onnx.ModelProto]:
    """The four graphs by name.

    Weights that half precision represents exactly are stored so: all weights of a :func:`rounded`
    model except sums and products of several.
    """
    latent, style = model.config.latent, model.config.style
    graphs = {
        "encoder": encoder_graph(model.encoder, latent),
        "style": style_graph(model.style),
        "surrogate": surrogate_graph(model.surrogate, latent, style),
        "decoder": decoder_graph(model.decoder, latent),
    }
    return {name: halved(graph, exact=True) for name, graph in graphs.items()}


@torch.no_grad()
def rounded(model: TrioModel) -> TrioModel:
    """The model with its weights rounded to half precision.

    They take half the space in the folder, and the shipped model is exactly the one that is
    compared and measured.
    """
    for weight in model.parameters():
        weight.copy_(weight.half())
    return model


@torch.no_grad()
def parity(
    model: TrioModel, graphs: dict[str, onnx.ModelProto], tokens: np.ndarray, seed: int = 0
) -> dict[str, float]:
    """Largest differences between PyTorch and onnxruntime on windows [N, 64, 3].

    ``tokens`` is the share of steps decoded differently at temperature 0; ``logits`` is relative to
    the size of the logits, or to 1 where they are smaller.
    """
    rng = np.random.default_rng(seed)
    count = len(tokens)
    inputs: dict[str, dict[str, np.ndarray]] = {
        "encoder": {"tokens": tokens},
        "style": {"bass": tokens[..., 1], "drums": tokens[..., 2]},
        "surrogate": {
            "melody": tokens[..., 0],
            "heard": (rng.random((count, STEPS)) < 0.7).astype(np.float32),
            "style": rng.uniform(-1, 1, (count, model.config.style)).astype(np.float32),
            "chords": (
                np.eye(CHORD_CLASSES)[rng.integers(0, CHORD_CLASSES, (count, HALVES))]
                * (rng.random((count, HALVES, 1)) < 0.3)
            ).astype(np.float32),
            "phase": rng.integers(0, PHASES, count),
        },
    }
    nets: dict[str, Callable[..., Any]] = {
        "encoder": model.encoder,
        "style": model.style,
        "surrogate": model.surrogate,
    }
    worst: dict[str, float] = {}
    for name, feed in inputs.items():
        want = nets[name](*(torch.from_numpy(v) for v in feed.values()))
        want = want if isinstance(want, tuple) else (want,)
        got = session(graphs[name]).run(None, feed)
        worst[name] = max(
            float(np.abs(a.numpy() - b).max()) for a, b in zip(want, got, strict=True)
        )
    worst |= _decoder_parity(model, tokens, rng)
    return worst


def _decoder_parity(
    model: TrioModel, tokens: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    """Decode at temperature 0 both ways; logits are compared on what ONNX fed back."""
    count = len(tokens)
    mu = model.encoder(torch.from_numpy(tokens))[0]
    exposed = decoder_graph(model.decoder, model.config.latent, expose_logits=True)
    feed = {
        "z": mu.numpy(),
        "bars": np.arange(BARS),
        "temperature": np.array(0, np.float32),
        "noise": rng.random((count, BARS, SLOTS_PER_BAR, 3)).astype(np.float32),
    }
    said, logits = session(exposed).run(None, feed)
    said = said.reshape(count, STEPS, 3)
    greedy = model.decoder.greedy(mu).numpy()
    forced = model.decoder(mu, torch.from_numpy(said))
    gap = 0.0
    for track, value in enumerate(forced):
        want = value.reshape(count * BARS, SLOTS_PER_BAR, -1).numpy()
        got = logits[track][..., : want.shape[-1]]
        gap = max(gap, float((np.abs(want - got) / np.maximum(np.abs(want), 1)).max()))
    return {"logits": gap, "tokens": float((said != greedy).mean())}


def specification(
    folder: Path, model: TrioModel, graphs: dict[str, onnx.ModelProto], extras: list[str]
) -> dict[str, Any]:
    """The content of ``model.yaml`` for the files in ``folder``."""
    return {
        "name": "trio-4bar",
        "kind": "trio",
        "title": "Four-bar trio for live accompaniment",
        "licence": LICENCE,
        "bars": BARS,
        "steps_per_bar": SLOTS_PER_BAR,
        "latent": model.config.latent,
        "style": model.config.style,
        "phases": PHASES,
        "tracks": dict(zip(TRACKS, CLASSES, strict=True)),
        "common_key": True,
        "chord_classes": CHORD_CLASSES,
        "graphs": {
            name: graph_entry(folder / f"{name}.onnx", graph) for name, graph in graphs.items()
        },
        "extras": {name: extra_entry(folder / f"{name}.npz") for name in extras},
    }


@torch.no_grad()
def harmony_parity(readers: ChordReaders, graph: onnx.ModelProto, seed: int = 0) -> float:
    """Largest difference of probabilities; the weights were rounded to half precision."""
    rng = np.random.default_rng(seed)
    features = rng.random((4, 20, FEATURES)).astype(np.float32)
    want = readers(torch.from_numpy(features)).exp().numpy()
    got = np.exp(session(graph).run(None, {"features": features})[0])
    return float(np.abs(want - got).max())


@torch.no_grad()
def feel_parity(net: FeelNet, graph: onnx.ModelProto, tokens: np.ndarray, seed: int = 0) -> float:
    """Largest difference of velocities and offsets on the first bars of windows."""
    rng = np.random.default_rng(seed)
    feed = {
        "drums": tokens[:, :SLOTS_PER_BAR, 2],
        "tempo": rng.uniform(60, 200, len(tokens)).astype(np.float32),
        "drummer": rng.normal(size=(len(tokens), net.config.z)).astype(np.float32),
    }
    want = net(*(torch.from_numpy(value) for value in feed.values()))
    got = session(graph).run(None, feed)
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(want, got, strict=True))


def export(
    model: TrioModel,
    windows: Windows,
    out: Path,
    seed: int = 0,
    readers: ChordReaders | None = None,
    feel: FeelNet | None = None,
) -> dict[str, float]:
    """Write the model folder ``out``; returns the parity figures. Its CARD.md is kept.

    SystemExit where a graph and its network differ too much.
    """
    graphs = graphs_of(model)
    sample = windows.random(64, np.random.default_rng(seed)).tokens
    found = parity(model, graphs, sample, seed)
    bad = {k: v for k, v in found.items() if v > (0 if k == "tokens" else TOLERANCE)}
    if feel is not None:
        graphs["feel"] = feel_graph(feel)
        found["feel"] = feel_parity(feel, graphs["feel"], sample, seed)
        if found["feel"] > TOLERANCE:
            bad["feel"] = found["feel"]
    if readers is not None:
        graphs["harmony"] = harmony_graph(readers)
        found["harmony"] = harmony_parity(readers, graphs["harmony"], seed)
        if found["harmony"] > HALF_TOLERANCE:
            bad["harmony"] = found["harmony"]
    if bad:
        raise SystemExit(f"ONNX does not do what PyTorch does: {bad}")
    with replaced_folder(out) as part:
        for name, graph in graphs.items():
            onnx.save(graph, part / f"{name}.onnx")
        save_arrays(part / "styles.npz", style_presets(model, windows))
        write_yaml(part / SPEC_FILE, specification(part, model, graphs, ["styles"]))
        save_arrays(part / "directions.npz", plain_directions(ExportedModel(part), windows, seed))
        spec = specification(part, model, graphs, ["styles", "directions"])
        write_yaml(part / SPEC_FILE, spec)
        if (out / "CARD.md").exists():
            shutil.copy2(out / "CARD.md", part / "CARD.md")
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.export", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument(
        "--harmony", type=Path, help="folder of the chord readers (tools.train.chord_reader)"
    )
    parser.add_argument(
        "--feel", type=Path, help="folder of the drummer's touch (tools.train.drum_touch)"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(2)
    model, state = load_trio(args.checkpoint)
    model = rounded(model)
    readers = load_chord_readers(args.harmony) if args.harmony else None
    windows = Windows(Dataset.load(args.data), "train")
    feel = load_drum_touch(args.feel) if args.feel else None
    found = export(model, windows, args.out, args.seed, readers, feel)
    size = sum(path.stat().st_size for path in args.out.iterdir())
    report = {"step": state["step"], "parity": found, "megabytes": round(size / 1e6, 2)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
