"""Examine a photo before a search: its faces, and whether they are good enough; nobody is compared."""

from __future__ import annotations

from dataclasses import dataclass

from assent.faces import PROBE_GATE, Quality, encode_jpeg
from assent.services.runtime import Runtime


@dataclass(frozen=True, slots=True)
class ExaminedFace:
    """One face of the photo; `number` counts from 1, left to right; the portrait is a JPEG."""

    number: int
    quality: Quality
    portrait: bytes


def examine_photo(runtime: Runtime, photo: bytes) -> list[ExaminedFace]:
    """List a photo's faces with their quality as probes; none is a fine answer. Raises UnreadableImage."""
    faces = runtime.faces
    image = faces.decode(photo)
    analysed = faces.analyse(image, gate=PROBE_GATE, smallest_face_px=runtime.settings.smallest_face_px)
    everyone = [face.face for face in analysed]
    return [
        ExaminedFace(
            face.number, face.quality, encode_jpeg(faces.crop_portrait(image, face.face, other_faces=everyone))
        )
        for face in analysed
    ]
