from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assent.errors import FaceUnfit, InvalidInput, NoFaceFound, SeveralFacesFound, UnreadableImage
from assent.faces import (
    ENROLMENT_GATE,
    PROBE_GATE,
    AnalysedFace,
    DetectedFace,
    FacePipeline,
    ImageLimits,
    Pack,
    Quality,
    QualityReason,
    Template,
    choose_face,
    decode_image,
    distance,
    require_fit,
)
from faces.pictures import PEOPLE_COUNT, PEOPLE_FOLDER, read_person, read_person_bytes


def a_face_at(box: tuple[float, float, float, float]) -> DetectedFace:
    return DetectedFace(box, np.zeros((5, 2)), 1.0)


def an_analysed_face(number: int = 1, *reasons: QualityReason) -> AnalysedFace:
    return AnalysedFace(number, a_face_at((0.0, 0.0, 50.0, 50.0)), Quality(20.0, 0.7, 120.0, 30.0, 0.0, 1.0, reasons))


@pytest.fixture(scope="module")
def templates(pipeline: FacePipeline) -> dict[tuple[int, int], Template]:
    pictures = {(person, picture): read_person(person, picture) for person in range(1, 61) for picture in (1, 2, 3)}
    faces = [(image, pipeline.detect(image)) for image in pictures.values()]
    return {key: found[0] for key, found in zip(pictures, pipeline.embed_many(faces), strict=True)}


@pytest.mark.parametrize("picture", [2, 3], ids=["smiling", "hard"])
def test_composites_lie_within_the_default_threshold_of_themselves_and_of_nobody_else(
    picture: int, templates: dict[tuple[int, int], Template], default_pack: Pack
) -> None:
    threshold = default_pack.manifest.default_threshold
    people = range(1, PEOPLE_COUNT + 1)

    same = [distance(templates[person, 1], templates[person, picture]) for person in people]
    others = [distance(templates[a, 1], templates[b, picture]) for a in people for b in people if a != b]

    assert max(same) < threshold < min(others)


def test_a_batch_gives_the_templates_that_single_faces_give(pipeline: FacePipeline) -> None:
    pictures = []
    for group in ("g1", "g2", "g3"):
        image = decode_image((PEOPLE_FOLDER / f"groups/{group}.jpg").read_bytes())
        pictures.append((image, pipeline.detect(image)))

    together = pipeline.embed_many([*pictures, (pictures[0][0], [])])

    assert [len(found) for found in together] == [5, 4, 3, 0]
    for (image, faces), found in zip(pictures, together, strict=False):
        for face, template in zip(faces, found, strict=True):
            assert distance(pipeline.embed(image, [face])[0], template) < 1e-5


def test_two_threads_get_what_one_gets(pipeline: FacePipeline) -> None:
    files = [read_person_bytes(person, 1) for person in range(1, 21)]

    def compute(data: bytes) -> np.ndarray:
        image = pipeline.decode(data)
        return pipeline.embed(image, pipeline.detect(image))[0].vector

    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(compute, files))

    assert all(np.array_equal(vector, compute(data)) for vector, data in zip(at_once, files, strict=True))


def test_the_pipelines_limits_hold(default_pack: Pack) -> None:
    strict = FacePipeline(default_pack, ImageLimits(max_image_pixels=1000))

    with pytest.raises(UnreadableImage):
        strict.decode(read_person_bytes(1, 1))


def test_analysed_faces_are_numbered_from_left_to_right(pipeline: FacePipeline) -> None:
    image = decode_image((PEOPLE_FOLDER / "groups/g1.jpg").read_bytes())

    analysed = pipeline.analyse(image, gate=ENROLMENT_GATE)

    assert [face.number for face in analysed] == [1, 2, 3, 4, 5]
    middles = [face.face.box_px[0] + face.face.box_px[2] for face in analysed]
    assert middles == sorted(middles)


def test_the_only_face_is_chosen_without_asking() -> None:
    only = an_analysed_face()

    assert choose_face([only]) is only
    assert choose_face([only], 1) is only


def test_among_several_faces_one_must_be_chosen_by_number() -> None:
    faces = [an_analysed_face(1), an_analysed_face(2), an_analysed_face(3)]

    with pytest.raises(SeveralFacesFound, match="3 faces; choose one by its number, 1 to 3, left to right"):
        choose_face(faces)
    assert choose_face(faces, 2) is faces[1]


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_that_no_face_has_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match="shows 3"):
        choose_face([an_analysed_face(n) for n in (1, 2, 3)], number)


@pytest.mark.parametrize("number", [None, 1])
def test_a_picture_without_a_face_is_said_to_be_one(number: int | None) -> None:
    with pytest.raises(NoFaceFound):
        choose_face([], number)


def test_an_unfit_face_is_refused_with_its_reasons_in_words() -> None:
    unfit = an_analysed_face(1, QualityReason.TOO_DARK, QualityReason.TOO_SMALL)

    with pytest.raises(FaceUnfit, match=r"too dark.*too small"):
        require_fit(unfit)


def test_a_fit_face_passes() -> None:
    fit = an_analysed_face()

    assert require_fit(fit) is fit


def test_a_portrait_shows_the_whole_face_and_embeds_as_the_photo_does(pipeline: FacePipeline) -> None:
    image = decode_image((PEOPLE_FOLDER / "groups/g4.jpg").read_bytes())
    faces = pipeline.detect(image)

    for face, template in zip(faces, pipeline.embed(image, faces), strict=True):
        portrait = pipeline.crop_portrait(image, face, other_faces=faces)
        (analysed,) = pipeline.analyse(portrait, gate=PROBE_GATE)
        (again,) = pipeline.embed(portrait, [analysed.face])

        assert distance(template, again) < 0.2
        assert portrait.shape[0] * portrait.shape[1] < 4 * image.shape[0] * image.shape[1] / len(faces)


NEIGHBOURS = {
    "left": (10.0, 100.0, 90.0, 200.0),
    "right": (210.0, 110.0, 300.0, 210.0),
    "above": (110.0, 0.0, 190.0, 90.0),
    "below": (90.0, 215.0, 190.0, 300.0),
}


@pytest.mark.parametrize("box", NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
def test_a_portrait_leaves_the_neighbour_out_as_far_as_possible(
    box: tuple[float, float, float, float], pipeline: FacePipeline
) -> None:
    image = np.zeros((320, 320, 3), np.uint8)
    image[int(box[1]) : int(box[3]), int(box[0]) : int(box[2])] = 255
    face = a_face_at((100.0, 100.0, 200.0, 200.0))

    with_neighbour = pipeline.crop_portrait(image, face)
    portrait = pipeline.crop_portrait(image, face, other_faces=[face, a_face_at(box)])

    assert with_neighbour.any()
    assert not portrait.any()
    assert min(portrait.shape[:2]) >= 100


def test_a_portrait_never_cuts_into_its_own_face(pipeline: FacePipeline) -> None:
    image = np.zeros((320, 320, 3), np.uint8)
    face = a_face_at((100.0, 100.0, 200.0, 200.0))

    portrait = pipeline.crop_portrait(image, face, other_faces=[a_face_at((150.0, 100.0, 250.0, 200.0))])

    assert portrait.shape == (170, 135, 3)  # the margin of 35 pixels on all sides but the right


def test_a_face_outside_its_picture_has_no_portrait(pipeline: FacePipeline) -> None:
    outside = a_face_at((500.0, 500.0, 600.0, 600.0))

    with pytest.raises(InvalidInput):
        pipeline.crop_portrait(np.zeros((100, 100, 3), np.uint8), outside)
