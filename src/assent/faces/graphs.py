"""Builds small ONNX graphs (operator set 17) node by node; imported only while weights are converted."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPERATOR_SET: Final = 17
IR_VERSION: Final = 9


class GraphBuilder:
    """A graph under construction; values are referred to by name."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add_weight(self, values: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        name = f"weight{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        name = f"{operator.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def finish(self, numbers: int, input_shape: list[int | str], outputs: list[str], *, axes: int) -> bytes:
        """Return the checked graph with one input `img` and these float outputs, each with so many free axes."""
        graph = helper.make_graph(
            self._nodes,
            "assent",
            [helper.make_tensor_value_info("img", numbers, input_shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * axes) for name in outputs],
            self._weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPERATOR_SET)])
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))
