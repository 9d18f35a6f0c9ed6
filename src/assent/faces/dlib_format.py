"""Reads dlib's serialised neural networks and shape predictors (dlib.net, serialize.h and dnn/core.h) without dlib."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidPack
from assent.faces.alignment import LandmarkTrees

Floats: TypeAlias = NDArray[np.float32]

# An integer is a control byte (low nibble: how many bytes follow; top bit: negative) and that many bytes, lowest first.
_LENGTH_MASK: Final = 0x0F
_NEGATIVE_FLAG: Final = 0x80
_MOST_INTEGER_BYTES: Final = 8
# A float is a mantissa and an exponent of two; exponents from here on mean infinities and not-a-number.
_FIRST_SPECIAL_EXPONENT: Final = 32000
_NETWORK_VERSION: Final = 1
_TENSOR_VERSION: Final = 2
_ALIAS_VERSION: Final = 1
_INNERMOST_VERSION: Final = 3
_TAG_OR_SKIP_VERSION: Final = 1
_METRIC_LOSS: Final = "loss_metric_2"
_LANDMARKS: Final = 5
_SPLITS: Final = 15
_LEAVES: Final = 16


class LayerKind(StrEnum):
    """The layers that occur in dlib's face recognition network; tags and skips share one mark in the file."""

    CONVOLUTION = "con_4"
    AFFINE = "affine_"
    RELU = "relu_"
    ADD_PREVIOUS = "add_prev_"
    MAX_POOL = "max_pool_2"
    AVERAGE_POOL = "avg_pool_2"
    FULLY_CONNECTED = "fc_2"
    TAG_OR_SKIP = "tag-or-skip"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer: `weight` and `bias` where it has any (scale and shift for AFFINE), window sizes as (rows, columns)."""

    kind: LayerKind
    weight: Floats | None = None
    bias: Floats | None = None
    window: tuple[int, int] = (0, 0)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Network:
    """A network from its input outwards: pictures of `size_px` a side, less `mean_colour`, pass the layers."""

    mean_colour: tuple[float, float, float]
    size_px: int
    layers: tuple[Layer, ...]


def read_network(data: bytes) -> Network:
    """Return the network in a .dat file of dlib's metric networks; raises InvalidPack on any other content."""
    reader = _Reader(data)
    # 1. The loss layer and its two numbers, which only training uses.
    reader.expect(_NETWORK_VERSION)
    if reader.read_text() != _METRIC_LOSS:
        raise InvalidPack("The dlib file does not hold a metric network.")
    reader.read_floats(2)
    # 2. The versions of all layers, outermost first; the last is the innermost layer's.
    versions: list[int] = []
    while not versions or versions[-1] != _INNERMOST_VERSION:
        versions.append(reader.read_integer())
    # 3. The input layer.
    if reader.read_text() != "input_rgb_image_sized":
        raise InvalidPack("The dlib file's network has another input layer than expected.")
    red, green, blue = reader.read_floats(3)
    rows, _columns = reader.read_integer(), reader.read_integer()
    # 4. The layers themselves, innermost first, each followed by its state of training.
    layers = tuple(_read_layer(reader, version) for version in reversed(versions))
    return Network((red, green, blue), rows, layers)


def read_landmark_trees(data: bytes) -> LandmarkTrees:
    """Return the five-point shape predictor in a .dat file; raises InvalidPack on any other content.

    The file is nothing but three million integers of varying length. A regular expression finds where each begins and
    NumPy reads them together: well under a second, where a loop in Python takes 5 to 16.
    """
    cursor = _IntegerCursor(_decode_integers(data))
    cursor.expect(1)
    mean_shape = cursor.read_matrix(2 * _LANDMARKS).reshape(_LANDMARKS, 2)
    cascades = cursor.read_integer()
    splits, leaves = zip(*(_read_cascade(cursor) for _ in range(cascades)), strict=True)
    anchors = [cursor.read_counted(1)[:, 0] for _ in range(_expect_same(cursor.read_integer(), cascades))]
    offsets = [
        _mantissas_to_floats(cursor.read_counted(4).reshape(-1, 2, 2))
        for _ in range(_expect_same(cursor.read_integer(), cascades))
    ]
    cursor.expect_end()
    split = np.stack(splits)
    return LandmarkTrees(
        mean_shape=mean_shape,
        first_pixel=split[..., 0].astype(np.int16),
        second_pixel=split[..., 1].astype(np.int16),
        threshold=_mantissas_to_floats(split[..., 2:]),
        leaf=np.stack(leaves),
        anchor=np.stack(anchors).astype(np.int16),
        offset=np.stack(offsets),
    )


class _Reader:
    """Reads one value after the other from the bytes of a network."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read_integer(self) -> int:
        control = self._take(1)[0]
        value = int.from_bytes(self._take(control & _LENGTH_MASK), "little")
        return -value if control & _NEGATIVE_FLAG else value

    def read_integers(self, count: int) -> tuple[int, ...]:
        return tuple(self.read_integer() for _ in range(count))

    def read_floats(self, count: int) -> tuple[float, ...]:
        values = []
        for _ in range(count):
            mantissa, exponent = self.read_integer(), self.read_integer()
            if exponent >= _FIRST_SPECIAL_EXPONENT:
                raise InvalidPack("The dlib file holds a number that is not finite.")
            values.append(float(np.ldexp(float(mantissa), exponent)))
        return tuple(values)

    def read_text(self) -> str:
        return self._take(self.read_integer()).decode("ascii", "replace")

    def read_tensor(self) -> Floats:
        self.expect(_TENSOR_VERSION)
        shape = self.read_integers(4)
        count = int(np.prod(shape))
        return np.frombuffer(self._take(4 * count), "<f4").astype(np.float32).reshape(shape)

    def read_alias(self) -> tuple[int, ...]:
        """Return the shape of a part of a layer's parameters."""
        self.expect(_ALIAS_VERSION)
        return self.read_integers(4)

    def skip_flags(self, count: int) -> None:
        if set(self._take(count)) - set(b"01"):
            raise InvalidPack("The dlib file is not laid out as expected.")

    def expect(self, value: int) -> None:
        if self.read_integer() != value:
            raise InvalidPack("The dlib file is of a version that is not read.")

    def _take(self, count: int) -> bytes:
        part = self._data[self._at : self._at + count]
        if count < 0 or len(part) != count:
            raise InvalidPack("The dlib file ends too early.")
        self._at += count
        return part


def _read_layer(reader: _Reader, version: int) -> Layer:
    if version == _TAG_OR_SKIP_VERSION:
        return Layer(LayerKind.TAG_OR_SKIP)
    name = reader.read_text()
    match name:
        case LayerKind.CONVOLUTION:
            layer = _read_convolution(reader)
        case LayerKind.AFFINE:
            parameters = reader.read_tensor().ravel()
            count = int(np.prod(reader.read_alias()))
            reader.read_alias()
            reader.read_integer()
            layer = Layer(LayerKind.AFFINE, parameters[:count], parameters[count : 2 * count])
        case LayerKind.RELU | LayerKind.ADD_PREVIOUS:
            layer = Layer(LayerKind(name))
        case LayerKind.MAX_POOL | LayerKind.AVERAGE_POOL:
            window, stride, padding = (reader.read_integers(2) for _ in range(3))
            layer = Layer(LayerKind(name), None, None, _pair(window), _pair(stride), _pair(padding))
        case LayerKind.FULLY_CONNECTED:
            outputs, inputs = reader.read_integers(2)
            parameters = reader.read_tensor().ravel()
            reader.read_alias()
            reader.read_alias()
            reader.read_integer()
            reader.read_floats(4)
            layer = Layer(LayerKind.FULLY_CONNECTED, parameters[: inputs * outputs].reshape(inputs, outputs))
        case _:
            raise InvalidPack(f"The dlib file's network has a layer of an unknown kind, {name!r}.")
    # The state of training: three flags, three tensors; the innermost layer adds an integer.
    reader.skip_flags(3)
    for _ in range(3):
        reader.read_tensor()
    if version == _INNERMOST_VERSION:
        reader.read_integer()
    return layer


def _read_convolution(reader: _Reader) -> Layer:
    parameters = reader.read_tensor().ravel()
    filters = reader.read_integer()
    window, stride, padding = (reader.read_integers(2) for _ in range(3))
    shape = reader.read_alias()
    reader.read_alias()
    reader.read_floats(4)
    count = int(np.prod(shape))
    weight, bias = parameters[:count].reshape(shape), parameters[count : count + filters]
    return Layer(LayerKind.CONVOLUTION, weight, bias, _pair(window), _pair(stride), _pair(padding))


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    first, second = values
    return first, second


_INTEGER: Final = re.compile(
    b"|".join(b"[%c%c].{%d}" % (n, n | _NEGATIVE_FLAG, n) for n in range(1, _MOST_INTEGER_BYTES + 1)), re.DOTALL
)


def _decode_integers(data: bytes) -> NDArray[np.int64]:
    """Return all integers of a file that holds nothing else."""
    lengths = np.fromiter(map(len, _INTEGER.findall(data)), np.int64)
    if int(lengths.sum()) != len(data):
        raise InvalidPack("The dlib file is not laid out as expected.")
    starts = np.cumsum(lengths) - lengths
    padded = np.frombuffer(data + bytes(_MOST_INTEGER_BYTES), np.uint8)
    values = np.zeros(len(lengths), np.int64)
    for place in range(int(lengths.max(initial=1)) - 1):
        part = padded[starts + 1 + place].astype(np.int64) << (8 * place)
        values += np.where(place < lengths - 1, part, 0)
    return np.where(padded[starts] & _NEGATIVE_FLAG, -values, values)


class _IntegerCursor:
    """Walks over the integers of a shape predictor in runs of known length."""

    def __init__(self, integers: NDArray[np.int64]) -> None:
        self._integers = integers
        self._at = 0

    def read_integer(self) -> int:
        return int(self.take(1)[0])

    def take(self, count: int) -> NDArray[np.int64]:
        part = self._integers[self._at : self._at + count]
        if count < 0 or len(part) != count:
            raise InvalidPack("The dlib file ends too early.")
        self._at += count
        return part

    def read_counted(self, width: int) -> NDArray[np.int64]:
        """Return a list that begins with its count, shape (count, width)."""
        return self.take(self.read_integer() * width).reshape(-1, width)

    def read_matrix(self, count: int) -> Floats:
        """Return a column of `count` numbers; matrices begin with rows and columns, both negative."""
        _expect_same(self.read_integer(), -count)
        _expect_same(self.read_integer(), -1)
        return _mantissas_to_floats(self.take(2 * count).reshape(-1, 2))

    def expect(self, value: int) -> None:
        _expect_same(self.read_integer(), value)

    def expect_end(self) -> None:
        _expect_same(self._at, len(self._integers))


def _read_cascade(cursor: _IntegerCursor) -> tuple[NDArray[np.int64], Floats]:
    """Return the splits, shape (T, 15, 4), and leaves, shape (T, 16, 10), of T trees of equal shape."""
    trees = cursor.read_integer()
    split_width, leaf_width = 4, 2 + 2 * 2 * _LANDMARKS
    row = 1 + split_width * _SPLITS + 1 + leaf_width * _LEAVES
    table = cursor.take(trees * row).reshape(trees, row)
    splits_end = 1 + split_width * _SPLITS
    leaves = table[:, splits_end + 1 :].reshape(trees, _LEAVES, leaf_width)
    sizes_fit = (
        (table[:, 0] == _SPLITS).all()
        and (table[:, splits_end] == _LEAVES).all()
        and (leaves[..., :2] == (-2 * _LANDMARKS, -1)).all()
    )
    if not sizes_fit:
        raise InvalidPack("The dlib file's trees are of another shape than expected.")
    splits = table[:, 1:splits_end].reshape(trees, _SPLITS, split_width)
    return splits, _mantissas_to_floats(leaves[..., 2:].reshape(trees, _LEAVES, 2 * _LANDMARKS, 2))


def _mantissas_to_floats(pairs: NDArray[np.int64]) -> Floats:
    """Return mantissa times two to the exponent, over the last axis of length 2."""
    if (pairs[..., 1] >= _FIRST_SPECIAL_EXPONENT).any():
        raise InvalidPack("The dlib file holds a number that is not finite.")
    return np.ldexp(pairs[..., 0].astype(np.float64), pairs[..., 1].astype(np.int32)).astype(np.float32)


def _expect_same(got: int, expected: int) -> int:
    if got != expected:
        raise InvalidPack("The dlib file is not laid out as expected.")
    return got
