"""Turns dlib's face recognition network (King 2017, a ResNet of 29 convolutions) into one ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from onnx import TensorProto

from assent.errors import InvalidPack
from assent.faces.dlib_format import Layer, LayerKind, Network
from assent.faces.graphs import GraphBuilder

# dlib's input layer returns (pixel - mean colour) / 256.
_INPUT_SCALE: Final = 256.0


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in the graph: its name and its shape as (channels, height, width)."""

    name: str
    shape: tuple[int, int, int]


def build_embedder_graph(network: Network) -> bytes:
    """Return a graph from uint8 RGB crops `img`, shape (N, size, size, 3), to vectors, shape (N, 128), float32."""
    walk = _Walk(network)
    layers = network.layers
    at = 0
    while at < len(layers):
        at += walk.take(layers, at)
    return walk.builder.finish(
        TensorProto.UINT8, ["N", network.size_px, network.size_px, 3], [walk.current.name], axes=2
    )


class _Walk:
    """Goes through the layers from the input outwards and adds the nodes."""

    def __init__(self, network: Network) -> None:
        self.builder = GraphBuilder()
        pixels = self.builder.add("Cast", "img", to=TensorProto.FLOAT)
        start = self.builder.add("Transpose", pixels, perm=[0, 3, 1, 2])
        self.current = _Value(start, (3, network.size_px, network.size_px))
        self._mean_colour: tuple[float, float, float] | None = network.mean_colour
        # Tag ids are not stored: a lone mark is tag 1, a pair is tag 2 and then a skip back to tag 1.
        self._first_tag = self.current
        self._second_tag: _Value | None = None

    def take(self, layers: tuple[Layer, ...], at: int) -> int:
        """Add the layer at this place and return how many layers that used up."""
        layer = layers[at]
        after = layers[at + 1].kind if at + 1 < len(layers) else None
        match layer.kind:
            case LayerKind.CONVOLUTION:
                if after is not LayerKind.AFFINE:
                    raise InvalidPack("The dlib file's network has a convolution without the affine layer expected.")
                self._convolve(layer, layers[at + 1])
                return 2
            case LayerKind.RELU:
                self._set(self.builder.add("Relu", self.current.name), self.current.shape)
            case LayerKind.MAX_POOL | LayerKind.AVERAGE_POOL:
                self._pool(layer)
            case LayerKind.TAG_OR_SKIP if after is LayerKind.TAG_OR_SKIP:
                self._second_tag, self.current = self.current, self._first_tag
                return 2
            case LayerKind.TAG_OR_SKIP:
                self._first_tag = self.current
            case LayerKind.ADD_PREVIOUS:
                self._add_previous()
            case LayerKind.FULLY_CONNECTED if layer.weight is not None:
                flat = self.builder.add("Flatten", self.current.name)
                name = self.builder.add("MatMul", flat, self.builder.add_weight(layer.weight))
                self._set(name, (layer.weight.shape[1], 1, 1))
            case _:
                raise InvalidPack(f"The dlib file's network has a layer {layer.kind} where none is expected.")
        return 1

    def _convolve(self, layer: Layer, affine: Layer) -> None:
        if layer.weight is None or layer.bias is None or affine.weight is None or affine.bias is None:
            raise InvalidPack("The dlib file's network lacks the weights of a layer.")
        weight, bias = layer.weight.astype(np.float64), layer.bias.astype(np.float64)
        if self._mean_colour is not None:
            # The input layer folds into the first convolution, which has no padding that this would change.
            if layer.padding != (0, 0):
                raise InvalidPack("The dlib file's first convolution is padded, which is not expected.")
            weight = weight / _INPUT_SCALE
            bias = bias - (weight * np.array(self._mean_colour)[None, :, None, None]).sum(axis=(1, 2, 3))
            self._mean_colour = None
        scale = affine.weight.astype(np.float64)
        weight, bias = weight * scale[:, None, None, None], bias * scale + affine.bias
        down, across = layer.padding
        name = self.builder.add(
            "Conv",
            self.current.name,
            self.builder.add_weight(weight.astype(np.float32)),
            self.builder.add_weight(bias.astype(np.float32)),
            kernel_shape=list(layer.window),
            strides=list(layer.stride),
            pads=[down, across, down, across],
        )
        self._set(name, self._windowed_shape(layer, len(bias)))

    def _pool(self, layer: Layer) -> None:
        channels = self.current.shape[0]
        if layer.window[0] == 0:
            self._set(self.builder.add("GlobalAveragePool", self.current.name), (channels, 1, 1))
            return
        if layer.padding != (0, 0):
            raise InvalidPack("The dlib file's network has a padded pool, which is not expected.")
        operator = "MaxPool" if layer.kind is LayerKind.MAX_POOL else "AveragePool"
        name = self.builder.add(
            operator, self.current.name, kernel_shape=list(layer.window), strides=list(layer.stride)
        )
        self._set(name, self._windowed_shape(layer, channels))

    def _add_previous(self) -> None:
        other = self._second_tag or self._first_tag
        self._second_tag = None
        # dlib adds blocks of different size by filling the smaller one up with zeros, channels and space alike.
        first, second = other.shape, self.current.shape
        shape = (max(first[0], second[0]), max(first[1], second[1]), max(first[2], second[2]))
        self._set(self.builder.add("Add", self._fill_up(other, shape), self._fill_up(self.current, shape)), shape)

    def _fill_up(self, value: _Value, shape: tuple[int, int, int]) -> str:
        if value.shape == shape:
            return value.name
        more = [wanted - there for wanted, there in zip(shape, value.shape, strict=True)]
        pads = np.array([0, 0, 0, 0, 0, *more], np.int64)
        return self.builder.add("Pad", value.name, self.builder.add_weight(pads))

    def _windowed_shape(self, layer: Layer, channels: int) -> tuple[int, int, int]:
        _, height, width = self.current.shape
        tall = (height + 2 * layer.padding[0] - layer.window[0]) // layer.stride[0] + 1
        wide = (width + 2 * layer.padding[1] - layer.window[1]) // layer.stride[1] + 1
        return channels, tall, wide

    def _set(self, name: str, shape: tuple[int, int, int]) -> None:
        self.current = _Value(name, shape)
