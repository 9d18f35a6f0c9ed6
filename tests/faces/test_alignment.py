from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assent.errors import InvalidPack
from assent.faces import ARCFACE_POINTS_PX, FacePipeline, Pack
from assent.faces.alignment import DlibChipAligner, FivePointAligner, LandmarkPredictor, LandmarkTrees
from assent.faces.chips import DLIB_CHIP_POINTS, cut_dlib_chip, cut_five_point, fit_similarity
from assent.faces.default_pack import DEFAULT_MANIFEST, LANDMARK_FILE, read_source_files
from assent.faces.detection import DetectedFace
from assent.faces.dlib_format import read_landmark_trees
from assent.faces.manifest import AlignmentKind, AlignmentSpec
from faces.pictures import a_pattern, read_person

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/faces_dlib.json").read_text())


@pytest.fixture(scope="session")
def predictor() -> LandmarkPredictor:
    return LandmarkPredictor(read_landmark_trees(read_source_files()[LANDMARK_FILE]))


@pytest.mark.parametrize("known", VECTORS["patterns"], ids=lambda known: known["seed"])
def test_landmarks_chips_and_vectors_are_dlibs_own(
    known: dict[str, Any], predictor: LandmarkPredictor, default_pack: Pack
) -> None:
    image = a_pattern(known["seed"], known["height"], known["width"])

    landmarks = predictor.predict(image, tuple(known["box_px"]))
    chip = cut_dlib_chip(image, landmarks, size_px=150, padding=0.25)
    (vector,) = default_pack.embedder.embed(chip[None])

    assert (np.floor(landmarks + 0.5) == known["landmarks_px"]).all()
    assert hashlib.sha256(chip.tobytes()).hexdigest() == known["chip_sha256"]
    # dlib's vectors are 1.47 long; the pack lays them on the unit sphere.
    assert np.abs(vector - np.array(known["vector"]) / np.linalg.norm(known["vector"])).max() < 2e-6


@pytest.mark.parametrize("known", VECTORS["people"], ids=lambda known: f"{known['person']}-{known['picture']}")
def test_templates_lie_next_to_those_of_dlibs_whole_pipeline(known: dict[str, Any], pipeline: FacePipeline) -> None:
    image = read_person(known["person"], known["picture"])
    dlibs = np.array(known["vector"])

    (template,) = pipeline.embed(image, pipeline.detect(image))

    cosine = template.vector @ dlibs / np.linalg.norm(template.vector) / np.linalg.norm(dlibs)
    assert cosine >= 0.998


def test_a_similarity_is_found_exactly() -> None:
    turn, grow = np.deg2rad(25), 1.7
    matrix = grow * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    target = DLIB_CHIP_POINTS @ matrix.T + (3.0, -4.0)

    found, shift = fit_similarity(DLIB_CHIP_POINTS, target)

    assert np.allclose(found, matrix)
    assert np.allclose(shift, (3.0, -4.0))


def test_a_similarity_never_mirrors() -> None:
    mirrored = DLIB_CHIP_POINTS * (-1, 1)

    found, _ = fit_similarity(DLIB_CHIP_POINTS, mirrored)

    assert np.linalg.det(found) > 0


@pytest.mark.parametrize("grow", [0.4, 1.0, 3.3, 9.0])
@pytest.mark.parametrize("turn_degrees", [0, 30, -100])
def test_five_landmarks_land_on_the_reference_points(grow: float, turn_degrees: float) -> None:
    """Dots drawn at the landmarks appear at the reference points, however large and turned the face is."""
    reference = np.array(ARCFACE_POINTS_PX)
    turn = np.deg2rad(turn_degrees)
    matrix = grow * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = (reference - 56) @ matrix.T + 700
    image = np.zeros((1400, 1400, 3), np.uint8)
    rows, columns = np.mgrid[:1400, :1400]
    for x, y in landmarks:
        image[np.hypot(columns - x, rows - y) < max(1.0, 3 * grow)] = 255

    crop = cut_five_point(image, landmarks, reference, 112)

    # A dot's middle is only as exact as the picture's own pixels.
    tolerance_px = 0.6 / min(grow, 1)
    for x, y in reference:
        window = crop[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7, 0].astype(float)
        dy, dx = np.mgrid[-6:7, -6:7]
        assert abs((window * dx).sum() / window.sum() + round(x) - x) < tolerance_px
        assert abs((window * dy).sum() / window.sum() + round(y) - y) < tolerance_px


def test_a_face_outside_the_image_gives_a_black_crop() -> None:
    image = np.full((50, 50, 3), 200, np.uint8)
    landmarks = np.array(ARCFACE_POINTS_PX) + 5000

    crop = cut_five_point(image, landmarks, np.array(ARCFACE_POINTS_PX), 112)

    assert not crop.any()


@pytest.mark.parametrize("size_px", [96, 112, 160])
def test_the_five_point_aligner_cuts_the_size_asked_for(size_px: int) -> None:
    points = tuple((x * size_px / 112, y * size_px / 112) for x, y in ARCFACE_POINTS_PX)
    spec = AlignmentSpec(AlignmentKind.FIVE_POINT, size_px, reference_points_px=points)
    face = DetectedFace((40.0, 40.0, 160.0, 160.0), np.array(ARCFACE_POINTS_PX) + 44, 1.0)

    crop = FivePointAligner(spec).cut(a_pattern("crop", 200, 200), face)

    assert crop.shape == (size_px, size_px, 3)


def test_dlibs_aligner_maps_the_detectors_box_as_the_manifest_says(default_pack: Pack) -> None:
    assert isinstance(default_pack.aligner, DlibChipAligner)
    face = DetectedFace((100.0, 100.0, 180.0, 200.0), np.zeros((5, 2)), 1.0)

    left, top, right, bottom = default_pack.aligner.map_box(face)

    assert (left + right) / 2 == pytest.approx(140 - 4.0, abs=1)
    assert (top + bottom) / 2 == pytest.approx(150 + 2.72, abs=1)
    assert right - left == pytest.approx(100 * DEFAULT_MANIFEST.alignment.box_scale, abs=1)


def test_a_landmark_model_of_other_shapes_is_refused(predictor: LandmarkPredictor) -> None:
    trees = predictor._trees
    lopsided = LandmarkTrees(
        trees.mean_shape,
        trees.first_pixel,
        trees.second_pixel[:, :10],
        trees.threshold,
        trees.leaf,
        trees.anchor,
        trees.offset,
    )

    with pytest.raises(InvalidPack, match="other shapes"):
        LandmarkTrees.from_bytes(lopsided.to_bytes())
    with pytest.raises(InvalidPack, match="archive"):
        LandmarkTrees.from_bytes(b"not an archive")
