"""Computes the volunteers' templates for the accuracy tables: probes spoiled in eleven ways, references as enrolled.

Everything stays in memory. A volunteer's picture or template is never written anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from assent.evaluation.fit_calibration import LabelledTemplates
from assent.faces import DEFAULT_MANIFEST, DetectedFace, FacePipeline, Image, Quality, open_default_pack
from assent.faces.default_pack import name_converted_folder
from assent.faces.packs import make_pack

# From the centres of the eyes, which the detector gives, to their outer corners: adult proportions.
OUTER_CORNERS: Final = 1.45
KINDS: Final = (
    "as they are",
    "30 px between the eyes' outer corners",
    "24 px",
    "20 px",
    "JPEG quality 15",
    "blur, sigma 4 px",
    "blur, sigma 6 px",
    "gamma 0.4 (bright)",
    "gamma 2.5 (dark)",
    "turned by 25 degrees",
    "left half covered",
    "lower half covered",
)
HALF_COVERED: Final = KINDS[-2:]
_EYES: Final = dict(zip(KINDS[1:4], (30, 24, 20), strict=True))
_GREY: Final = 127


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture: whose, which, its vector as a reference, and as a probe spoiled in each way.

    `views` holds the embedder's own vectors, before they are laid on the unit sphere, of the crop and of its mirror
    image; a spoiled probe in which no face was found is missing.
    """

    people_set: str
    person: str
    name: str
    reference: NDArray[np.float32]
    views: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
    qualities: dict[str, Quality]


def spoil(image: Image, kind: str, landmarks_px: NDArray[np.float64]) -> Image:
    """Return the picture spoiled in one way."""
    eyes = landmarks_px[1] - landmarks_px[0]
    height, width = image.shape[:2]
    spoiled: NDArray[np.uint8] = image
    if kind in _EYES:
        share = _EYES[kind] / (float(np.hypot(*eyes)) * OUTER_CORNERS)
        spoiled = cv2.resize(image, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    elif kind.startswith("JPEG"):
        _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 15])
        spoiled = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1]
    elif kind.startswith("blur"):
        spoiled = cv2.GaussianBlur(image, (0, 0), 4 if "4" in kind else 6)
    elif kind.startswith("gamma"):
        power = 0.4 if "0.4" in kind else 2.5
        spoiled = np.round(255 * (np.arange(256) / 255) ** power).astype(np.uint8)[image]
    elif kind.startswith("turned"):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 25, 1)
        spoiled = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    elif kind in HALF_COVERED:
        spoiled = image.copy()
        if kind.startswith("left"):
            spoiled[:, : int(landmarks_px[2, 0])] = _GREY
        else:
            mouth_to_eyes = landmarks_px[3:, 1].mean() - landmarks_px[:2, 1].mean()
            spoiled[int(landmarks_px[2, 1] - 0.15 * mouth_to_eyes) :] = _GREY
    return np.ascontiguousarray(spoiled)


def open_plain_pipeline(cache_folder: Path) -> FacePipeline:
    """Open the default pack without part 4: vectors as the embedder gives them, of one view."""
    contents = {name: (name_converted_folder(cache_folder) / name).read_bytes() for name, _ in DEFAULT_MANIFEST.files}
    embedder = replace(DEFAULT_MANIFEST.embedder, unit_length=False, reference_blur=None)
    return FacePipeline(make_pack(replace(DEFAULT_MANIFEST, embedder=embedder), contents))


def read_pictures(cache_folder: Path, folder: Path, kinds: tuple[str, ...] = KINDS) -> list[Picture]:
    """Compute everything for all volunteers, sorted by set, person and picture."""
    found = []
    pipeline, plain = FacePipeline(open_default_pack(cache_folder)), open_plain_pipeline(cache_folder)
    for file in sorted(folder.glob("*/*/*.jpg")):
        image = pipeline.decode(file.read_bytes())
        face = _choose_largest(pipeline.detect(image))
        (reference,) = pipeline.embed_references(image, [face])
        views, qualities = {}, {}
        for kind in kinds:
            probe = spoil(image, kind, face.landmarks_px)
            analysed = pipeline.analyse(probe, smallest_face_px=20)
            if analysed:
                largest = max(analysed, key=lambda one: one.face.box_px[2] - one.face.box_px[0])
                views[kind] = embed_two_views(plain, probe, largest.face)
                qualities[kind] = largest.quality
        people_set, person, name = *file.parts[-3:-1], file.stem
        found.append(Picture(people_set, person, name, reference.vector, views, qualities))
    return found


def embed_two_views(
    pipeline: FacePipeline, image: Image, face: DetectedFace
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the vectors of a face's crop and of its mirror image."""
    crop = pipeline.pack.aligner.cut(image, face)
    first, second = pipeline.pack.embedder.embed(np.stack([crop, crop[:, ::-1]]))
    return first, second


def _choose_largest(faces: list[DetectedFace]) -> DetectedFace:
    return max(faces, key=lambda face: face.box_px[2] - face.box_px[0])


def label_templates(pictures: list[Picture]) -> LabelledTemplates:
    """Lay the pictures out for fitting: every spoiled probe for the genuine distances, each as it is for strangers."""
    names = sorted({(picture.people_set, picture.person) for picture in pictures})
    numbers = {name: number for number, name in enumerate(names)}
    # The last probe of a person is the one that strangers are measured with.
    probes = [
        (kind != KINDS[0], number, picture, kind) for number, picture in enumerate(pictures) for kind in picture.views
    ]
    probes.sort(key=lambda probe: (-probe[0], probe[1]))
    people = np.array([numbers[picture.people_set, picture.person] for picture in pictures], np.int64)
    vectors = np.stack([picture.views[kind][0] for _, _, picture, kind in probes])
    return LabelledTemplates(
        probes=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        probe_people=people[[number for _, number, _, _ in probes]],
        probe_pictures=np.array([number for _, number, _, _ in probes], np.int64),
        qualities=[picture.qualities[kind] for _, _, picture, kind in probes],
        references=np.stack([picture.reference for picture in pictures]),
        reference_people=people,
        reference_pictures=np.arange(len(pictures)),
    )
