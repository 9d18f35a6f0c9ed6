"""Measures whether a face is good enough for a use, and says in words why not.

The figures are made on a copy of the face laid upright at 112 pixels, so that they do not depend on the picture's size.
They describe the picture, never the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.faces.chips import ARCFACE_POINTS_PX, ARCFACE_SIZE_PX, cut_five_point
from assent.faces.decoding import Image
from assent.faces.detection import DetectedFace

_REFERENCE_POINTS: Final = np.array(ARCFACE_POINTS_PX)
# The face without hair and background within the upright copy: rows and columns.
_FACE_ROWS: Final = slice(24, 108)
_FACE_COLUMNS: Final = slice(20, 92)
_REBLUR_SIGMA_PX: Final = 2.0
# Gradient energy of a surface without any structure: nothing to judge there.
_FLAT_ENERGY: Final = 1e-3
_MIDDLE_GREY: Final = 127.5
# A box this much inside another's counts as one that cannot be cut away.
_MOST_SHARED_AREA: Final = 0.10


class QualityReason(StrEnum):
    """Why a face is unfit for a use."""

    TOO_SMALL = "too-small"
    TOO_BLURRED = "too-blurred"
    TOO_DARK = "too-dark"
    TOO_BRIGHT = "too-bright"
    TURNED_AWAY = "turned-away"
    UNCERTAIN_FACE = "uncertain-face"
    SEVERAL_FACES = "several-faces"

    @property
    def text(self) -> str:
        """Say the reason, and what to do, in one sentence."""
        return _REASON_TEXTS[self]


_REASON_TEXTS: Final = {
    QualityReason.TOO_SMALL: "The face is too small; use a picture taken closer or in higher resolution.",
    QualityReason.TOO_BLURRED: "The face is blurred; use a sharper picture.",
    QualityReason.TOO_DARK: "The face is too dark; use a picture with more light on the face.",
    QualityReason.TOO_BRIGHT: "The face is too bright; use a picture without glare on the face.",
    QualityReason.TURNED_AWAY: "The face is turned away; use a picture that shows it from the front.",
    QualityReason.UNCERTAIN_FACE: "It is not certain that this is a face; use another picture.",
    QualityReason.SEVERAL_FACES: "Another face overlaps this one; use a picture of the person alone.",
}


@dataclass(frozen=True, slots=True)
class QualityGate:
    """What a use demands of a face; the units are those of `Quality`."""

    least_eye_distance_px: float
    least_sharpness: float
    least_brightness: float
    most_brightness: float
    least_contrast: float
    most_turn: float
    least_score: float
    allows_overlap: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """The measured figures of one face and, against a gate, the reasons that make it unfit.

    `eye_distance_px` in pixels of the picture; `sharpness` from 0, blurred, to 1 (see `measure_sharpness`);
    `brightness` (mean) and `contrast` (standard deviation) of grey values from 0 to 255; `turn` from 0, frontal,
    upwards (see `measure_turn`); `score` is the detector's certainty.
    """

    eye_distance_px: float
    sharpness: float
    brightness: float
    contrast: float
    turn: float
    score: float
    reasons: tuple[QualityReason, ...]

    @property
    def is_fit(self) -> bool:
        """Whether no reason speaks against the use."""
        return not self.reasons

    @property
    def text(self) -> str:
        """Say all reasons in words; empty when the face is fit."""
        return " ".join(reason.text for reason in self.reasons)


def assess_quality(
    image: Image, face: DetectedFace, gate: QualityGate, *, other_faces: Sequence[DetectedFace] = ()
) -> Quality:
    """Measure a face in its image, shape (height, width, 3), and list what the gate does not allow."""
    eyes = face.landmarks_px[1] - face.landmarks_px[0]
    eye_distance_px = float(np.hypot(*eyes))
    upright = cut_five_point(image, face.landmarks_px, _REFERENCE_POINTS, ARCFACE_SIZE_PX)
    grey = cv2.cvtColor(upright, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inner = grey[_FACE_ROWS, _FACE_COLUMNS]
    brightness, contrast = float(inner.mean()), float(inner.std())
    sharpness, turn = measure_sharpness(grey), measure_turn(face.landmarks_px)
    measured = Quality(eye_distance_px, sharpness, brightness, contrast, turn, face.score, ())
    reasons = list_reasons(measured, gate)
    if not gate.allows_overlap and any(_overlaps(face, other) for other in other_faces):
        reasons = (*reasons, QualityReason.SEVERAL_FACES)
    return replace(measured, reasons=reasons)


def list_reasons(quality: Quality, gate: QualityGate) -> tuple[QualityReason, ...]:
    """List what a gate does not allow in figures measured before; whether faces overlap is not among them."""
    is_flat = quality.contrast < gate.least_contrast
    findings = {
        QualityReason.TOO_SMALL: quality.eye_distance_px < gate.least_eye_distance_px,
        QualityReason.TOO_BLURRED: quality.sharpness < gate.least_sharpness,
        QualityReason.TOO_DARK: quality.brightness < gate.least_brightness
        or (is_flat and quality.brightness < _MIDDLE_GREY),
        QualityReason.TOO_BRIGHT: quality.brightness > gate.most_brightness
        or (is_flat and quality.brightness >= _MIDDLE_GREY),
        QualityReason.TURNED_AWAY: quality.turn > gate.most_turn,
        QualityReason.UNCERTAIN_FACE: quality.score < gate.least_score,
    }
    return tuple(reason for reason, is_found in findings.items() if is_found)


def measure_sharpness(grey: NDArray[np.float32]) -> float:
    """Return the share, 0 to 1, of an upright face's gradient energy that another slight blur takes; shape (112, 112).

    A sharp picture has much to lose and a blurred one little, whatever its light and contrast (the idea of Crete and
    others, "The blur effect", Human Vision and Electronic Imaging, 2007).
    """
    before = _measure_gradient_energy(grey)
    after = _measure_gradient_energy(cv2.GaussianBlur(grey, (0, 0), _REBLUR_SIGMA_PX))
    return 1 - after / before if before > _FLAT_ENERGY else 0.0


def _measure_gradient_energy(grey: NDArray[np.float32]) -> float:
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return float((across**2 + down**2)[_FACE_ROWS, _FACE_COLUMNS].mean())


def measure_turn(landmarks_px: NDArray[np.float64]) -> float:
    """Return how far the nose lies from the middle between eyes and mouth corners, 0 when frontal.

    Measured along the line of the eyes, as a share of half the distance between the eyes; landmarks have shape (5, 2).
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks_px
    along = right_eye - left_eye
    length = float(np.hypot(*along)) or 1.0
    middle = (left_eye + right_eye + left_mouth + right_mouth) / 4
    return float(abs((nose - middle) @ along) / length / (length / 2))


def _overlaps(face: DetectedFace, other: DetectedFace) -> bool:
    if other is face:
        return False
    left, top, right, bottom = face.box_px
    wide = min(right, other.box_px[2]) - max(left, other.box_px[0])
    tall = min(bottom, other.box_px[3]) - max(top, other.box_px[1])
    return wide > 0 and tall > 0 and wide * tall > _MOST_SHARED_AREA * (right - left) * (bottom - top)
