"""Reads the weights of the `mtcnn` package (joblib's array pickles in LZ4 frames) and builds its three ONNX graphs.

A pickle can run code, so: the caller checks the file's SHA-256 first, and the reader here knows three classes and no
others.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar, Final, TypeAlias

import lz4.frame
import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from assent.errors import InvalidPack
from assent.faces.graphs import GraphBuilder

Floats: TypeAlias = NDArray[np.float32]

PROPOSAL_FILE: Final = "pnet.lz4"
REFINE_FILE: Final = "rnet.lz4"
OUTPUT_FILE: Final = "onet.lz4"
_PATCH_SIDES_PX: Final = {REFINE_FILE: 24, OUTPUT_FILE: 48}


def read_mtcnn_weights(data: bytes) -> list[Floats]:
    """Return the arrays of one weight file in the order of its layers; raises InvalidPack on any other content.

    Check the file's digest before calling this.
    """
    try:
        arrays = _ArrayListReader(BytesIO(lz4.frame.decompress(data))).load()
    except InvalidPack:
        raise
    except Exception as error:  # LZ4 frames and pickles fail in many ways.
        raise InvalidPack("The detector's weight file cannot be read.") from error
    if not isinstance(arrays, list) or not all(isinstance(array, np.ndarray) for array in arrays):
        raise InvalidPack("The detector's weight file holds something else than a list of arrays.")
    return [np.asarray(array, np.float32) for array in arrays]


def build_mtcnn_graph(name: str, weights: list[Floats]) -> bytes:
    """Return the graph for one of the three weight files, from normalised patches `img`, shape (N, H, W, 3), float32.

    Outputs: box offsets, then landmarks (output network only), then the scores of no face and face.
    """
    layers = _LayerStack(weights)
    try:
        if name == PROPOSAL_FILE:
            shape: list[int | str] = ["N", "H", "W", 3]
            outputs = _add_proposal_layers(layers)
        else:
            side = _PATCH_SIDES_PX[name]
            shape = ["N", side, side, 3]
            outputs = _add_patch_layers(layers, is_output=name == OUTPUT_FILE)
    except StopIteration as error:
        raise InvalidPack("The detector's weight file has fewer layers than expected.") from error
    layers.expect_end()
    return layers.builder.finish(TensorProto.FLOAT, shape, outputs, axes=4 if name == PROPOSAL_FILE else 2)


def _add_proposal_layers(layers: _LayerStack) -> list[str]:
    value = layers.builder.add("Transpose", "img", perm=[0, 3, 1, 2])
    value = layers.pool(layers.activate(layers.convolve(value)), side=2, same_size=True)
    value = layers.activate(layers.convolve(value))
    value = layers.activate(layers.convolve(value))
    offsets = layers.convolve(value)
    scores = layers.builder.add("Softmax", layers.convolve(value), axis=1)
    return [layers.builder.add("Transpose", output, perm=[0, 2, 3, 1]) for output in (offsets, scores)]


def _add_patch_layers(layers: _LayerStack, *, is_output: bool) -> list[str]:
    value = layers.builder.add("Transpose", "img", perm=[0, 3, 1, 2])
    value = layers.pool(layers.activate(layers.convolve(value)), side=3, same_size=True)
    value = layers.pool(layers.activate(layers.convolve(value)), side=3, same_size=False)
    value = layers.activate(layers.convolve(value))
    if is_output:
        value = layers.activate(layers.convolve(layers.pool(value, side=2, same_size=True)))
    # The dense weights were trained on (width, height, channel), the original Caffe model's order.
    value = layers.builder.add("Flatten", layers.builder.add("Transpose", value, perm=[0, 3, 2, 1]))
    value = layers.activate(layers.connect(value), is_flat=True)
    outputs = [layers.connect(value) for _ in range(2 if is_output else 1)]
    return [*outputs, layers.builder.add("Softmax", layers.connect(value), axis=1)]


class _LayerStack:
    """Takes weights in their order and adds the layers that use them."""

    def __init__(self, weights: list[Floats]) -> None:
        self.builder = GraphBuilder()
        self._weights = iter(weights)

    def convolve(self, value: str) -> str:
        kernel, bias = next(self._weights), next(self._weights)
        return self.builder.add(
            "Conv",
            value,
            self.builder.add_weight(kernel.transpose(3, 2, 0, 1)),
            self.builder.add_weight(bias),
            kernel_shape=list(kernel.shape[:2]),
        )

    def connect(self, value: str) -> str:
        weight, bias = next(self._weights), next(self._weights)
        return self.builder.add("Gemm", value, self.builder.add_weight(weight), self.builder.add_weight(bias))

    def activate(self, value: str, *, is_flat: bool = False) -> str:
        slope = next(self._weights).reshape(-1)
        return self.builder.add("PRelu", value, self.builder.add_weight(slope if is_flat else slope.reshape(-1, 1, 1)))

    def pool(self, value: str, *, side: int, same_size: bool) -> str:
        padding = "SAME_UPPER" if same_size else "VALID"
        return self.builder.add("MaxPool", value, kernel_shape=[side, side], strides=[2, 2], auto_pad=padding)

    def expect_end(self) -> None:
        if next(self._weights, None) is not None:
            raise InvalidPack("The detector's weight file has more layers than expected.")


@dataclass
class _ArrayRecord:
    """What joblib writes in place of an array; the array's own bytes follow in the stream.

    Without slots, because unpickling sets attributes through `__dict__`.
    """

    subclass: Any = None
    order: Any = None
    shape: Any = None
    dtype: Any = None
    allow_mmap: Any = None
    numpy_array_alignment_bytes: Any = None


_KNOWN_CLASSES: Final[dict[tuple[str, str], Any]] = {
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _ArrayRecord,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


_PURE_BUILD: Final[Callable[[Any], None]] = pickle._Unpickler.dispatch[pickle.BUILD[0]]  # noqa: SLF001


class _ArrayListReader(pickle._Unpickler):  # noqa: SLF001
    """Unpickles lists of float arrays as joblib writes them, and nothing else.

    The pure-Python unpickler is the only one that lets the array bytes be read from the middle of the stream.
    """

    stack: list[Any]

    def __init__(self, stream: BytesIO) -> None:
        super().__init__(stream)
        self._stream = stream

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the three classes that such a file needs; raises InvalidPack for any other."""
        try:
            return _KNOWN_CLASSES[module, name]
        except KeyError:
            raise InvalidPack(f"The detector's weight file asks for {module}.{name}, which is not allowed.") from None

    def _build(self) -> None:
        _PURE_BUILD(self)
        record = self.stack[-1]
        if isinstance(record, _ArrayRecord):
            self.stack[-1] = self._read_array(record)

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        **pickle._Unpickler.dispatch,  # noqa: SLF001
        pickle.BUILD[0]: _build,
    }

    def _read_array(self, record: _ArrayRecord) -> NDArray[Any]:
        if record.dtype != np.dtype("<f4") or record.order != "C":
            raise InvalidPack("The detector's weight file holds arrays of another type than 32-bit floats.")
        if record.numpy_array_alignment_bytes is not None:
            self._stream.read(self._stream.read(1)[0])
        count = int(np.prod(record.shape))
        return np.frombuffer(self._stream.read(4 * count), "<f4", count).reshape(record.shape)
