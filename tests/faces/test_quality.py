from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from assent.faces import (
    ENROLMENT_GATE,
    PROBE_GATE,
    DetectedFace,
    FacePipeline,
    Image,
    QualityGate,
    QualityReason,
    assess_quality,
)
from faces.pictures import PEOPLE_COUNT, read_person

SPOILT: dict[str, tuple[Callable[[Image], Image], QualityReason]] = {
    "face of 12 px": (
        lambda image: cv2.resize(image, (30, 30), interpolation=cv2.INTER_AREA),
        QualityReason.TOO_SMALL,
    ),
    "blur of 8 px": (lambda image: cv2.GaussianBlur(image, (0, 0), 8), QualityReason.TOO_BLURRED),
    "blur of 10 px": (lambda image: cv2.GaussianBlur(image, (0, 0), 10), QualityReason.TOO_BLURRED),
    "nearly black": (lambda image: (image * 0.04).astype(np.uint8), QualityReason.TOO_DARK),
    "nearly white": (lambda image: (248 + image * 0.02).astype(np.uint8), QualityReason.TOO_BRIGHT),
}


@pytest.mark.parametrize("picture", [1, 2], ids=["neutral", "smiling"])
def test_the_composites_ordinary_pictures_are_fit_for_enrolment(picture: int, pipeline: FacePipeline) -> None:
    refused = {}
    for person in range(1, PEOPLE_COUNT + 1):
        (analysed,) = pipeline.analyse(read_person(person, picture), gate=ENROLMENT_GATE)
        if not analysed.quality.is_fit:
            refused[person] = analysed.quality.reasons

    assert refused == {}


def test_the_composites_hard_pictures_are_fit_as_probes(pipeline: FacePipeline) -> None:
    refused = {}
    for person in range(1, PEOPLE_COUNT + 1):
        (analysed,) = pipeline.analyse(read_person(person, 3), gate=PROBE_GATE)
        if not analysed.quality.is_fit:
            refused[person] = analysed.quality.reasons

    assert refused == {}


@pytest.mark.parametrize(("spoil", "reason"), SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.parametrize("gate", [ENROLMENT_GATE, PROBE_GATE], ids=["enrolment", "probe"])
def test_a_spoilt_picture_is_refused_with_its_reason(
    spoil: Callable[[Image], Image], reason: QualityReason, gate: QualityGate, pipeline: FacePipeline
) -> None:
    for person in range(1, 61, 6):
        image = read_person(person, 1)
        (face,) = pipeline.detect(image)
        spoilt = spoil(image)
        shrink = spoilt.shape[0] / image.shape[0]
        left, top, right, bottom = (side * shrink for side in face.box_px)
        moved = DetectedFace((left, top, right, bottom), face.landmarks_px * shrink, face.score)

        quality = assess_quality(spoilt, moved, gate)

        assert reason in quality.reasons, (person, quality)
        assert reason.text in quality.text


def test_very_dark_pictures_show_no_face_or_a_dark_one(pipeline: FacePipeline) -> None:
    for person in range(1, 61, 6):
        dark = (255 * (read_person(person, 1) / 255.0) ** 12).astype(np.uint8)

        faces = pipeline.analyse(dark)

        assert all(QualityReason.TOO_DARK in analysed.quality.reasons for analysed in faces)


def test_a_probe_of_a_face_30_px_wide_is_fit(pipeline: FacePipeline) -> None:
    for person in range(1, 61, 6):
        small = cv2.resize(read_person(person, 1), (72, 72), interpolation=cv2.INTER_AREA)

        (analysed,) = pipeline.analyse(small, smallest_face_px=20)

        assert analysed.quality.is_fit, analysed.quality


def test_light_and_contrast_hardly_change_sharpness(pipeline: FacePipeline) -> None:
    image = read_person(1, 1)
    (face,) = pipeline.detect(image)

    plain = assess_quality(image, face, PROBE_GATE).sharpness
    pale = assess_quality((100 + image * 0.4).astype(np.uint8), face, PROBE_GATE).sharpness

    assert pale == pytest.approx(plain, abs=0.05)


def a_frontal_face(nose_shift: float = 0.0, score: float = 1.0) -> DetectedFace:
    landmarks = np.array([[80.0, 90.0], [120.0, 90.0], [100.0 + nose_shift, 110.0], [85.0, 130.0], [115.0, 130.0]])
    return DetectedFace((60.0, 60.0, 140.0, 150.0), landmarks, score)


@pytest.mark.parametrize(("nose_shift", "is_turned"), [(0, False), (3, False), (12, True), (-12, True)])
def test_a_turned_face_is_not_fit_for_enrolment(nose_shift: float, is_turned: bool) -> None:
    image = np.full((200, 200, 3), 128, np.uint8)

    quality = assess_quality(image, a_frontal_face(nose_shift), ENROLMENT_GATE)

    assert (QualityReason.TURNED_AWAY in quality.reasons) is is_turned


def test_an_uncertain_face_is_named_as_such() -> None:
    image = np.full((200, 200, 3), 128, np.uint8)

    quality = assess_quality(image, a_frontal_face(score=0.81), PROBE_GATE)

    assert QualityReason.UNCERTAIN_FACE in quality.reasons


def test_a_plain_surface_has_no_sharpness() -> None:
    quality = assess_quality(np.full((200, 200, 3), 128, np.uint8), a_frontal_face(), PROBE_GATE)

    assert quality.sharpness == 0
    assert QualityReason.TOO_BLURRED in quality.reasons


@pytest.mark.parametrize(("shift_px", "overlaps"), [(30.0, True), (78.0, False), (300.0, False)])
def test_a_face_that_overlaps_another_is_not_fit_for_enrolment(shift_px: float, overlaps: bool) -> None:
    face = a_frontal_face()
    left, top, right, bottom = face.box_px
    other = DetectedFace((left + shift_px, top, right + shift_px, bottom), face.landmarks_px, 1.0)
    image = np.full((200, 200, 3), 128, np.uint8)

    quality = assess_quality(image, face, ENROLMENT_GATE, other_faces=[face, other])

    assert (QualityReason.SEVERAL_FACES in quality.reasons) is overlaps


@pytest.mark.parametrize("reason", QualityReason)
def test_every_reason_is_said_in_words(reason: QualityReason) -> None:
    assert reason.text.endswith(".")
    assert len(reason.text.split()) > 5
