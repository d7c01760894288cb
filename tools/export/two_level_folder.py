"""Write the folder of a two-level model: ``python -m tools.export.two_level_folder --help``.

The graphs are compared with PyTorch before the folder replaces an older one. Graphs that are not
given (chord reader, drum touch) are taken over from ``--from``, whose decoder stays as ``earlier``
where it is one of another code.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as fn

import onnx
from bridge.model import library
from bridge.model.contract import ModelSpec
from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.chord_features import FEATURES
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import METRES, SLOTS_PER_BAR
from bridge.system.strict_yaml import write_yaml
from tools.data.dataset import Dataset, IntArray
from tools.data.sizes import BARS, CLASSES, PHASES, TRACKS
from tools.data.window_batches import Lines, WindowSource
from tools.export.graphs import LEVELS, feel_graph, halved, harmony_graph, narrowed, whole
from tools.export.model_files import extra_entry, graph_entry, replaced_folder, save_arrays
from tools.export.runtime import open_graph
from tools.export.style_references import STYLES, reference_of
from tools.export.two_level_graphs import decoder_graph, encoder_graph, surrogate_graph
from tools.network.checkpoints import (
    CHECKPOINT,
    load_chord_readers,
    load_drum_touch,
    load_state,
    load_vae,
)
from tools.network.chord_reader_net import ChordReaders
from tools.network.drum_touch_net import FeelNet
from tools.network.surrogate_net import TwoLevelSurrogate, style_codes
from tools.network.two_level import TwoLevelVae

LICENCE = "GPL-3.0-or-later (see CARD.md: the data's strictest licence)"
TAKEN_OVER = ("harmony", "feel", "earlier")
WIDE = 1 << 15
"""Number of weights from which on a layer's are rounded to :data:`LEVELS`."""
MOST_DIFFERENT = {"codes": 1e-3, "steps": 1e-2, "harmony": 1e-2, "feel": 1e-4}
"""Largest difference of a code; largest share of the steps that may decode differently, those
whose likeliest classes are as good as even; largest difference of a chord's probability, whose
weights are in half precision, and of a velocity or an offset."""


@torch.no_grad()
def rounded(net: nn.Module) -> nn.Module:
    """The network with its weights as they are stored: large matrices in 255 levels a unit,
    everything else in half precision."""
    for weight in net.parameters():
        weight.copy_(weight.half())
    for layer in net.modules():
        if isinstance(layer, nn.Linear) and layer.weight.numel() >= WIDE:
            scale = layer.weight.abs().amax(1, keepdim=True).clamp(min=1e-12) / LEVELS
            layer.weight.copy_((layer.weight / scale).round() * scale)
    return net


def graphs_of(model: TwoLevelVae, surrogate: TwoLevelSurrogate) -> dict[str, onnx.ModelProto]:
    """The three graphs by name; weights that half precision holds exactly are stored so."""
    graphs = {
        "encoder": encoder_graph(model),
        "surrogate": surrogate_graph(surrogate),
        "decoder": decoder_graph(model),
    }
    return {name: halved(narrowed(graph), exact=True) for name, graph in graphs.items()}


@torch.no_grad()
def parity(
    model: TwoLevelVae, graphs: dict[str, onnx.ModelProto], tokens: IntArray, metre: IntArray
) -> dict[str, float]:
    """Largest difference of codes, and share of the steps that decode differently, between PyTorch
    and onnxruntime on windows [N, 64, 3]."""
    sessions = {name: open_graph(graph.SerializeToString()) for name, graph in graphs.items()}
    hot = fn.one_hot(torch.from_numpy(metre), len(NETWORK_METRES)).float()
    coarse, fine = model.encode(torch.from_numpy(tokens), torch.ones(len(tokens), 3), hot)
    want = torch.cat([coarse, torch.cat(fine, -1).flatten(1)], -1).numpy()
    mu = sessions["encoder"].run(["mu"], {"tokens": tokens, "metre": metre})[0]
    feed = {
        "z": want, "bars": np.arange(BARS), "metre": metre,
        "temperature": np.array(0, np.float32),
        "noise": np.zeros((len(tokens), BARS, SLOTS_PER_BAR, len(TRACKS)), np.float32),
    }  # fmt: skip
    said = sessions["decoder"].run(None, feed)[0].reshape(tokens.shape)
    again = model.decode(coarse, fine, hot).numpy()
    used = said != 0
    return {
        "codes": float(np.abs(mu - want).max()),
        "steps": float(((said != again) & used).mean()),
    }


@torch.no_grad()
def harmony_parity(readers: ChordReaders, graph: onnx.ModelProto) -> float:
    """Largest difference of the chords' probabilities on random features."""
    features = np.random.default_rng(0).random((4, 20, FEATURES)).astype(np.float32)
    want = readers(torch.from_numpy(features)).exp().numpy()
    said = open_graph(graph.SerializeToString()).run(None, {"features": features})[0]
    return float(np.abs(want - np.exp(said)).max())


@torch.no_grad()
def feel_parity(net: FeelNet, graph: onnx.ModelProto, drums: IntArray) -> float:
    """Largest difference of velocities and offsets on bars of drums [N, 16]."""
    rng = np.random.default_rng(0)
    feed = {
        "drums": drums,
        "tempo": rng.uniform(60, 200, len(drums)).astype(np.float32),
        "drummer": rng.normal(size=(len(drums), net.config.z)).astype(np.float32),
    }
    want = net(*(torch.from_numpy(value) for value in feed.values()))
    said = open_graph(graph.SerializeToString()).run(None, feed)
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(want, said, strict=True))


@torch.no_grad()
def presets(model: TwoLevelVae, windows: WindowSource) -> dict[str, np.ndarray]:
    """``styles.npz``: the codes of the references of :data:`STYLES` that the data holds."""
    found = [(style, reference_of(style, windows)) for style in STYLES]
    held = [(style, ref) for style, ref in found if ref is not None]
    if not held:
        raise SystemExit("the data holds none of the styles' grooves")
    silent = np.zeros_like(held[0][1].bass)
    tokens = np.stack([np.stack([silent, ref.bass, ref.drums], -1) for _, ref in held])
    numbers = torch.tensor([ref.metre for _, ref in held])
    hot = fn.one_hot(numbers, len(NETWORK_METRES)).float()
    vectors = style_codes(model, torch.from_numpy(tokens), torch.ones(len(held), 3), hot)
    return {
        "names": np.array([style.name for style, _ in held]),
        "vectors": vectors.numpy().astype(np.float32),
        "tempo": np.array([style.tempo for style, _ in held], np.float32),
        "swing": np.zeros(len(held), np.float32),
        "metre": np.array([style.metre for style, _ in held]),
    }


def specification(
    name: str,
    model: TwoLevelVae,
    style: int,
    graphs: dict[str, Any],
    extras: dict[str, Any],
) -> dict[str, Any]:
    """The content of ``model.yaml``."""
    config = model.config
    return {
        "name": name,
        "kind": "trio",
        "title": "Four-bar trio in five metres for live accompaniment",
        "licence": LICENCE,
        "bars": BARS,
        "steps_per_bar": SLOTS_PER_BAR,
        "latent": config.latent,
        "coarse": config.coarse,
        "fine": dict(zip(TRACKS, config.fine, strict=True)),
        "style": style,
        "phases": PHASES,
        "metres": list(METRES),
        "tracks": dict(zip(TRACKS, CLASSES, strict=True)),
        "common_key": True,
        "chord_classes": CHORD_CLASSES,
        "graphs": graphs,
        "extras": extras,
    }


@dataclass(frozen=True)
class OtherNets:
    """Networks of the folder beside the autoencoder and its surrogate. None: not given."""

    readers: ChordReaders | None = None
    feel: FeelNet | None = None

    def graphs(self, drums: IntArray) -> tuple[dict[str, onnx.ModelProto], dict[str, float]]:
        """The graphs of those given, and their parity figures; ``drums`` [N, 16] are bars."""
        graphs, found = {}, {}
        if self.readers is not None:
            graphs["harmony"] = harmony_graph(self.readers)
            found["harmony"] = harmony_parity(self.readers, graphs["harmony"])
        if self.feel is not None:
            graphs["feel"] = feel_graph(self.feel)
            found["feel"] = feel_parity(self.feel, graphs["feel"], drums)
        return graphs, found


NONE = OtherNets()


def export(
    model: TwoLevelVae,
    surrogate: TwoLevelSurrogate,
    windows: WindowSource,
    out: Path,
    old: Path | None = None,
    others: OtherNets = NONE,
) -> dict[str, float]:
    """Write the model folder ``out``; graphs that ``others`` does not have are those of the folder
    ``old``. Returns the parity figures. SystemExit where a graph and its network differ too much.
    """
    pool = windows.pool(7, np.ones(len(windows.data.starts), bool))
    index = np.random.default_rng(0).integers(0, len(pool.start), 64)
    tokens = windows.tokens(pool.start[index])
    graphs = graphs_of(model, surrogate)
    found = parity(model, graphs, tokens, pool.metre[index])
    more, apart = others.graphs(tokens[:, :SLOTS_PER_BAR, -1])
    found |= apart
    if any(value > MOST_DIFFERENT[name] for name, value in found.items()):
        raise SystemExit(f"ONNX does not do what PyTorch does: {found}")
    earlier = 0
    if old is not None:
        known = library.read_spec(old)
        earlier = known.earlier if known.coarse else known.latent
        graphs |= taken_over(old, known)
    graphs |= more
    with replaced_folder(out) as part:
        entries: dict[str, Any] = {}
        for name, graph in graphs.items():
            onnx.save(graph, part / f"{name}.onnx")
            entries[name] = graph_entry(part / f"{name}.onnx", graph)
        save_arrays(part / "styles.npz", presets(model, windows))
        extras = {"styles": extra_entry(part / "styles.npz")}
        spec = specification(out.name, model, surrogate.style_width, entries, extras)
        spec |= {"earlier": earlier} if earlier else {}
        write_yaml(part / library.SPEC_FILE, spec)
        if (out / "CARD.md").exists():
            shutil.copy2(out / "CARD.md", part / "CARD.md")
    return found


def taken_over(old: Path, spec: ModelSpec) -> dict[str, onnx.ModelProto]:
    """The graphs of another folder that this one can have as they are. Of a folder of one level
    also its decoder, smaller, as ``earlier``."""
    names = [name for name in TAKEN_OVER if name in spec.graphs]
    graphs = {name: onnx.load(old / spec.graphs[name].file) for name in names}
    if not spec.coarse:
        decoder = onnx.load(old / spec.graphs["decoder"].file)
        graphs["earlier"] = halved(narrowed(whole(decoder), exact=False))
    return graphs


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.export", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of trio.npz")
    parser.add_argument("--model", type=Path, required=True, help="folder of tools.train.two_level")
    parser.add_argument("--surrogate", type=Path, required=True, help="folder of its surrogate")
    parser.add_argument("--harmony", type=Path, help="folder of tools.train.chord_reader")
    parser.add_argument("--feel", type=Path, help="folder of tools.train.drum_touch")
    parser.add_argument("--from", dest="old", type=Path, help="model folder to take graphs from")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load_vae(args.model)
    surrogate = TwoLevelSurrogate(model.config)
    surrogate.load_state_dict(load_state(args.surrogate / CHECKPOINT)["model"])
    rounded(model)
    rounded(surrogate.eval())
    data = Dataset.load(args.data)
    windows = WindowSource(data, Lines.of(data), "train")
    others = OtherNets(
        load_chord_readers(args.harmony) if args.harmony else None,
        load_drum_touch(args.feel) if args.feel else None,
    )
    found = export(model, surrogate, windows, args.out, args.old, others)
    size = sum(path.stat().st_size for path in args.out.iterdir())
    print(json.dumps({"parity": found, "megabytes": round(size / 1e6, 2)}, indent=1))


if __name__ == "__main__":
    main()
