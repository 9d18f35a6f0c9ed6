from __future__ import annotations

import json
from typing import Any

import cv2
import numpy as np
import pytest

from assent.faces import DetectedFace, FacePipeline, decode_image
from faces.pictures import PEOPLE_COUNT, PEOPLE_FOLDER, a_pattern, read_person

GROUPS = json.loads((PEOPLE_FOLDER / "groups/groups.json").read_text())


def is_inside(face: DetectedFace, box: list[int]) -> bool:
    x, y, width, height = box
    left, top, right, bottom = face.box_px
    return x < (left + right) / 2 < x + width and y < (top + bottom) / 2 < y + height


@pytest.mark.parametrize("picture", [1, 2, 3], ids=["neutral", "smiling", "hard"])
def test_every_composite_shows_exactly_one_face(picture: int, pipeline: FacePipeline) -> None:
    found = {person: len(pipeline.detect(read_person(person, picture))) for person in range(1, PEOPLE_COUNT + 1)}

    assert {person: count for person, count in found.items() if count != 1} == {}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: str(group["file"]))
def test_everybody_in_a_group_is_found_from_left_to_right(group: dict[str, Any], pipeline: FacePipeline) -> None:
    image = decode_image((PEOPLE_FOLDER / "groups" / group["file"]).read_bytes())
    expected = sorted(group["people"], key=lambda person: person["box"][0])

    faces = pipeline.detect(image)

    assert len(faces) == len(expected)
    assert all(is_inside(face, person["box"]) for face, person in zip(faces, expected, strict=True))


def test_landmarks_lie_where_they_belong(pipeline: FacePipeline) -> None:
    (face,) = pipeline.detect(read_person(1, 1))
    left, top, right, bottom = face.box_px
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks_px

    assert ((face.landmarks_px > (left, top)) & (face.landmarks_px < (right, bottom))).all()
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert 0.8 < face.score <= 1


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((300, 400, 3), np.uint8),
        np.full((300, 400, 3), 255, np.uint8),
        a_pattern("nobody", 300, 400),
        np.zeros((5, 5, 3), np.uint8),
        np.zeros((1, 500, 3), np.uint8),
    ],
    ids=["black", "white", "patches of colour", "5 x 5", "one row"],
)
def test_nothing_is_found_where_nobody_is(image: np.ndarray, pipeline: FacePipeline) -> None:
    assert pipeline.detect(image) == []


@pytest.mark.parametrize(("smallest_face_px", "is_found"), [(20, True), (80, False)])
def test_faces_below_the_smallest_size_are_left_out(
    smallest_face_px: int, is_found: bool, pipeline: FacePipeline
) -> None:
    image = np.full((480, 480, 3), 90, np.uint8)
    image[200:296, 200:296] = cv2.resize(read_person(1, 1), (96, 96), interpolation=cv2.INTER_AREA)

    assert bool(pipeline.detect(image, smallest_face_px=smallest_face_px)) is is_found


@pytest.mark.parametrize("side_px", [240, 480, 960, 2400])
def test_the_same_face_is_found_at_the_same_place_at_any_size(side_px: int, pipeline: FacePipeline) -> None:
    image = read_person(5, 1)
    (reference,) = pipeline.detect(image)

    (face,) = pipeline.detect(cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA))

    difference_px = np.abs(face.landmarks_px * 480 / side_px - reference.landmarks_px).max()
    assert difference_px < 6


def test_a_face_cut_by_the_edge_is_still_found(pipeline: FacePipeline) -> None:
    image = read_person(2, 1)
    (whole,) = pipeline.detect(image)
    cut_at = round(whole.box_px[2] - 0.12 * (whole.box_px[2] - whole.box_px[0]))

    (face,) = pipeline.detect(np.ascontiguousarray(image[:, :cut_at]))

    assert np.abs(face.landmarks_px - whole.landmarks_px).max() < 12
