from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import lz4.frame
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assent.errors import DigestMismatch, InvalidPack
from assent.faces.default_pack import EMBEDDER_FILE, LANDMARK_FILE, convert_weights, read_source_files
from assent.faces.dlib_format import LayerKind, _decode_integers, read_landmark_trees, read_network
from assent.faces.mtcnn_weights import build_mtcnn_graph, read_mtcnn_weights


@pytest.fixture(scope="module")
def sources() -> dict[str, bytes]:
    return read_source_files()


def encode_integer(value: int) -> bytes:
    """Write an integer as dlib does: control byte, then the bytes of its size, lowest first."""
    body = abs(value).to_bytes(max(1, (abs(value).bit_length() + 7) // 8), "little")
    return bytes([len(body) | (0x80 if value < 0 else 0)]) + body


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1)))
def test_any_run_of_integers_is_read_back(values: list[int]) -> None:
    data = b"".join(encode_integer(value) for value in values)

    assert _decode_integers(data).tolist() == values


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x09" + bytes(9), b"\x02\x01", b"\x01"], ids=["0 bytes", "9", "cut", "bare"]
)
def test_bytes_that_are_no_integers_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidPack):
        _decode_integers(encode_integer(5) + data)


def test_the_landmark_model_has_the_documented_shape(sources: dict[str, bytes]) -> None:
    trees = read_landmark_trees(sources[LANDMARK_FILE])

    assert trees.first_pixel.shape == (15, 500, 15)
    assert trees.leaf.shape == (15, 500, 16, 10)
    assert trees.offset.shape == (15, 800, 2)
    assert 0 <= trees.first_pixel.min() <= trees.first_pixel.max() < 800
    assert set(np.unique(trees.anchor)) <= set(range(5))
    assert np.abs(trees.leaf).max() < 1


def test_the_network_has_the_documented_layers(sources: dict[str, bytes]) -> None:
    network = read_network(sources[EMBEDDER_FILE])
    kinds = [layer.kind for layer in network.layers]

    assert network.size_px == 150
    assert network.mean_colour == pytest.approx((122.782, 117.001, 104.298), abs=1e-3)
    assert kinds.count(LayerKind.CONVOLUTION) == 29
    assert kinds[-1] is LayerKind.FULLY_CONNECTED
    assert network.layers[-1].weight is not None
    assert network.layers[-1].weight.shape == (256, 128)


@pytest.mark.parametrize("length", [0, 1, 40, 100_000, 9_150_488])
def test_a_cut_landmark_file_is_refused(length: int, sources: dict[str, bytes]) -> None:
    with pytest.raises(InvalidPack):
        read_landmark_trees(sources[LANDMARK_FILE][:length])


@pytest.mark.parametrize("length", [0, 1, 40, 2_000, 22_000_000])
def test_a_cut_network_file_is_refused(length: int, sources: dict[str, bytes]) -> None:
    with pytest.raises(InvalidPack):
        read_network(sources[EMBEDDER_FILE][:length])


def test_a_landmark_file_is_no_network(sources: dict[str, bytes]) -> None:
    with pytest.raises(InvalidPack):
        read_network(sources[LANDMARK_FILE])
    with pytest.raises(InvalidPack):
        read_landmark_trees(sources[EMBEDDER_FILE])


class LeavesATrace:
    """Unpickled by an unrestricted reader, this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_tampered_weight_file_is_never_unpickled(tmp_path: Path, sources: dict[str, bytes]) -> None:
    trace = tmp_path / "trace"
    tampered = lz4.frame.compress(pickle.dumps(LeavesATrace(trace)))

    with pytest.raises(DigestMismatch, match=r"pnet\.lz4"):
        convert_weights({**sources, "pnet.lz4": tampered})

    assert not trace.exists()


def test_even_past_the_digest_a_pickle_runs_no_code(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    tampered = lz4.frame.compress(pickle.dumps([LeavesATrace(trace)]))

    with pytest.raises(InvalidPack, match="not allowed"):
        read_mtcnn_weights(tampered)

    assert not trace.exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"no frame", lz4.frame.compress(b"no pickle"), lz4.frame.compress(pickle.dumps({"no": "list"}))],
    ids=["empty", "no frame", "no pickle", "no list"],
)
def test_other_bytes_are_no_detector_weights(data: bytes) -> None:
    with pytest.raises(InvalidPack):
        read_mtcnn_weights(data)


@pytest.mark.parametrize(("name", "count"), [("pnet.lz4", 13), ("rnet.lz4", 16), ("onet.lz4", 21)])
def test_the_detectors_weights_are_plain_arrays(name: str, count: int, sources: dict[str, bytes]) -> None:
    weights = read_mtcnn_weights(sources[name])

    assert len(weights) == count
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights)


@pytest.mark.parametrize("change", [lambda weights: weights[:-1], lambda weights: [*weights, weights[0]]])
def test_weights_that_do_not_fit_the_layers_are_refused(change: Any, sources: dict[str, bytes]) -> None:
    weights = change(read_mtcnn_weights(sources["rnet.lz4"]))

    with pytest.raises(InvalidPack, match="layers than expected"):
        build_mtcnn_graph("rnet.lz4", weights)
