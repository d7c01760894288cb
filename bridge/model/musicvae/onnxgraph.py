"""Build ONNX graphs node by node, with loops. The only module here that imports ``onnx``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bridge.errors import ExtraMissing

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as exc:  # pragma: no cover - depends on the installation
    raise ExtraMissing("onnx", "import", "Importing a MusicVAE checkpoint") from exc

Array = npt.NDArray[Any]
Shape = Sequence[int | str]

OPSET: Final = 17
IR_VERSION: Final = 8
INT: Final = int(TensorProto.INT64)
FLOAT: Final = int(TensorProto.FLOAT)


class GraphBuilder:
    """An ONNX graph under construction; its methods return names of values.

    The body of a loop is a graph too: it can use all values of the enclosing graphs, and its
    constants are stored in the outermost graph, once each.
    """

    def __init__(self, name: str, around: GraphBuilder | None = None) -> None:
        self.name = name
        self.root: GraphBuilder = around.root if around else self
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._stored: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._values: list[Any] = []
        self._count = 0

    def _name(self, kind: str) -> str:
        self.root._count += 1
        return f"{kind.lower()}{self.root._count}"

    def input(self, name: str, kind: int, shape: Shape) -> str:
        """Declare an input."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def output(self, value: str, name: str, kind: int, shape: Shape) -> None:
        """Declare an output with the given value."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, list(shape)))

    def const(self, value: Array | Sequence[int] | float) -> str:
        """A constant array: float32, int32, int64 or bool. Equal arrays are stored once."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
        array = np.ascontiguousarray(array).reshape(array.shape)
        key = (array.dtype.str, array.shape, array.tobytes())
        root = self.root
        if key not in root._stored:
            name = self._name("const")
            root._values.append(numpy_helper.from_array(array, name))
            root._stored[key] = name
        return root._stored[key]

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one result."""
        return self.ops(kind, *inputs, outputs=1, **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several results."""
        name = self._name(kind)
        names = [f"{name}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    # --- common operators ---

    def add(self, *values: str) -> str:
        """The sum of all values."""
        total = values[0]
        for value in values[1:]:
            total = self.op("Add", total, value)
        return total

    def mul(self, a: str, b: str) -> str:
        """The product."""
        return self.op("Mul", a, b)

    def dense(self, x: str, kernel: Array, bias: Array) -> str:
        """``x @ kernel + bias``."""
        return self.add(self.op("MatMul", x, self.const(kernel)), self.const(bias))

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Reshape; 0 keeps a dimension, -1 infers one."""
        return self.op("Reshape", x, self.const(np.array(shape, np.int64)))

    def transpose(self, x: str, *perm: int) -> str:
        """Reorder the axes."""
        return self.op("Transpose", x, perm=list(perm))

    def split(self, x: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """Split an axis into parts of the given sizes."""
        if len(sizes) == 1:
            return [x]
        lengths = self.const(np.array(sizes, np.int64))
        return self.ops("Split", x, lengths, outputs=len(sizes), axis=axis)

    def concat(self, values: Sequence[str], axis: int = -1) -> str:
        """Concatenate values along an axis."""
        return values[0] if len(values) == 1 else self.op("Concat", *values, axis=axis)

    def unsqueeze(self, x: str, axis: int) -> str:
        """Add an axis of length one."""
        return self.op("Unsqueeze", x, self.const(np.array([axis], np.int64)))

    def squeeze(self, x: str, axis: int) -> str:
        """Remove an axis of length one."""
        return self.op("Squeeze", x, self.const(np.array([axis], np.int64)))

    def to_float(self, x: str) -> str:
        """Cast to float32."""
        return self.op("Cast", x, to=FLOAT)

    def to_int(self, x: str) -> str:
        """Cast to int64."""
        return self.op("Cast", x, to=INT)

    def one_hot(self, x: str, depth: int) -> str:
        """Classes [...] -> floats [..., depth]; a class outside 0..depth-1 is all zeros."""
        return self.op("OneHot", x, self.const(np.array(depth)), self.const(np.array([0.0, 1.0])))

    def scan(
        self,
        states: Sequence[tuple[str, int]],
        inputs: Sequence[tuple[str, int]],
        outputs: Sequence[int],
        body: Callable[[GraphBuilder, list[str], list[str]], tuple[list[str], list[str]]],
    ) -> tuple[list[str], list[str]]:
        """A loop over the first axis of ``inputs``; states and inputs are (name, element type).

        ``body(graph, states, slices of the inputs)`` returns the new states and the values, of the
        element types ``outputs``, to stack on a new first axis. Returns the last states and the
        stacks.
        """
        inner = GraphBuilder(self._name("body"), self)
        names = [(self._name("state"), kind) for _, kind in states]
        slices = [(self._name("item"), kind) for _, kind in inputs]
        for name, kind in [*names, *slices]:
            inner.inputs.append(helper.make_tensor_value_info(name, kind, None))
        after, stacked = body(inner, [n for n, _ in names], [n for n, _ in slices])
        kinds = [kind for _, kind in names] + list(outputs)
        for value, kind in zip([*after, *stacked], kinds, strict=True):
            name = self._name("out")
            inner.nodes.append(helper.make_node("Identity", [value], [name]))
            inner.outputs.append(helper.make_tensor_value_info(name, kind, None))
        graph = helper.make_graph(inner.nodes, inner.name, inner.inputs, inner.outputs)
        results = self.ops(
            "Scan",
            *(value for value, _ in [*states, *inputs]),
            outputs=len(kinds),
            body=graph,
            num_scan_inputs=len(inputs),
        )
        return results[: len(states)], results[len(states) :]

    def serialise(self) -> bytes:
        """The finished, checked model as the content of an .onnx file."""
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self._values)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="latent-bridge",
        )
        onnx.checker.check_model(model, full_check=True)
        content: bytes = model.SerializeToString()
        return content
