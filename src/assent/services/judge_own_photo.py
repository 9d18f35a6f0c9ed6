"""Judge a photo before it is handed over, for somebody at a camera: kept nowhere, compared with nobody."""

from __future__ import annotations

from assent.errors import InvalidInput
from assent.faces import ENROLMENT_GATE
from assent.services.runtime import Runtime

FIT = "fit"
UNREADABLE = "unreadable"
NO_FACE = "no-face"
SEVERAL = "several"


def judge_own_photo(runtime: Runtime, photo: bytes) -> tuple[str, ...]:
    """Say whether a photo would do (`fit`), or why not: `no-face`, `several`, `unreadable`, or quality reasons."""
    faces = runtime.faces
    try:
        image = faces.decode(photo)
        found = faces.analyse(image, gate=ENROLMENT_GATE, smallest_face_px=runtime.settings.smallest_face_px)
    except InvalidInput:
        return (UNREADABLE,)
    if len(found) != 1:
        return (SEVERAL if found else NO_FACE,)
    return tuple(reason.value for reason in found[0].quality.reasons) or (FIT,)
