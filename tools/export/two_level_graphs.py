"""The two-level model as ONNX graphs: encoder, decoder and surrogate.

A code [N, Z] is the coarse code, then bar by bar the fine codes of melody, bass and drums. A fine
code that is zero throughout is none: that bar of that part is decoded from the coarse code alone.
"""

from __future__ import annotations

import numpy as np
from torch import nn

import onnx
from bridge.model.two_level.code_layout import NETWORK_METRES
from bridge.music.chords import CHORD_CLASSES
from bridge.music.grid import SLOTS_PER_BAR
from onnx import TensorProto
from tools.data.sizes import BARS, CLASSES, DRUM_BITS, PHASES, STEPS
from tools.data.window_batches import MASKS
from tools.export.graphs import Graph
from tools.network.surrogate_net import TwoLevelSurrogate
from tools.network.two_level import DRUMS, BarReader, PartWriter, Residual, TwoLevelVae

METRES = len(NETWORK_METRES)
PARTS = len(CLASSES)
BELOW_ONE = 1 - 1e-5
COLDEST = 1e-5
"""At this temperature and below the likeliest class is taken whatever the noise."""
LARGEST_EXPONENT, SMALLEST_EXPONENT = 2.0, -6.0


def one_hot(g: Graph, index: str, count: int) -> str:
    """Indices [N] -> [N, count] floats."""
    return g.op("Gather", g.const(np.eye(count, dtype=np.float32)), index, axis=0)


def residual(g: Graph, x: str, net: Residual) -> str:
    """See ``two_level.Residual``."""
    normal = g.op(
        "LayerNormalization", x, g.const(net.norm.weight), g.const(net.norm.bias), axis=-1,
        epsilon=net.norm.eps,
    )  # fmt: skip
    inside = g.op("Relu", g.linear(normal, net.inside))
    return g.op("Add", x, g.linear(inside, net.out))


def stacked(g: Graph, x: str, nets: nn.Sequential) -> str:
    """Linear, residual and rectifying layers in a row."""
    for net in nets:
        if isinstance(net, Residual):
            x = residual(g, x, net)
        elif isinstance(net, nn.Linear):
            x = g.linear(x, net)
        else:
            x = g.op("Relu", x)
    return x


def turned(g: Graph, x: str, layer: nn.Linear) -> str:
    """A linear layer without a bias."""
    return g.op("MatMul", x, g.const(layer.weight.T))


def exponent(g: Graph, raw: str, offset: float, low: float, high: float) -> str:
    """A bounded logarithm of a standard deviation, as the standard deviation."""
    moved = g.op("Add", raw, g.const(offset))
    return g.op("Exp", g.op("Clip", moved, g.const(low), g.const(high)))


def halves(g: Graph, x: str, size: int) -> tuple[str, str]:
    """The two halves of the last axis."""
    first, second = g.ops("Split", x, g.const([size, size]), outputs=2, axis=-1)
    return first, second


# --- encoder ---------------------------------------------------------------------------------


def _read(g: Graph, line: str, metre: str, net: BarReader) -> str:
    """A part [N, 64] -> features of its bars [N, 4, bar]."""
    if net.is_drums:
        steps = g.drum_bits(line)
    else:
        table = net.notes.weight + net.chroma.weight[net.pitch_class]
        steps = g.op("Gather", g.const(table), line)
    bars = g.reshape(steps, [-1, BARS, net.inside.in_features])
    x = g.op("Add", g.linear(bars, net.inside), g.one(turned(g, metre, net.metre), 1))
    return g.op("Relu", residual(g, x, net.mix))


def encoder_graph(net: TwoLevelVae) -> onnx.ModelProto:
    """``tokens`` [N, 64, 3], ``metre`` [N] -> ``mu``, ``sigma`` [N, Z].

    A part without an event in the window counts as absent: its fine codes are zero.
    """
    config = net.config
    g = Graph("encoder")
    tokens = g.input("tokens", "int64", ["N", STEPS, PARTS])
    metre = one_hot(g, g.input("metre", "int64", ["N"]), METRES)
    lines = [g.pick(tokens, part) for part in range(PARTS)]
    features = [_read(g, line, metre, net.readers[part]) for part, line in enumerate(lines)]
    there = [_there(g, line, 1 if part == DRUMS else 2) for part, line in enumerate(lines)]
    squeezed = [
        g.op("Mul", g.reshape(g.op("Tanh", g.linear(x, squeeze)), [-1, BARS * config.squeeze]), is_)
        for x, squeeze, is_ in zip(features, net.squeezes, there, strict=True)
    ]
    hidden = stacked(g, g.op("Concat", *squeezed, *there, metre, axis=-1), net.window)
    mu, raw = halves(g, g.linear(hidden, net.coarse), config.coarse)
    spread = exponent(g, raw, -2.0, SMALLEST_EXPONENT, LARGEST_EXPONENT)
    means, spreads = [], []
    for part, context in enumerate(_contexts(g, mu, metre, net)):
        both = g.op("Concat", features[part], context, axis=-1)
        fine, unsure = halves(g, g.linear(both, net.fines[part]), config.fine[part])
        means.append(g.op("Mul", fine, g.one(there[part], 1)))
        spreads.append(exponent(g, unsure, -2.0, SMALLEST_EXPONENT, LARGEST_EXPONENT))
    for name, first, rest in (("mu", mu, means), ("sigma", spread, spreads)):
        rows = g.reshape(g.op("Concat", *rest, axis=-1), [-1, BARS * sum(config.fine)])
        g.output(g.op("Concat", first, rows, axis=-1), name, "float32", ["N", config.latent])
    return g.model()


def _there(g: Graph, line: str, least: int) -> str:
    """[N, 1]: 1 where a line [N, 64] has an event of class ``least`` or more."""
    found = g.number(g.op("GreaterOrEqual", line, g.const(least)))
    return g.op("ReduceMax", found, axes=[1], keepdims=1)


def _contexts(g: Graph, coarse: str, metre: str, net: TwoLevelVae) -> list[str]:
    """Coarse codes [N, coarse] -> contexts of each part's bars [N, 4, C]."""
    hidden = stacked(g, g.op("Concat", coarse, metre, axis=-1), net.trunk)
    width = net.config.context
    return [g.reshape(g.linear(hidden, head), [-1, BARS, width]) for head in net.contexts]


# --- decoder ---------------------------------------------------------------------------------


def decoder_graph(net: TwoLevelVae) -> onnx.ModelProto:
    """``z`` [N, Z], ``bars`` [K], ``metre`` [N], ``temperature``, ``noise`` [N, K, 16, 3] ->
    ``tokens`` [N, K, 16, 3]. Slots that the metre does not use are 0."""
    config = net.config
    g = Graph("decoder")
    z = g.input("z", "float32", ["N", config.latent])
    bars = g.input("bars", "int64", ["K"])
    number = g.input("metre", "int64", ["N"])
    temperature = g.input("temperature", "float32", [])
    noise = g.input("noise", "float32", ["N", "K", SLOTS_PER_BAR, PARTS])
    metre = one_hot(g, number, METRES)
    sizes = [config.coarse, BARS * sum(config.fine)]
    coarse, rows = g.ops("Split", z, g.const(sizes), outputs=2, axis=-1)
    fine = g.op("Gather", g.reshape(rows, [-1, BARS, sum(config.fine)]), bars, axis=1)
    codes = g.ops("Split", fine, g.const(list(config.fine)), outputs=PARTS, axis=-1)
    sharp = g.op("Div", g.const(1.0), g.op("Max", temperature, g.const(COLDEST)))
    chance = g.op("Mul", noise, g.const(BELOW_ONE))
    played = []
    for part, context in enumerate(_contexts(g, coarse, metre, net)):
        chosen = g.op("Gather", context, bars, axis=1)
        logits = _write(g, chosen, codes[part], metre, net.writers[part])
        drawn = _drums if part == DRUMS else _notes
        played.append(g.one(drawn(g, g.op("Mul", logits, sharp), g.pick(chance, part)), -1))
    tokens = g.op("Concat", *played, axis=-1)
    mask = g.op("Gather", g.const(MASKS.astype(np.int64)[:, None, :, None]), number, axis=0)
    g.output(g.op("Mul", tokens, mask), "tokens", "int64", ["N", "K", SLOTS_PER_BAR, PARTS])
    return g.model()


def _write(g: Graph, context: str, fine: str, metre: str, net: PartWriter) -> str:
    """Contexts [N, K, C] and fine codes [N, K, F] -> logits [N, K, 16, classes or bits]."""
    any_of = g.op("ReduceMax", g.op("Abs", fine), axes=[-1], keepdims=1)
    there = g.number(g.op("Greater", any_of, g.const(0.0)))
    x = g.op("Add", g.linear(context, net.context), g.one(turned(g, metre, net.metre), 1))
    detail = g.op("Add", turned(g, fine, net.fine), g.const(net.there))
    x = stacked(g, g.op("Add", x, g.op("Mul", there, detail)), net.mix)
    if net.is_drums:
        return g.reshape(g.linear(x, net.out), [0, 0, SLOTS_PER_BAR, DRUM_BITS])
    return g.linear(g.reshape(g.linear(x, net.spread), [0, 0, SLOTS_PER_BAR, -1]), net.out)


def _notes(g: Graph, logits: str, chance: str) -> str:
    """Sharpened logits [..., 16, 90] and chances [..., 16] -> classes [..., 16]."""
    share = g.op("Softmax", logits, axis=-1)
    passed = g.op("LessOrEqual", g.op("CumSum", share, g.const(-1)), g.one(chance, -1))
    count = g.op("ReduceSum", g.op("Cast", passed, to=TensorProto.INT64), g.const([-1]), keepdims=0)
    return g.op("Min", count, g.const(CLASSES[0] - 1))


def _drums(g: Graph, logits: str, chance: str) -> str:
    """Sharpened logits [..., 16, 9] and chances [..., 16] -> drum masks [..., 16].

    One uniform number draws all nine: what of it is left after each drum is uniform again.
    """
    shares = g.op("Sigmoid", logits)
    total = None
    for drum in range(DRUM_BITS):
        share = g.pick(shares, drum)
        hit = g.op("Less", chance, share)
        bit = g.op("Mul", g.op("Cast", hit, to=TensorProto.INT64), g.const(1 << drum))
        total = bit if total is None else g.op("Add", total, bit)
        one = g.op("Div", chance, g.op("Max", share, g.const(1e-9)))
        silent = g.op("Max", g.op("Sub", g.const(1.0), share), g.const(1e-9))
        other = g.op("Div", g.op("Sub", chance, share), silent)
        chance = g.op("Where", hit, one, other)
    assert total is not None
    return total


# --- surrogate -------------------------------------------------------------------------------


def surrogate_graph(net: TwoLevelSurrogate) -> onnx.ModelProto:
    """``melody``, ``heard``, ``style``, ``chords``, ``phase``, ``metre`` -> ``mu``, ``sigma``
    [N, Z], ``chord_logits`` [N, 8, 25]. The fine codes of the melody are zero."""
    config, size = net.config, net.fine
    g = Graph("surrogate")
    melody = g.input("melody", "int64", ["N", STEPS])
    heard = g.input("heard", "float32", ["N", STEPS])
    style = g.input("style", "float32", ["N", net.style_width])
    chords = g.input("chords", "float32", ["N", 2 * BARS, CHORD_CLASSES])
    phase = g.input("phase", "int64", ["N"])
    metre = one_hot(g, g.input("metre", "int64", ["N"]), METRES)
    coarse, rows = g.ops("Split", style, g.const([config.coarse, BARS * size]), outputs=2, axis=-1)
    reference = g.reshape(rows, [-1, BARS, size])
    table = (np.arange(BARS) + np.arange(PHASES)[:, None]) % PHASES
    places = g.op("Gather", g.const(table), phase, axis=0)
    place = one_hot(g, places, PHASES)
    flag = g.one(heard, -1)
    notes = g.op("Mul", g.op("Gather", g.const(net.notes.weight), melody), flag)
    steps = g.op("Concat", notes, flag, axis=-1)
    bars = g.op("Relu", g.linear(g.reshape(steps, [-1, BARS, net.bar.in_features]), net.bar))
    line = g.op("Relu", g.linear(g.reshape(bars, [-1, net.line.in_features]), net.line))
    begins = one_hot(g, phase, PHASES)
    hidden = stacked(g, g.op("Concat", line, coarse, rows, metre, begins, axis=-1), net.window)
    delta, spread = halves(g, g.linear(hidden, net.coarse), config.coarse)
    each = g.op("Relu", g.linear(g.reshape(chords, [-1, BARS, 2 * CHORD_CLASSES]), net.chords))
    ones = g.const(np.ones((1, BARS, 1), np.float32))
    mean = g.op("ReduceMean", reference, axes=[1], keepdims=1)
    wide = g.op("Mul", g.one(g.op("Concat", hidden, coarse, metre, axis=-1), 1), ones)
    row = g.op("Concat", wide, bars, each, reference, g.op("Mul", mean, ones), place, axis=-1)
    row = stacked(g, row, net.row)
    change, unsure = halves(g, g.linear(row, net.change), size)
    fine = g.op("Add", reference, change)
    blank = g.const(np.zeros((1, BARS, config.fine_melody), np.float32))
    none = g.op("Mul", g.op("ReduceMean", fine, axes=[2], keepdims=1), blank)
    for name, first, rest in (
        ("mu", g.op("Add", coarse, delta), fine),
        ("sigma", exponent(g, spread, -1.0, -5.0, 1.0), exponent(g, unsure, -1.0, -5.0, 1.0)),
    ):
        both = g.reshape(g.op("Concat", none, rest, axis=-1), [-1, BARS * sum(config.fine)])
        g.output(g.op("Concat", first, both, axis=-1), name, "float32", ["N", config.latent])
    named = g.linear(g.op("Concat", g.op("Mul", g.one(line, 1), ones), bars, axis=-1), net.named)
    logits = g.reshape(named, [-1, 2 * BARS, CHORD_CLASSES])
    g.output(logits, "chord_logits", "float32", ["N", 2 * BARS, CHORD_CLASSES])
    return g.model()
