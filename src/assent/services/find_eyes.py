"""Find the eyes on a portrait, so that two pictures can be laid over each other; nobody is compared."""

from __future__ import annotations

from assent.faces import PROBE_GATE
from assent.services.runtime import Runtime

Eyes = tuple[tuple[float, float], tuple[float, float]]


def find_eyes(runtime: Runtime, portrait: bytes) -> Eyes | None:
    """Find both eyes of the largest face, left in the picture first, as shares of width and height; None without."""
    faces = runtime.faces
    image = faces.decode(portrait)
    analysed = faces.analyse(image, gate=PROBE_GATE, smallest_face_px=runtime.settings.smallest_face_px)
    if not analysed:
        return None
    largest = max((found.face for found in analysed), key=lambda face: face.box_px[2] - face.box_px[0])
    height, width = image.shape[:2]
    left, right = (
        (float(largest.landmarks_px[eye][0]) / width, float(largest.landmarks_px[eye][1]) / height) for eye in (0, 1)
    )
    return left, right
