"""Packs of a few bytes whose graphs do next to nothing, for tests that need no models."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from assent.faces import (
    ARCFACE_POINTS_PX,
    AlignmentKind,
    AlignmentSpec,
    CropLayout,
    CropNumbers,
    DetectorKind,
    DetectorSpec,
    EmbedderSpec,
    Metric,
    PackManifest,
)

FACE_BOXES = [[90.0, 20.0, 170.0, 120.0], [10.0, 20.0, 70.0, 100.0], [5.0, 5.0, 15.0, 15.0]]
FACE_SCORES = [0.99, 0.97, 0.6]


def to_model(graph: onnx.GraphProto) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def a_boxes_graph(landmark_shape: tuple[int, ...] = (3, 5, 2)) -> bytes:
    """Return a detector that sees the same three faces in every picture."""
    landmarks = np.zeros((3, 5, 2), np.float32)
    for row, (left, top, right, bottom) in enumerate(FACE_BOXES):
        landmarks[row] = np.array(ARCFACE_POINTS_PX) / 112 * (right - left, bottom - top) + (left, top)
    constants = {
        "boxes": np.array(FACE_BOXES, np.float32),
        "scores": np.array(FACE_SCORES, np.float32),
        "landmarks": landmarks.reshape(landmark_shape),
    }
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(values))
        for name, values in constants.items()
    ]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, "H", "W", 3])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape) for name, values in constants.items()
    ]
    return to_model(helper.make_graph(nodes, "detector", [image], outputs))


def an_embedder_graph(layout: CropLayout = CropLayout.NCHW, numbers: CropNumbers = CropNumbers.FLOAT32) -> bytes:
    """Return an embedder whose vector is the crop's mean red, green and blue."""
    is_nchw = layout is CropLayout.NCHW
    element = TensorProto.FLOAT if numbers is CropNumbers.FLOAT32 else TensorProto.UINT8
    nodes = [
        helper.make_node("Cast", ["crops"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["vectors"], axes=[2, 3] if is_nchw else [1, 2], keepdims=0),
    ]
    shape = ["N", 3, 112, 112] if is_nchw else ["N", 112, 112, 3]
    crops = helper.make_tensor_value_info("crops", element, shape)
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["N", 3])
    return to_model(helper.make_graph(nodes, "embedder", [crops], [vectors]))


def a_manifest(contents: dict[str, bytes], **changes: Any) -> PackManifest:
    manifest = PackManifest(
        name="tiny",
        version="1",
        licence="CC0 1.0",
        training_data="Nothing was trained.",
        training_people_consented=True,
        metric=Metric.EUCLIDEAN,
        dimensions=3,
        default_threshold=0.4,
        threshold_basis="Nothing was measured.",
        files=tuple(sorted((name, hashlib.sha256(data).hexdigest()) for name, data in contents.items())),
        detector=DetectorSpec(DetectorKind.BOXES, ("detector.onnx",)),
        alignment=AlignmentSpec(AlignmentKind.FIVE_POINT, 112, reference_points_px=ARCFACE_POINTS_PX),
        embedder=EmbedderSpec(
            "embedder.onnx", CropLayout.NCHW, CropNumbers.FLOAT32, unit_length=True, mean=(127.5,) * 3, std=(127.5,) * 3
        ),
    )
    return dataclasses.replace(manifest, **changes)


def write_pack(
    folder: Path, *, detector_graph: bytes | None = None, embedder_graph: bytes | None = None, **changes: Any
) -> Path:
    contents = {
        "detector.onnx": detector_graph or a_boxes_graph(),
        "embedder.onnx": embedder_graph or an_embedder_graph(),
    }
    folder.mkdir(parents=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "pack.json").write_text(a_manifest(contents, **changes).to_json())
    return folder
