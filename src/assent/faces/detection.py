"""Finds faces: box, five landmarks and a score for each.

MTCNN: Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
IEEE Signal Processing Letters 23(10), 2016. A pack may bring one ONNX graph that returns boxes instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.errors import InvalidPack
from assent.faces.decoding import Image

Boxes = NDArray[np.float64]

SMALLEST_FACE_PX: Final = 40
"""Default width of the smallest face looked for; time grows with the inverse square of it."""

# From the paper's published code: side of the three networks' input, step of the image pyramid, thresholds for the
# score and for the overlap (intersection over union, the last over the smaller box) above which the weaker box goes.
_PROPOSAL_SIDE_PX: Final = 12
_REFINE_SIDE_PX: Final = 24
_OUTPUT_SIDE_PX: Final = 48
_PROPOSAL_STRIDE_PX: Final = 2
_PYRAMID_STEP: Final = 0.709
_PROPOSAL_SCORE: Final = 0.6
_REFINE_SCORE: Final = 0.7
_OUTPUT_SCORE: Final = 0.8
_OVERLAP_WITHIN_SCALE: Final = 0.5
_OVERLAP_BETWEEN_SCALES: Final = 0.7
# The networks take (pixel - 127.5) / 128.
_PIXEL_MEAN: Final = 127.5
_PIXEL_SPAN: Final = 128.0
_GREY_BORDER: Final = (127, 127, 127)
LANDMARK_COUNT: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class DetectedFace:
    """One face in an image, in pixels of that image.

    `box_px` is left, top, right, bottom and may reach beyond the image. `landmarks_px` has shape (5, 2), float64, x and
    y of: the eye on the image's left, the other eye, nose tip, mouth corner on the image's left, the other corner.
    `score` is the detector's certainty from 0 to 1.
    """

    box_px: tuple[float, float, float, float]
    landmarks_px: NDArray[np.float64]
    score: float


class FaceDetector(Protocol):
    """What every detector of a pack offers."""

    def detect(self, image: Image, smallest_face_px: int = SMALLEST_FACE_PX) -> list[DetectedFace]:
        """Return the faces at least about `smallest_face_px` wide, best score first."""


class MtcnnDetector:
    """The three networks of MTCNN; stateless between calls, so threads may share it."""

    def __init__(self, proposal: Any, refine: Any, output: Any) -> None:
        self._proposal = proposal
        self._refine = refine
        self._output = output

    def detect(self, image: Image, smallest_face_px: int = SMALLEST_FACE_PX) -> list[DetectedFace]:
        """Return the faces at least about `smallest_face_px` wide, best score first."""
        # 1. Proposals: a small fully convolutional network over an image pyramid.
        boxes = self._propose(image, max(smallest_face_px, _PROPOSAL_SIDE_PX))
        if not len(boxes):
            return []
        # 2. Refinement on 24-pixel patches throws most of them away.
        patches = _ImagePatches(image)
        offsets, scores = self._refine.run(None, {"img": patches.cut(boxes, _REFINE_SIDE_PX)})
        kept = scores[:, 1] > _REFINE_SCORE
        boxes, certainty = _shift(boxes, offsets)[kept], scores[kept, 1]
        boxes = _make_square(boxes[_suppress(boxes, certainty, _OVERLAP_BETWEEN_SCALES)])
        if not len(boxes):
            return []
        # 3. Output on 48-pixel patches: final box, landmarks, score.
        offsets, points, scores = self._output.run(None, {"img": patches.cut(boxes, _OUTPUT_SIDE_PX)})
        kept = scores[:, 1] > _OUTPUT_SCORE
        sides = (boxes[:, 2:] - boxes[:, :2] + 1)[kept]
        landmarks = np.stack(
            [
                points[kept, :LANDMARK_COUNT] * sides[:, :1] + boxes[kept, 0:1],
                points[kept, LANDMARK_COUNT:] * sides[:, 1:] + boxes[kept, 1:2],
            ],
            axis=2,
        ).astype(np.float64)
        boxes, certainty = _shift(boxes, offsets)[kept], scores[kept, 1]
        order = _suppress(boxes, certainty, _OVERLAP_BETWEEN_SCALES, over_smaller=True)
        return [make_face(boxes[i], landmarks[i], certainty[i]) for i in order]

    def _propose(self, image: Image, smallest_face_px: int) -> Boxes:
        height, width = image.shape[:2]
        scale = _PROPOSAL_SIDE_PX / smallest_face_px
        level = image
        found: list[Boxes] = []
        scores: list[NDArray[np.float32]] = []
        while min(height, width) * scale >= _PROPOSAL_SIDE_PX:
            size = (int(np.ceil(width * scale)), int(np.ceil(height * scale)))
            # Each level from the one before: from the whole image each time would take as long as the network.
            level = cv2.resize(level, size, interpolation=cv2.INTER_AREA)
            offsets, certainty = self._proposal.run(None, {"img": _normalise(level)[None]})
            rows, columns = np.nonzero(certainty[0, :, :, 1] > _PROPOSAL_SCORE)
            if len(rows):
                corners = np.stack([columns, rows, columns, rows], axis=1) * float(_PROPOSAL_STRIDE_PX)
                corners += np.array([1, 1, _PROPOSAL_SIDE_PX, _PROPOSAL_SIDE_PX])
                corners = (corners + offsets[0, rows, columns] * (_PROPOSAL_SIDE_PX - 1)) / scale
                score = certainty[0, rows, columns, 1]
                kept = _suppress(corners, score, _OVERLAP_WITHIN_SCALE)
                found.append(corners[kept])
                scores.append(score[kept])
            scale *= _PYRAMID_STEP
        if not found:
            return np.empty((0, 4))
        boxes = np.concatenate(found)
        return _make_square(boxes[_suppress(boxes, np.concatenate(scores), _OVERLAP_BETWEEN_SCALES)])


class BoxesDetector:
    """One ONNX graph: uint8 image (1, H, W, 3) to boxes (N, 4), scores (N,) and landmarks (N, 5, 2) in pixels."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input_name: str = session.get_inputs()[0].name
        if len(session.get_outputs()) != 3:  # noqa: PLR2004 - boxes, scores, landmarks
            raise InvalidPack("The pack's detector must have three outputs: boxes, scores and landmarks.")

    def detect(self, image: Image, smallest_face_px: int = SMALLEST_FACE_PX) -> list[DetectedFace]:
        """Return the faces at least `smallest_face_px` wide, best score first; raises InvalidPack on other shapes."""
        boxes, scores, landmarks = self._session.run(None, {self._input_name: image[None]})
        count = len(scores)
        if boxes.shape != (count, 4) or scores.shape != (count,) or landmarks.shape != (count, LANDMARK_COUNT, 2):
            raise InvalidPack(
                f"The pack's detector returned boxes {boxes.shape}, scores {scores.shape}, "
                f"landmarks {landmarks.shape}; expected (N, 4), (N,), (N, 5, 2)."
            )
        order = [i for i in np.argsort(-scores) if boxes[i, 2] - boxes[i, 0] >= smallest_face_px]
        return [make_face(boxes[i], landmarks[i].astype(np.float64), scores[i]) for i in order]


def make_face(box: NDArray[Any], landmarks: NDArray[np.float64], score: float) -> DetectedFace:
    """Return a face from array rows: box (4,), landmarks (5, 2)."""
    left, top, right, bottom = (float(value) for value in box)
    return DetectedFace((left, top, right, bottom), landmarks, float(score))


class _ImagePatches:
    """Square patches of one image, each taken from the halved copy that suits its size, so large faces do not alias."""

    def __init__(self, image: Image) -> None:
        self._levels = [image]

    def cut(self, boxes: Boxes, side_px: int) -> NDArray[np.float32]:
        """Return the boxes' content, shape (N, side_px, side_px, 3), normalised for the networks."""
        patches = np.empty((len(boxes), side_px, side_px, 3), np.uint8)
        for patch, (left, top, right, _) in zip(patches, boxes, strict=True):
            step = (right - left) / side_px
            depth = min(max(0, int(np.log2(max(step, 1.0)))), self._deepest())
            shrink = 0.5**depth
            # Pixel centres: destination i covers source left + (i + 1/2) * step - 1/2.
            move = np.array(
                [
                    [step * shrink, 0, (left + step / 2) * shrink - 0.5],
                    [0, step * shrink, (top + step / 2) * shrink - 0.5],
                ]
            )
            cv2.warpAffine(
                self._level(depth),
                move,
                (side_px, side_px),
                dst=patch,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderValue=_GREY_BORDER,
            )
        return _normalise(patches)

    def _deepest(self) -> int:
        return max(0, int(np.log2(min(self._levels[0].shape[:2]))) - 3)

    def _level(self, depth: int) -> Image:
        while len(self._levels) <= depth:
            last = self._levels[-1]
            half = (max(1, last.shape[1] // 2), max(1, last.shape[0] // 2))
            self._levels.append(cv2.resize(last, half, interpolation=cv2.INTER_AREA))
        return self._levels[depth]


def _normalise(pixels: Image) -> NDArray[np.float32]:
    scaled = pixels.astype(np.float32)
    scaled -= _PIXEL_MEAN
    scaled /= _PIXEL_SPAN
    return scaled


def _shift(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    shifted: Boxes = boxes + offsets * np.concatenate([sides, sides], axis=1)
    return shifted


def _make_square(boxes: Boxes) -> Boxes:
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    side = np.maximum(widths, heights)
    left, top = boxes[:, 0] + (widths - side) / 2, boxes[:, 1] + (heights - side) / 2
    return np.stack([left, top, left + side, top + side], axis=1)


def _suppress(
    boxes: Boxes, scores: NDArray[np.float32], most_overlap: float, *, over_smaller: bool = False
) -> NDArray[np.intp]:
    """Return the indices of boxes that no better box overlaps by more than `most_overlap`, best first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    left, top, right, bottom = boxes.T
    areas = (right - left) * (bottom - top)
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        wide = np.maximum(0, np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest]))
        tall = np.maximum(0, np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest]))
        common = wide * tall
        whole = np.minimum(areas[best], areas[rest]) if over_smaller else areas[best] + areas[rest] - common
        order = rest[common <= most_overlap * whole]
    return np.array(kept, dtype=np.intp)
