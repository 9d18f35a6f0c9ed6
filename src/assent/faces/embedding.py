"""Turns crops of faces into templates that belong to one pack; templates of different packs never meet.

The stored form of a template: `ATPL`, a byte of version (1), a byte with the length of the pack's id, the id in UTF-8,
the number of dimensions as two bytes, then that many 32-bit floats; all little-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidInput, InvalidPack, TemplatesNotComparable
from assent.faces.decoding import Image
from assent.faces.manifest import CropLayout, CropNumbers, EmbedderSpec, PackId

CROPS_PER_BATCH: Final = 16
_TEMPLATE_MAGIC: Final = b"ATPL"
_TEMPLATE_VERSION: Final = 1
_HEADER: Final = struct.Struct("<4sBB")
_DIMENSIONS: Final = struct.Struct("<H")


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One face as a vector, shape (D,), float32, read-only, that means something only within its pack."""

    vector: NDArray[np.float32]
    pack_id: PackId

    def __post_init__(self) -> None:
        """Take a read-only copy; raises InvalidInput unless the vector is flat and finite."""
        vector = np.array(self.vector, dtype=np.float32)
        if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
            raise InvalidInput("A template is a flat vector of finite numbers.")
        vector.setflags(write=False)
        object.__setattr__(self, "vector", vector)

    def __repr__(self) -> str:
        # A vector must not reach a log by way of an error message.
        return f"Template({self.vector.size} dimensions, pack {self.pack_id})"

    def to_bytes(self) -> bytes:
        """Return the stored form, described in the module's docstring."""
        pack_id = self.pack_id.encode()
        header = _HEADER.pack(_TEMPLATE_MAGIC, _TEMPLATE_VERSION, len(pack_id))
        return header + pack_id + _DIMENSIONS.pack(self.vector.size) + self.vector.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Template:
        """Read the stored form; raises InvalidInput on anything else."""
        try:
            magic, version, id_bytes = _HEADER.unpack_from(data)
            if magic != _TEMPLATE_MAGIC or version != _TEMPLATE_VERSION:
                raise InvalidInput("These bytes are not a template of a version that is read.")
            pack_id = data[_HEADER.size : _HEADER.size + id_bytes].decode()
            (dimensions,) = _DIMENSIONS.unpack_from(data, _HEADER.size + id_bytes)
        except (struct.error, UnicodeDecodeError) as error:
            raise InvalidInput("These bytes are not a whole template.") from error
        start = _HEADER.size + id_bytes + _DIMENSIONS.size
        if len(data) != start + 4 * dimensions:
            raise InvalidInput(f"A template of {dimensions} dimensions has {start + 4 * dimensions} bytes.")
        return cls(np.frombuffer(data, "<f4", offset=start).astype(np.float32), PackId(pack_id))


def distance(first: Template, second: Template) -> float:
    """Return the Euclidean distance; raises TemplatesNotComparable when the templates belong to different packs."""
    if first.pack_id != second.pack_id:
        raise TemplatesNotComparable(
            f"Templates of the packs {first.pack_id} and {second.pack_id} cannot be compared; "
            "compute both with the same pack from the pictures."
        )
    if first.vector.size != second.vector.size:
        raise TemplatesNotComparable(
            f"Templates with {first.vector.size} and {second.vector.size} dimensions cannot be compared."
        )
    return float(np.linalg.norm(first.vector.astype(np.float64) - second.vector.astype(np.float64)))


class Embedder:
    """The embedding graph of a pack; stateless between calls, so threads may share it."""

    def __init__(self, session: Any, spec: EmbedderSpec, dimensions: int) -> None:
        self._session = session
        self._spec = spec
        self._dimensions = dimensions
        self._input_name: str = session.get_inputs()[0].name

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return vectors, shape (N, D), for RGB crops, shape (N, size, size, 3), in batches of `CROPS_PER_BATCH`.

        Raises InvalidPack when the graph returns another shape, numbers that are not finite, or a zero vector where
        vectors of unit length are promised.
        """
        batches = [
            self._embed_batch(crops[start : start + CROPS_PER_BATCH]) for start in range(0, len(crops), CROPS_PER_BATCH)
        ]
        return np.concatenate(batches) if batches else np.empty((0, self._dimensions), np.float32)

    def _embed_batch(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch: NDArray[Any] = crops
        if self._spec.numbers is CropNumbers.FLOAT32:
            batch = (crops - np.array(self._spec.mean, np.float32)) / np.array(self._spec.std, np.float32)
        if self._spec.layout is CropLayout.NCHW:
            batch = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
        vectors = np.asarray(self._session.run(None, {self._input_name: batch})[0], np.float32)
        if vectors.shape != (len(crops), self._dimensions):
            raise InvalidPack(f"The embedder returned {vectors.shape}; expected {(len(crops), self._dimensions)}.")
        if not np.isfinite(vectors).all():
            raise InvalidPack("The embedder returned numbers that are not finite.")
        if self._spec.unit_length:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            if not lengths.all():
                raise InvalidPack("The embedder returned a zero vector, which has no unit length.")
            vectors = vectors / lengths
        return vectors


def crops_to_array(crops: list[Image], size_px: int) -> NDArray[np.uint8]:
    """Return equally sized crops as one array, shape (N, size, size, 3); N may be 0."""
    return np.stack(crops) if crops else np.empty((0, size_px, size_px, 3), np.uint8)
