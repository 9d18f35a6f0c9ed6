"""Vectors in memory, searched exactly and fast: a PCA rotation, then FAISS's Panorama (arXiv:2510.00566).

Panorama keeps the dimensions in levels and drops a vector as soon as the levels read so far prove it too far away. The
proof holds under any rotation; PCA only moves most of the difference into the first levels. FAISS counts in float32, so
what it says is taken with a margin (`_MARGIN_ULPS`) and every distance that leaves this module is computed in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: FAISS refuses a k above the batch size; larger answers come from a range search. Measured fastest of 128 to 2048.
BATCH_VECTORS = 1024
#: Floats in a level: 8 levels of 16 at 128 dimensions measured faster than 4 or 16 levels.
_LEVEL_FLOATS = 16
_MAX_LEVELS = 16
#: Below this many vectors everything is fast and no rotation is needed; more dimensions need more to train on.
_FEWEST_TRAINING_VECTORS = 1024
_TRAINING_VECTORS_PER_DIM = 4
_MOST_TRAINING_VECTORS = 20_000
#: Vectors rotated at once: bounds the float64 copies to a few dozen megabytes.
_CHUNK_VECTORS = 16_384
#: Float32 steps by which FAISS's squared distance or bound may be wrong, relative to (|x| + |q|)², beyond one for each
#: dimension: sums of `dims` products err by at most dims steps (Higham, Accuracy and Stability, section 3.1), the
#: levels, roots and the rounding of the probe add a few more.
_MARGIN_ULPS = 64
_FLOAT32_STEP = 2.0**-23
#: Squares below this may be flushed to zero in float32.
_UNDERFLOW = 1e-30


@dataclass(frozen=True, slots=True)
class TurnedProbe:
    """A probe in the store's rotation: float64 (dims,), and float32 (1, dims) as FAISS takes it."""

    exact: NDArray[np.float64]
    rounded: NDArray[np.float32]
    margin: float  # by how much FAISS's squared distances may be wrong for this probe


@dataclass(frozen=True, slots=True)
class Found:
    """Slots (int64) with FAISS's squared distances; every slot not named is at least `unseen_squared` away."""

    slots: NDArray[np.int64]
    squared: NDArray[np.float32]
    unseen_squared: float


class PanoramaStore:
    """Vectors numbered by slot, 0 to count - 1; erasing moves the last ones into the gaps.

    The rotation is trained once, when enough vectors are there, and then kept: equal vectors stay equal bit for bit.
    """

    def __init__(self, dims: int) -> None:
        self.dims = dims
        self._levels = _count_levels(dims)
        self._index: Any = faiss.IndexFlatL2Panorama(dims, self._levels, BATCH_VECTORS)
        self._mean: NDArray[np.float64] | None = None
        self._axes: NDArray[np.float64] | None = None
        self._longest = 0.0

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Append float32 vectors of shape (n, dims), finite."""
        enough = max(_FEWEST_TRAINING_VECTORS, _TRAINING_VECTORS_PER_DIM * self.dims)
        if self._axes is None and len(self) + len(vectors) >= enough:
            self._train(vectors)
        if len(self) == 0:
            # Growing step by step would leave up to twice the memory behind; sizing once leaves exactly enough.
            batches = -(-len(vectors) // BATCH_VECTORS)
            self._index.codes.resize(batches * BATCH_VECTORS * self.dims * 4)
            self._index.cum_sums.resize(batches * BATCH_VECTORS * (self._levels + 1))
        for start in range(0, len(vectors), _CHUNK_VECTORS):
            turned = self._turn(vectors[start : start + _CHUNK_VECTORS]).astype(np.float32)
            norms = np.sqrt(np.einsum("ij,ij->i", turned, turned, dtype=np.float64))
            self._longest = max(self._longest, float(norms.max()))
            self._index.add(np.ascontiguousarray(turned))

    def erase(self, slots: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Overwrite the vectors in these slots and shorten the store; returns (to, from) of the vectors that moved."""
        left = len(self) - len(slots)
        gaps = slots[slots < left]
        movers = np.setdiff1d(np.arange(left, len(self)), slots)
        for view in self._views():
            batch, place = np.divmod(movers, BATCH_VECTORS)
            moved = view[batch, :, place]
            batch, place = np.divmod(gaps, BATCH_VECTORS)
            view[batch, :, place] = moved
            batch, place = np.divmod(np.arange(left, len(self)), BATCH_VECTORS)
            view[batch, :, place] = 0
        self._index.remove_ids(faiss.IDSelectorRange(left, len(self)))
        return gaps, movers

    def turn_probe(self, probe: NDArray[np.float32]) -> TurnedProbe:
        """Rotate a float32 probe of shape (dims,) as the vectors were."""
        # Rounded exactly as the vectors were, so that a probe equal to a vector is at distance 0.
        rounded = self._turn(probe[np.newaxis]).astype(np.float32)
        reach = self._longest + float(np.linalg.norm(rounded.astype(np.float64)))
        margin = (self.dims + _MARGIN_ULPS) * _FLOAT32_STEP * reach**2 + _UNDERFLOW
        return TurnedProbe(rounded[0].astype(np.float64), rounded, margin)

    def find_closest(self, probe: TurnedProbe, count: int, among: NDArray[np.uint8] | None) -> Found:
        """About `count` closest slots, at most BATCH_VECTORS, among the bits set (None: all)."""
        squared, slots = self._index.search(probe.rounded, min(count, BATCH_VECTORS), params=_select(among))
        there = slots[0] >= 0
        unseen = float(squared[0, -1]) - probe.margin if there.all() else np.inf
        return Found(slots[0, there], squared[0, there], unseen)

    def find_within(self, probe: TurnedProbe, radius_squared: float, among: NDArray[np.uint8] | None) -> Found:
        """All slots whose squared distance is at most `radius_squared`, and a few beyond it, among the bits set."""
        asked = min(radius_squared + 2 * probe.margin, float(np.finfo(np.float32).max))
        _, squared, slots = self._index.range_search(probe.rounded, asked, params=_select(among))
        return Found(slots, squared, radius_squared + probe.margin)

    def measure(self, probe: TurnedProbe, slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """Squared Euclidean distances of these slots in float64, from the vectors held."""
        codes, _ = self._views()
        batch, place = np.divmod(slots, BATCH_VECTORS)
        # By differences, not by norms and products: equal vectors are at 0, and nothing cancels.
        differences = codes[batch, :, place].reshape(len(slots), self.dims) - probe.exact
        squared: NDArray[np.float64] = np.einsum("ij,ij->i", differences, differences)
        return squared

    def _views(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """FAISS's own memory: (batches, levels, batch, floats) of vectors, (batches, levels + 1, batch) of norms."""
        codes, norms = self._index.codes, self._index.cum_sums
        if len(self) == 0:
            shape = (0, self._levels, BATCH_VECTORS, self.dims // self._levels)
            return np.empty(shape, np.float32), np.empty((0, self._levels + 1, BATCH_VECTORS), np.float32)
        return (
            faiss.rev_swig_ptr(codes.data(), codes.size())
            .view(np.float32)
            .reshape(-1, self._levels, BATCH_VECTORS, self.dims // self._levels),
            faiss.rev_swig_ptr(norms.data(), norms.size()).reshape(-1, self._levels + 1, BATCH_VECTORS),
        )

    def _turn(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Rotate in float64: whatever order BLAS sums in, equal vectors come out equal after rounding to float32."""
        if self._axes is None or self._mean is None:
            return vectors.astype(np.float64)
        turned: NDArray[np.float64] = (vectors - self._mean) @ self._axes
        return turned

    def _train(self, coming: NDArray[np.float32]) -> None:
        """Find the principal axes, largest variance first, from a sample of all vectors; then turn those held."""
        held = np.empty((0, self.dims), np.float32) if len(self) == 0 else self._index.reconstruct_n(0, len(self))
        stride = -(-len(coming) // _MOST_TRAINING_VECTORS)
        sample = np.concatenate((held, coming[::stride])).astype(np.float64)
        self._mean = sample.mean(axis=0)
        _, axes = np.linalg.eigh(np.cov(sample, rowvar=False).reshape(self.dims, self.dims))
        self._axes = np.ascontiguousarray(axes[:, ::-1])
        self._longest = 0.0
        if len(held):
            self._index.reset()
            self.add(held)


def _count_levels(dims: int) -> int:
    """Find the most levels of equal width that are not narrower than is fast."""
    fitting = [n for n in range(1, _MAX_LEVELS + 1) if dims % n == 0 and dims // n >= _LEVEL_FLOATS]
    return max(fitting, default=1)


def _select(among: NDArray[np.uint8] | None) -> Any:
    library: Any = faiss  # its stubs describe C++ constructors, not the Python ones used here
    return None if among is None else library.SearchParameters(sel=library.IDSelectorBitmap(among))
