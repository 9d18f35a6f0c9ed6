"""The one composition of decoding, detection, quality, alignment and embedding, for one pack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from assent.errors import FaceUnfit, InvalidInput, NoFaceFound, SeveralFacesFound
from assent.faces.decoding import DEFAULT_LIMITS, Image, ImageLimits, decode_image
from assent.faces.detection import SMALLEST_FACE_PX, DetectedFace
from assent.faces.embedding import Template, crops_to_array
from assent.faces.packs import Pack
from assent.faces.quality import Quality, QualityGate, assess_quality
from assent.faces.quality_gates import PROBE_GATE
from assent.faces.reference_views import embed_reference_views

# Room around the detector's box in a stored portrait, in box sides: the whole head, little else.
_PORTRAIT_MARGIN: Final = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedFace:
    """A face of one picture with its quality; `number` counts from 1, left to right."""

    number: int
    face: DetectedFace
    quality: Quality


class FacePipeline:
    """Everything from picture to templates, with one pack; holds no state between calls, so threads may share it.

    OpenCV is set to one thread for the whole process: pictures are spread over Python threads instead, each of which
    then uses one core (ONNX Runtime and OpenCV release the interpreter's lock).
    """

    def __init__(self, pack: Pack, limits: ImageLimits = DEFAULT_LIMITS) -> None:
        self.pack = pack
        self.limits = limits
        cv2.setNumThreads(1)

    def decode(self, data: bytes) -> Image:
        """Return the pixels of a JPEG, PNG or WebP file; raises UnreadableImage and ImageTooLarge."""
        return decode_image(data, self.limits)

    def detect(self, image: Image, *, smallest_face_px: int = SMALLEST_FACE_PX) -> list[DetectedFace]:
        """Return the faces from left to right (by the middle of the box), at least about `smallest_face_px` wide."""
        faces = self.pack.detector.detect(image, smallest_face_px)
        return sorted(faces, key=lambda face: face.box_px[0] + face.box_px[2])

    def analyse(
        self, image: Image, *, gate: QualityGate = PROBE_GATE, smallest_face_px: int = SMALLEST_FACE_PX
    ) -> list[AnalysedFace]:
        """Return the faces from left to right with their quality against the gate; computes no template."""
        faces = self.detect(image, smallest_face_px=smallest_face_px)
        return [
            AnalysedFace(number, face, assess_quality(image, face, gate, other_faces=faces))
            for number, face in enumerate(faces, start=1)
        ]

    def embed(self, image: Image, faces: Sequence[DetectedFace]) -> list[Template]:
        """Return one template for each face of the image as a probe, in the same order."""
        return self.embed_many([(image, faces)])[0]

    def embed_references(self, image: Image, faces: Sequence[DetectedFace]) -> list[Template]:
        """Return the template of each face as a reference: one that averages several views, where the pack says so."""
        pack = self.pack
        crops = crops_to_array([pack.aligner.cut(image, face) for face in faces], pack.manifest.alignment.size_px)
        vectors = embed_reference_views(pack.embedder, pack.manifest.embedder, crops)
        return [Template(vector, pack.pack_id) for vector in vectors]

    def embed_many(self, pictures: Sequence[tuple[Image, Sequence[DetectedFace]]]) -> list[list[Template]]:
        """Return the templates of the faces of several images, computed in common batches."""
        crops = [self.pack.aligner.cut(image, face) for image, faces in pictures for face in faces]
        vectors = self.pack.embedder.embed(crops_to_array(crops, self.pack.manifest.alignment.size_px))
        templates = iter([Template(vector, self.pack.pack_id) for vector in vectors])
        return [[next(templates) for _ in faces] for _, faces in pictures]

    def crop_portrait(self, image: Image, face: DetectedFace, *, other_faces: Sequence[DetectedFace] = ()) -> Image:
        """Return the head with a margin, shape (h, w, 3), for storing no more of a picture than needed.

        A side on which the margin would show another face's box is drawn in as far as this face's own box.
        """
        left, top, right, bottom = face.box_px
        margin = _PORTRAIT_MARGIN * max(right - left, bottom - top)
        sides = [left - margin, top - margin, right + margin, bottom + margin]
        for other in other_faces:
            if other is not face:
                _draw_in(sides, face.box_px, other.box_px)
        height, width = image.shape[:2]
        first_column, last_column = max(0, round(sides[0])), min(width, round(sides[2]))
        first_row, last_row = max(0, round(sides[1])), min(height, round(sides[3]))
        if last_column <= first_column or last_row <= first_row:
            raise InvalidInput("The face's box lies outside the image.")
        return np.ascontiguousarray(image[first_row:last_row, first_column:last_column])


def choose_face(faces: Sequence[AnalysedFace], number: int | None = None) -> AnalysedFace:
    """Return the only face, or the one with this number, counted from 1, left to right.

    Raises NoFaceFound, SeveralFacesFound when there is a choice and no number, InvalidInput for a number out of range.
    """
    if not faces:
        raise NoFaceFound("The picture shows no face; use one in which the face is larger, sharper or better lit.")
    if number is None:
        if len(faces) > 1:
            raise SeveralFacesFound(
                f"The picture shows {len(faces)} faces; choose one by its number, 1 to {len(faces)}, left to right."
            )
        return faces[0]
    if not 1 <= number <= len(faces):
        raise InvalidInput(
            f"There is no face number {number}; the picture shows {len(faces)}, counted from left to right."
        )
    return faces[number - 1]


def require_fit(analysed: AnalysedFace) -> AnalysedFace:
    """Return the face when its quality passed the gate; raises FaceUnfit with the reasons in words."""
    if not analysed.quality.is_fit:
        raise FaceUnfit(analysed.quality.text)
    return analysed


def _draw_in(
    sides: list[float], own: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> None:
    """Move one of the portrait's sides (left, top, right, bottom) so that it shows less of another face's box."""
    if other[2] <= sides[0] or other[0] >= sides[2] or other[3] <= sides[1] or other[1] >= sides[3]:
        return
    # The side that has to give up the least, among those that the own box leaves free.
    cuts = [
        (other[2] - sides[0], 0, min(other[2], own[0])),
        (other[3] - sides[1], 1, min(other[3], own[1])),
        (sides[2] - other[0], 2, max(other[0], own[2])),
        (sides[3] - other[1], 3, max(other[1], own[3])),
    ]
    _, side, place = min(cuts)
    sides[side] = place
