"""Cuts upright crops of faces out of pictures: as dlib does it, pixel for pixel, or onto reference points.

dlib: `get_face_chip_details` and `extract_image_chips` (dlib.net, image_transforms/interpolation.h).
Similarity transform: Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns", IEEE
TPAMI 13(4), 1991.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.faces.decoding import Image

Points: TypeAlias = NDArray[np.float64]
_Rect: TypeAlias = tuple[float, float, float, float]

# Where dlib puts the outer and inner corner of the eye on the image's right, the outer and inner corner of the eye on
# its left, and the bottom of the nose, in a chip without padding of side 1.
DLIB_CHIP_POINTS: Final = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)

ARCFACE_SIZE_PX: Final = 112
ARCFACE_POINTS_PX: Final = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Eyes, nose tip and mouth corners in a crop of 112 pixels, as most published recognition models were trained with."""

# The binomial filter of dlib's `pyramid_down<2>`, whose output starts two pixels in.
_BINOMIAL: Final = np.array([1, 4, 6, 4, 1], np.float32)
_BINOMIAL_SQUARE_SUM: Final = 256
_PYRAMID_INSET_PX: Final = 2
_HALVING_STEP: Final = 2.0


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
    """Return a crop, shape (size_px, size_px, 3), with the landmarks, shape (5, 2), laid onto the reference points.

    Faces larger than the crop are halved first as often as fits, so that they do not alias; outside the image is black.
    """
    matrix, shift = fit_similarity(reference_px, landmarks_px)
    corners = np.array([[0, 0], [size_px, 0], [0, size_px], [size_px, size_px]], np.float64) @ matrix.T + shift
    step = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    halvings = max(0, int(np.log2(max(step, 1.0))))
    source, origin = _cut_region(image, corners, multiple=2**halvings)
    if not source.size:
        return np.zeros((size_px, size_px, 3), np.uint8)
    factor = 2.0**halvings
    if halvings:
        small = (source.shape[1] >> halvings, source.shape[0] >> halvings)
        source = cv2.resize(source, small, interpolation=cv2.INTER_AREA)
    # Pixel centres: x of the shrunken copy is (x + 1/2) / factor - 1/2.
    move = np.column_stack([matrix / factor, (shift - origin + 0.5) / factor - 0.5])
    crop: Image = cv2.warpAffine(source, move, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return crop


def cut_dlib_chip(image: Image, landmarks_px: Points, size_px: int, padding: float) -> Image:
    """Return dlib's chip, shape (size_px, size_px, 3); landmarks, shape (5, 2), in the order of `DLIB_CHIP_POINTS`."""
    # 1. dlib's landmarks are whole pixels.
    landmarks = np.floor(landmarks_px + 0.5)
    matrix, shift = fit_similarity((DLIB_CHIP_POINTS + padding) / (2 * padding + 1) * size_px, landmarks)
    # 2. The chip as an upright square, to be turned around its centre.
    angle = float(np.arctan2(matrix[1, 0], matrix[0, 0]))
    side = size_px * float(np.hypot(matrix[0, 0], matrix[1, 0]))
    centre_x, centre_y = (float(value) for value in matrix @ np.full(2, size_px / 2) + shift)
    half = (side - 1) / 2
    square = (centre_x - half, centre_y - half, centre_x + half, centre_y + half)
    # 3. The pyramid level at which the square has about as many pixels as the chip.
    source, square = _descend_pyramid(image, square, angle, size_px)
    # 4. Bilinear sampling there.
    left, top, right, bottom = square
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    start = centre + turn @ (np.array([left, top]) - centre)
    return _sample_bilinear(source, turn * ((right - left) / (size_px - 1)), start, size_px)


def _descend_pyramid(image: Image, square: _Rect, angle: float, size_px: int) -> tuple[Image, _Rect]:
    depth, lower = 0, _rect_down(square)
    while _area(lower) > size_px * size_px:
        depth, lower = depth + 1, _rect_down(lower)
    if not depth:
        return image, square
    # Only the surroundings are filtered: the turned square and as much around it as the filters reach.
    reach = 2
    for _ in range(depth):
        reach = 2 * reach + 2
    left, top, right, bottom = square
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    cosine, sine = np.cos(angle), np.sin(angle)
    corners = np.array([[left, top], [right, top], [left, bottom], [right, bottom]]) - centre
    corners = corners @ np.array([[cosine, sine], [-sine, cosine]]) + centre
    first = np.floor(np.maximum(corners.min(axis=0) - reach, 0) + 0.5).astype(int)
    last = np.floor(np.minimum(corners.max(axis=0) + reach, [image.shape[1] - 1, image.shape[0] - 1]) + 0.5).astype(int)
    source = image[first[1] : max(last[1], first[1]) + 1, first[0] : max(last[0], first[0]) + 1]
    rect = (left - first[0], top - first[1], right - first[0], bottom - first[1])
    for _ in range(depth):
        if min(source.shape[:2]) <= 2 * _PYRAMID_INSET_PX + 1:
            break
        source, rect = _halve(source), _rect_down(rect)
    return source, rect


def _rect_down(rect: _Rect) -> _Rect:
    # dlib's `pyramid_down<2>::rect_down` for boxes whose ends are both included.
    left, top, right, bottom = rect
    return left / 2 - 1.25, top / 2 - 0.75, right / 2 - 1.25, bottom / 2 - 0.75


def _area(rect: _Rect) -> float:
    return (rect[2] - rect[0] + 1) * (rect[3] - rect[1] + 1)


def _halve(image: Image) -> Image:
    """Return dlib's next pyramid level: binomial filter, every second pixel; sums are cut, not rounded, as in dlib."""
    height, width = (image.shape[0] - 3) // 2, (image.shape[1] - 3) // 2
    sums = cv2.sepFilter2D(image, cv2.CV_32F, _BINOMIAL, _BINOMIAL)
    inset = _PYRAMID_INSET_PX
    kept = sums[inset : inset + 2 * height : 2, inset : inset + 2 * width : 2]
    halved: Image = (kept.astype(np.int32) // _BINOMIAL_SQUARE_SUM).astype(np.uint8)
    return halved


def _sample_bilinear(source: Image, matrix: Points, start: Points, size_px: int) -> Image:
    """Return the pixels at start + matrix @ (column, row); 0 where a neighbour needed lies outside, as in dlib."""
    steps = np.arange(size_px, dtype=np.float64)
    x = matrix[0, 0] * steps[None, :] + matrix[0, 1] * steps[:, None] + start[0]
    y = matrix[1, 0] * steps[None, :] + matrix[1, 1] * steps[:, None] + start[1]
    columns, rows = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    height, width = source.shape[:2]
    inside = (columns >= 0) & (columns < width - 1) & (rows >= 0) & (rows < height - 1)
    right_share, low_share = (x - columns)[..., None], (y - rows)[..., None]
    columns, rows = np.where(inside, columns, 0), np.where(inside, rows, 0)
    flat = np.ascontiguousarray(source).reshape(-1, source.shape[2])
    corner = rows * width + columns
    left_share = 1 - right_share
    under = corner + width
    # Places past the end belong to pixels that are blackened below; clipping keeps them readable.
    first, second, third, fourth = (
        flat.take(place, axis=0, mode="clip") for place in (corner, corner + 1, under, under + 1)
    )
    above, beneath = first * left_share + second * right_share, third * left_share + fourth * right_share
    # dlib casts the interpolated value, which cuts its fraction off.
    mixed = above * (1 - low_share) + beneath * low_share
    chip: Image = np.where(inside[..., None], mixed, 0).astype(np.uint8)
    return chip


def _cut_region(image: Image, corners: Points, *, multiple: int) -> tuple[Image, Points]:
    """Return the part of the image around the corners, with sides divisible by `multiple`, and its origin."""
    height, width = image.shape[:2]
    margin = 2 * multiple
    first = np.clip(np.floor(corners.min(axis=0)).astype(int) - margin, 0, [width, height])
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + margin, 0, [width, height])
    sides = (last - first) // multiple * multiple
    region = image[first[1] : first[1] + sides[1], first[0] : first[0] + sides[0]]
    return region, first.astype(np.float64)
