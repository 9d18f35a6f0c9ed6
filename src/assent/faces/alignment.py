"""Turns a detected face into the crop an embedder was trained on.

dlib's way: five landmarks by regression trees (Kazemi and Sullivan, "One Millisecond Face Alignment with an Ensemble of
Regression Trees", CVPR 2014), then a chip cut as dlib cuts it. The other way: a similarity transform that lays the
detector's five landmarks onto reference points.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidPack
from assent.faces.chips import Points, cut_dlib_chip, cut_five_point, fit_similarity
from assent.faces.decoding import Image
from assent.faces.detection import DetectedFace
from assent.faces.manifest import AlignmentSpec


class FaceAligner(Protocol):
    """What both ways of alignment offer."""

    def cut(self, image: Image, face: DetectedFace) -> Image:
        """Return the crop, shape (size, size, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTrees:
    """dlib's shape predictor: C cascades of T trees of depth 4 over P pixels, for five landmarks.

    `mean_shape` (5, 2); `first_pixel` and `second_pixel` (C, T, 15) index pixels; `threshold` (C, T, 15);
    `leaf` (C, T, 16, 10); `anchor` (C, P), the landmark nearest to each pixel; `offset` (C, P, 2), the pixel's
    place from there in the mean shape.
    """

    mean_shape: NDArray[np.float32]
    first_pixel: NDArray[np.int16]
    second_pixel: NDArray[np.int16]
    threshold: NDArray[np.float32]
    leaf: NDArray[np.float32]
    anchor: NDArray[np.int16]
    offset: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """Return the arrays as an uncompressed NumPy archive (.npz)."""
        buffer = BytesIO()
        np.savez(buffer, **{name: getattr(self, name) for name in _TREE_FIELDS})
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> LandmarkTrees:
        """Read such an archive, never any pickled object; raises InvalidPack when the arrays do not fit together."""
        try:
            with np.load(BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in _TREE_FIELDS}
        except Exception as error:  # Zip, header and array errors of many kinds.
            raise InvalidPack("The pack's landmark model is not an archive of the arrays expected.") from error
        trees = cls(**arrays)
        cascades, count = trees.first_pixel.shape[:2]
        fits = (
            trees.mean_shape.shape == (_LANDMARKS, 2)
            and trees.first_pixel.shape
            == trees.second_pixel.shape
            == trees.threshold.shape
            == (cascades, count, _SPLITS)
            and trees.leaf.shape == (cascades, count, _SPLITS + 1, 2 * _LANDMARKS)
            and trees.anchor.shape == trees.offset.shape[:2]
        )
        if not fits:
            raise InvalidPack("The pack's landmark model has arrays of other shapes than expected.")
        return trees


_TREE_FIELDS: Final = ("mean_shape", "first_pixel", "second_pixel", "threshold", "leaf", "anchor", "offset")
_LANDMARKS: Final = 5
_TREE_DEPTH: Final = 4
_SPLITS: Final = 2**_TREE_DEPTH - 1


class LandmarkPredictor:
    """Evaluates dlib's five-point shape predictor, result equal to dlib's own to the pixel."""

    def __init__(self, trees: LandmarkTrees) -> None:
        self._trees = trees
        self._tree_rows = np.arange(trees.first_pixel.shape[1])
        self._first = trees.first_pixel.astype(np.intp)
        self._second = trees.second_pixel.astype(np.intp)
        self._mean_shape = trees.mean_shape.astype(np.float64)

    def predict(self, image: Image, box_px: tuple[int, int, int, int]) -> Points:
        """Return the landmarks, shape (5, 2), in the order of `DLIB_CHIP_POINTS`.

        `box_px` is left, top, right, bottom, both ends included, as dlib's rectangles are.
        """
        image = np.ascontiguousarray(image)
        left, top, right, bottom = box_px
        span = np.array([right - left, bottom - top], np.float64)
        origin = np.array([left, top], np.float64)
        # 32-bit floats, added in dlib's order: otherwise a rounded landmark differs now and then.
        shape = self._trees.mean_shape
        for cascade in range(len(self._first)):
            brightness = self._sample(image, cascade, shape, span, origin)
            # `take` on flat arrays, because indexing with two index arrays costs several times as much.
            step = brightness.take(self._first[cascade]) - brightness.take(self._second[cascade])
            goes_left = (step > self._trees.threshold[cascade]).ravel()
            node = np.zeros(len(self._tree_rows), np.intp)
            for _ in range(_TREE_DEPTH):
                node = 2 * node + 2 - goes_left.take(self._tree_rows * _SPLITS + node)
            leaf_rows = self._tree_rows * (_SPLITS + 1) + node - _SPLITS
            leaves = self._trees.leaf[cascade].reshape(-1, 2 * _LANDMARKS).take(leaf_rows, axis=0)
            steps = np.concatenate([shape.reshape(1, -1), leaves])
            shape = np.cumsum(steps, axis=0, dtype=np.float32)[-1].reshape(_LANDMARKS, 2)
        return shape.astype(np.float64) * span + origin

    def _sample(
        self, image: Image, cascade: int, shape: NDArray[np.float32], span: Points, origin: Points
    ) -> NDArray[np.float32]:
        """Return the brightness of this cascade's pixels, shape (P,); outside the image it is 0, as in dlib."""
        turn, _ = fit_similarity(self._mean_shape, shape.astype(np.float64))
        places = self._trees.offset[cascade] @ turn.T.astype(np.float32) + shape[self._trees.anchor[cascade]]
        columns, rows = np.floor(places * span + origin + 0.5).astype(np.intp).T
        height, width = image.shape[:2]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        flat = image.reshape(-1, 3)
        colours = flat.take(np.where(inside, rows * width + columns, 0), axis=0)
        # dlib takes the integer mean of red, green and blue.
        grey = colours.sum(axis=1, dtype=np.int32) // 3
        return np.where(inside, grey, 0).astype(np.float32)


class DlibChipAligner:
    """Crops as dlib's `get_face_chip` makes them, from boxes of another detector."""

    def __init__(self, trees: LandmarkTrees, spec: AlignmentSpec) -> None:
        self._predictor = LandmarkPredictor(trees)
        self._spec = spec

    def cut(self, image: Image, face: DetectedFace) -> Image:
        """Return the crop, shape (size, size, 3)."""
        landmarks = self._predictor.predict(image, self.map_box(face))
        return cut_dlib_chip(image, landmarks, size_px=self._spec.size_px, padding=self._spec.padding)

    def map_box(self, face: DetectedFace) -> tuple[int, int, int, int]:
        """Return the square box, both ends included, that the landmark model expects for this detector's box."""
        left, top, right, bottom = face.box_px
        height = bottom - top
        centre_x = (left + right) / 2 + self._spec.box_shift[0] * height
        centre_y = (top + bottom) / 2 + self._spec.box_shift[1] * height
        half = self._spec.box_scale * height / 2
        return round(centre_x - half), round(centre_y - half), round(centre_x + half), round(centre_y + half)


class FivePointAligner:
    """Crops in which the detector's five landmarks lie as near as a similarity allows to the reference points."""

    def __init__(self, spec: AlignmentSpec) -> None:
        self._reference = np.array(spec.reference_points_px, np.float64)
        self._size_px = spec.size_px

    def cut(self, image: Image, face: DetectedFace) -> Image:
        """Return the crop, shape (size, size, 3)."""
        return cut_five_point(image, face.landmarks_px, self._reference, self._size_px)
