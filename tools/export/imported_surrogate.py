"""What the folder of an imported trio gets: a surrogate, a style network and named styles.

The model's own graphs stay as they are.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

import onnx
from bridge.errors import ModelError
from bridge.model import library
from bridge.model.contract import TRIO, ExtraSpec, GraphSpec, ModelSpec
from bridge.model.runtime import graph_ports
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from bridge.system.strict_yaml import write_yaml
from tools.data.dataset import Windows
from tools.data.sizes import BARS, BEATS, PHASES
from tools.export.graphs import Graph
from tools.export.model_files import checksum, replaced_folder, save_arrays
from tools.export.style_references import STYLES
from tools.network.imported_surrogate_net import StyleNet, Surrogate, SurrogateModel

MOST = 400
"""Number of windows of a groove that its style is the mean of, at most."""
UNNAMED, USUAL_TEMPO = 8, 110.0
"""Number of grooves that become styles where the data has none with a name, and their tempo."""


def check_model(folder: Path) -> ModelSpec:
    """The specification of a trio that can get a surrogate. ModelError for any other model."""
    spec = library.read_spec(folder)
    if spec.kind != TRIO or "bars" not in spec.graphs["decoder"].inputs:
        raise ModelError(f"{folder}: only a trio can be given a surrogate, not a {spec.kind}")
    if spec.coarse:
        raise ModelError(f"{folder} has a surrogate of its own: tools.train.two_level_surrogate")
    if "encoder" not in spec.graphs:
        raise ModelError(f"{folder} has no encoder, and the surrogate learns from it")
    library.verify(folder, spec)
    return spec


def write_graphs(
    folder: Path, spec: ModelSpec, model: SurrogateModel, windows: Windows, story: str
) -> ModelSpec:
    """Write the model folder again, with the new graphs, styles and ``model.yaml``; ``story`` goes
    onto its card."""
    model.eval()
    config = model.config
    graphs = {
        "surrogate": surrogate_graph(model.surrogate, config.latent, config.style),
        "style": style_graph(model.style),
    }
    with replaced_folder(folder) as part:
        shutil.copytree(folder, part, dirs_exist_ok=True)
        taught = replace(
            spec, style=config.style, phases=PHASES, common_key=True, chord_classes=CHORD_CLASSES,
            graphs=dict(spec.graphs), extras=dict(spec.extras),
        )  # fmt: skip
        ports = graph_ports(taught)
        for name, graph in graphs.items():
            file = part / f"{name}.onnx"
            onnx.save(graph, file)
            taught.graphs[name] = GraphSpec(file.name, checksum(file), *ports[name])
        save_arrays(part / "styles.npz", style_presets(model.style, windows))
        taught.extras["styles"] = ExtraSpec("styles.npz", checksum(part / "styles.npz"))
        write_yaml(part / library.SPEC_FILE, asdict(taught))
        with (part / "CARD.md").open("a", encoding="utf-8") as card:
            card.write(f"\n## Surrogate\n\n{story}\n")
    return taught


@torch.no_grad()
def style_presets(net: StyleNet, windows: Windows) -> dict[str, np.ndarray]:
    """``styles.npz``: the mean style vectors of the named styles' grooves, in windows of 4/4.

    A style whose groove is not in the data is left out. Where none is, each of the first grooves
    becomes one.
    """
    data = windows.data
    number = {str(name): i for i, name in enumerate(data.groove_names)}
    grooves = data.groove[windows.piece]
    known = [(s.name, s.tempo, number[s.groove]) for s in STYLES if s.groove in number]
    held = [row for row in known if (grooves == row[2]).any()]
    if not held:
        held = [(str(data.groove_names[i]), USUAL_TEMPO, i) for i in np.unique(grooves)[:UNNAMED]]
    vectors = []
    for _, _, groove in held:
        found = np.flatnonzero(grooves == groove)
        bass, drums, _ = windows.grooves(found[:: max(1, len(found) // MOST)])
        vectors.append(net(torch.from_numpy(bass), torch.from_numpy(drums)).mean(0).numpy())
    return {
        "names": np.array([name for name, _, _ in held]),
        "vectors": np.stack(vectors).astype(np.float32),
        "tempo": np.array([tempo for _, tempo, _ in held], np.float32),
        "swing": np.zeros(len(held), np.float32),
    }


# --- graphs -----------------------------------------------------------------------------------


def style_graph(net: StyleNet) -> onnx.ModelProto:
    """``bass``, ``drums`` -> ``style``."""
    g = Graph("style")
    bass = g.input("bass", "int64", ["N", net.bars * SLOTS_PER_BAR])
    drums = g.input("drums", "int64", ["N", net.bars * SLOTS_PER_BAR])
    onset = g.number(g.op("GreaterOrEqual", bass, g.const(2)))
    off = g.number(g.op("Equal", bass, g.const(1)))
    pitch = g.op("Mul", g.number(bass), onset)
    total = g.op("ReduceSum", pitch, g.const([1]))
    count = g.op("Max", g.op("ReduceSum", onset, g.const([1])), g.const(1.0))
    above = g.op("Sub", pitch, g.op("Div", total, count))
    height = g.op("Mul", g.op("Div", above, g.const(12.0)), onset)
    lines = [g.one(value, -1) for value in (onset, off, height)]
    steps = g.op("Concat", g.drum_bits(drums), *lines, axis=-1)
    folded = g.reshape(steps, [-1, net.bars, net.bar.in_features])
    bars = g.op("Relu", g.linear(folded, net.bar))
    hidden = g.reshape(g.op("Relu", g.linear(bars, net.mix)), [-1, net.out.in_features])
    style = g.op("Tanh", g.linear(hidden, net.out))
    g.output(style, "style", "float32", ["N", net.out.out_features])
    return g.model()


def surrogate_graph(net: Surrogate, latent: int, style_width: int) -> onnx.ModelProto:
    """``melody``, ``heard``, ``style``, ``chords``, ``phase`` -> ``mu``, ``sigma``,
    ``chord_logits``."""
    g = Graph("surrogate")
    steps_in, beats = net.bars * SLOTS_PER_BAR, net.bars * BEATS // BARS
    melody = g.input("melody", "int64", ["N", steps_in])
    heard = g.input("heard", "float32", ["N", steps_in])
    style = g.input("style", "float32", ["N", style_width])
    chords = g.input("chords", "float32", ["N", net.halves, CHORD_CLASSES])
    phase = g.input("phase", "int64", ["N"])
    flag = g.one(heard, -1)
    notes = g.op("Mul", g.op("Gather", g.const(net.notes()), melody), flag)
    steps = g.op("Concat", notes, flag, axis=-1)
    folded = g.reshape(steps, [-1, beats, net.beat.in_features])
    hidden = g.lstm(g.op("Relu", g.linear(folded, net.beat)), net.lstm, beats)
    halves = g.reshape(hidden, [-1, net.halves, net.chord_hidden.in_features])
    logits = g.linear(g.op("Relu", g.linear(halves, net.chord_hidden)), net.chord)
    free = g.op("Sub", g.const(1.0), g.op("ReduceSum", chords, g.const([-1])))
    guess = g.op("Mul", free, g.op("Softmax", logits, axis=-1))
    soft = g.op("Add", chords, guess)
    spread = np.zeros((1, net.halves, 1), np.float32)
    groove = g.op("Add", g.one(style, 1), g.const(spread))
    mixed = g.op("Concat", halves, soft, groove, axis=-1)
    place = g.op("Gather", g.const(np.eye(PHASES, dtype=np.float32)), phase)
    turned = g.op("Relu", g.linear(g.op("Concat", style, place, axis=-1), net.turn))
    section = g.op("MatMul", turned, g.const(net.turned_section.weight.T))
    section = g.op("Add", g.linear(mixed, net.section), g.one(section, 1))
    coded = g.lstm(g.op("Relu", section), net.code, net.halves)
    flat = g.op("Tanh", g.linear(coded, net.squeeze))
    flat = g.reshape(flat, [-1, net.halves * net.squeeze.out_features])
    code = g.linear(g.op("Concat", flat, style, axis=-1), net.out)
    code = g.op("Add", code, g.op("MatMul", turned, g.const(net.turned_code.weight.T)))
    mu, raw = g.ops("Split", code, g.const([latent, latent]), outputs=2, axis=-1)
    g.output(mu, "mu", "float32", ["N", latent])
    g.output(_sigma(g, raw), "sigma", "float32", ["N", latent])
    g.output(logits, "chord_logits", "float32", ["N", net.halves, CHORD_CLASSES])
    return g.model()


def _sigma(g: Graph, raw: str) -> str:
    """A positive standard deviation, as ``imported_surrogate_net.sigma_of``."""
    soft = g.op("Softplus", g.op("Add", raw, g.const(0.55)))
    return g.op("Add", soft, g.const(1e-3))
