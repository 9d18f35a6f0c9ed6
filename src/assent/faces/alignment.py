"""Turns a detected face into the crop an embedder was trained on.

dlib's way: five landmarks by regression trees (Kazemi and Sullivan, "One Millisecond Face Alignment with an Ensemble of
Regression Trees", CVPR 2014), then a chip cut from an image pyramid as dlib's `extract_image_chips` does. The other way: a
similarity transform of the detector's five landmarks onto reference points (Umeyama 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidPack
from assent.faces.decoding import Image
from assent.faces.detection import DetectedFace
from assent.faces.manifest import AlignmentSpec

Points = NDArray[np.float64]

# Where dlib's `get_face_chip_details` puts the outer and inner corner of the right eye, the outer and inner corner of the
# left eye, and the bottom of the nose, in a chip without padding of side 1.
DLIB_CHIP_POINTS: Final = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)

ARCFACE_POINTS_PX: Final = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""The five reference points for crops of 112 pixels that most published recognition models were trained with."""
ARCFACE_SIZE_PX: Final = 112

# The binomial filter of dlib's `pyramid_down<2>`; its output starts two pixels in.
_PYRAMID_KERNEL: Final = np.array([1, 4, 6, 4, 1], np.int32)
_PYRAMID_SUM: Final = 256
_PYRAMID_INSET_PX: Final = 2


class FaceAligner(Protocol):
    """What both ways of alignment offer."""

    def cut(self, image: Image, face: DetectedFace) -> Image:
        """Return the crop, shape (size, size, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTrees:
    """dlib's shape predictor: C cascades of T trees of depth 4 over P pixels, for five landmarks.

    `mean_shape` (5, 2); `first_pixel`, `second_pixel` (C, T, 15) index pixels, `threshold` (C, T, 15); `leaf` (C, T, 16, 10);
    `anchor` (C, P) landmark nearest to each pixel, `offset` (C, P, 2) its place from there in the mean shape.
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
        np.savez(buffer, **{name: getattr(self, name) for name in _TREE_FIELDS})  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> LandmarkTrees:
        """Read such an archive, never any pickled object; raises InvalidPack when the arrays do not fit together."""
        try:
            with np.load(BytesIO(data), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in _TREE_FIELDS}
        except Exception as error:  # noqa: BLE001 - zip, header and array errors of many kinds
            raise InvalidPack("The pack's landmark model is not an archive of the arrays expected.") from error
        trees = cls(**arrays)
        cascades, count = trees.first_pixel.shape[:2]
        fits = (
            trees.mean_shape.shape == (_LANDMARKS, 2)
            and trees.first_pixel.shape == trees.second_pixel.shape == trees.threshold.shape == (cascades, count, _SPLITS)
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
        self._centred = trees.mean_shape.astype(np.float64) - trees.mean_shape.mean(axis=0, dtype=np.float64)

    def predict(self, image: Image, box_px: tuple[int, int, int, int]) -> Points:
        """Return the landmarks, shape (5, 2), in the order of `DLIB_CHIP_POINTS`.

        `box_px` is left, top, right, bottom, both ends included, as dlib's rectangles are.
        """
        left, top, right, bottom = box_px
        span = np.array([right - left, bottom - top], np.float64)
        origin = np.array([left, top], np.float64)
        shape = self._trees.mean_shape.astype(np.float64)
        for cascade in range(len(self._first)):
            brightness = self._sample(image, cascade, shape, span, origin)
            step = brightness[self._first[cascade]] - brightness[self._second[cascade]]
            goes_left = step > self._trees.threshold[cascade]
            node = np.zeros(len(self._tree_rows), np.intp)
            for _ in range(_TREE_DEPTH):
                node = 2 * node + 2 - goes_left[self._tree_rows, node]
            leaves = self._trees.leaf[cascade][self._tree_rows, node - _SPLITS]
            shape = shape + leaves.sum(axis=0, dtype=np.float64).reshape(_LANDMARKS, 2)
        return shape * span + origin

    def _sample(self, image: Image, cascade: int, shape: Points, span: Points, origin: Points) -> NDArray[np.float32]:
        """Return the brightness of this cascade's pixels, shape (P,); outside the image it is 0, as in dlib."""
        turn, _ = fit_similarity(self._centred, shape - shape.mean(axis=0))
        places = self._trees.offset[cascade] @ turn.T + shape[self._trees.anchor[cascade]]
        columns, rows = np.floor(places * span + origin + 0.5).astype(np.intp).T
        height, width = image.shape[:2]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        colours = image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
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


def fit_similarity(source: Points, target: Points) -> tuple[Points, Points]:
    """Return the matrix (2, 2) and shift (2,) of the similarity that takes `source` nearest to `target`, both (N, 2).

    Umeyama's least-squares solution in two dimensions, where it has a closed form; it never mirrors.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    from_mean, to_mean = source - source_mean, target - target_mean
    spread = float((from_mean**2).sum())
    along = float((from_mean * to_mean).sum()) / spread
    across = float((from_mean[:, 0] * to_mean[:, 1] - from_mean[:, 1] * to_mean[:, 0]).sum()) / spread
    matrix = np.array([[along, -across], [across, along]])
    return matrix, target_mean - matrix @ source_mean


def cut_five_point(image: Image, landmarks_px: Points, reference_px: Points, size_px: int) -> Image:
    """Return a crop, shape (size_px, size_px, 3), with the landmarks, shape (5, 2), laid onto the reference points."""
    matrix, shift = fit_similarity(reference_px, landmarks_px)
    source, shift = _shrink_for(image, matrix, shift, size_px)
    step = matrix * (source.shape[1] / image.shape[1]) if source is not image else matrix
    move = np.column_stack([step, shift])
    crop: Image = cv2.warpAffine(source, move, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return crop
