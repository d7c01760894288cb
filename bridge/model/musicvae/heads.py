"""Output heads: from a decoder's outputs to a step (classes, drums one after another, grooves).

At temperature 0 the result equals that of magenta.js. Above 0 samples use noise, uniform in
[0, 1): a class by the inverse of the cumulative distribution, a binary value where the probability
exceeds the noise. (magenta.js never samples NADE; this does.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.model.musicvae.family import Family, Head
from bridge.model.musicvae.onnxgraph import FLOAT, INT, GraphBuilder

Tensors = Mapping[str, npt.NDArray[Any]]
BELOW_ONE: Final = 1 - 1e-5
"""Factor on noise, which keeps it below the last value of a cumulative sum that rounding may leave
slightly under 1."""
MIN_TEMPERATURE: Final = 1e-5


@dataclass(frozen=True)
class SamplingTemperature:
    """Names of graph values: ``above_zero`` (bool: sample or take the likeliest) and ``inverse``
    (1 / temperature)."""

    above_zero: str
    inverse: str

    @classmethod
    def of(cls, g: GraphBuilder, temperature: str) -> SamplingTemperature:
        """From the graph's input ``temperature``."""
        bounded = g.op("Max", temperature, g.const(np.array(MIN_TEMPERATURE)))
        above_zero = g.op("Greater", temperature, g.const(np.array(0.0)))
        return cls(above_zero, g.op("Reciprocal", bounded))


@dataclass(frozen=True)
class StepOutput:
    """One step: the output [N, C], and for each track its contribution to the next step's gates
    [N, 4H]."""

    step: str
    fed: list[str]


class OutputHead:
    """The output projections and the feedback of all tracks of a model."""

    def __init__(self, family: Family, tensors: Tensors, tables: Sequence[npt.NDArray[Any]]):
        self.family = family
        self.projections = [
            (tensors[f"{p}output_projection/kernel"], tensors[f"{p}output_projection/bias"])
            for p in family.prefixes()
        ]
        self.tables = tables
        self.nade = [
            tensors[f"{family.prefixes()[0]}nade/{name}"].reshape(-1, family.nade_hidden)
            for name in (("w_enc", "w_dec_t") if family.head is Head.NADE else ())
        ]

    @property
    def kind(self) -> int:
        """ONNX element type of a step."""
        return FLOAT if self.family.head is Head.GROOVE else INT

    def sample(
        self, g: GraphBuilder, hidden: Sequence[str], noise: str, temperature: SamplingTemperature
    ) -> StepOutput:
        """The tracks' top h [N, H] and noise [N, draws] -> the sampled step."""
        logits = [
            g.dense(h, kernel, bias)
            for h, (kernel, bias) in zip(hidden, self.projections, strict=True)
        ]
        match self.family.head:
            case Head.CATEGORICAL:
                return self._classes(g, logits, noise, temperature)
            case Head.GROOVE:
                return self._groove(g, logits[0], noise, temperature)
            case Head.NADE:
                return self._drums(g, logits[0], noise, temperature)
            case Head.BOOLEAN:
                return self._flags(g, logits[0], noise, temperature)

    def _classes(
        self, g: GraphBuilder, logits: Sequence[str], noise: str, temperature: SamplingTemperature
    ) -> StepOutput:
        chances = g.split(noise, [1] * len(logits))
        words, fed = [], []
        for values, chance, table in zip(logits, chances, self.tables, strict=True):
            last = g.const(np.array(len(table) - 1))
            share = g.op("Softmax", g.mul(values, temperature.inverse), axis=-1)
            passed = g.op("LessOrEqual", g.op("CumSum", share, g.const(np.array(-1))), chance)
            count = g.op("ReduceSum", g.to_int(passed), g.const(np.array([-1])), keepdims=0)
            likeliest = g.op("ArgMax", values, axis=-1, keepdims=0)
            word = g.op("Where", temperature.above_zero, g.op("Min", count, last), likeliest)
            words.append(g.unsqueeze(word, -1))
            fed.append(g.op("Gather", g.const(table), word))
        return StepOutput(g.concat(words), fed)

    def _flags(
        self, g: GraphBuilder, logits: str, noise: str, temperature: SamplingTemperature
    ) -> StepOutput:
        drawn = g.op("GreaterOrEqual", g.op("Sigmoid", g.mul(logits, temperature.inverse)), noise)
        plain = g.op("GreaterOrEqual", logits, g.const(np.array(0.0)))
        flags = g.op("Where", temperature.above_zero, g.to_float(drawn), g.to_float(plain))
        return StepOutput(g.to_int(flags), [self._feed(g, flags)])

    def _groove(
        self, g: GraphBuilder, logits: str, noise: str, temperature: SamplingTemperature
    ) -> StepOutput:
        third = self.family.depth // 3
        hits, velocities, offsets = g.split(logits, [third] * 3)
        drawn = g.op("Greater", g.op("Sigmoid", g.mul(hits, temperature.inverse)), noise)
        plain = g.op("Greater", g.op("Sigmoid", hits), g.const(np.array(0.5)))
        hit = g.op("Where", temperature.above_zero, g.to_float(drawn), g.to_float(plain))
        step = g.concat([hit, g.op("Sigmoid", velocities), g.op("Tanh", offsets)])
        return StepOutput(step, [self._feed(g, step)])

    def _drums(
        self, g: GraphBuilder, outputs: str, noise: str, temperature: SamplingTemperature
    ) -> StepOutput:
        family, (encode, decode) = self.family, self.nade
        state, biases = g.split(outputs, [family.nade_hidden, family.depth])
        chances, bits = g.split(noise, [1] * family.depth), []
        for i, bias in enumerate(g.split(biases, [1] * family.depth)):
            seen = g.op("MatMul", g.op("Sigmoid", state), g.const(decode[i][:, None]))
            logit = g.add(bias, seen)
            drawn = g.op(
                "GreaterOrEqual", g.op("Sigmoid", g.mul(logit, temperature.inverse)), chances[i]
            )
            plain = g.op("GreaterOrEqual", g.op("Sigmoid", logit), g.const(np.array(0.5)))
            bits.append(g.op("Where", temperature.above_zero, g.to_float(drawn), g.to_float(plain)))
            if i < family.depth - 1:
                state = g.add(state, g.mul(bits[-1], g.const(encode[i])))
        step = g.concat(bits)
        weights = g.const(2.0 ** np.arange(family.depth)[:, None])
        return StepOutput(g.to_int(g.op("MatMul", step, weights)), [self._feed(g, step)])

    def _feed(self, g: GraphBuilder, step: str) -> str:
        return g.op("MatMul", step, g.const(self.tables[0]))
