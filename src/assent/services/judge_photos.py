"""Judge labelled photos on all cores and keep what became of each, so that a run which stops can go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from assent.errors import InvalidInput, NoFaceFound, SeveralFacesFound
from assent.evaluation.acquisition import PhotoOutcome
from assent.faces import ENROLMENT_GATE, PROBE_GATE, FacePipeline, assess_quality
from assent.services.enrol_person import read_photo_file
from assent.services.labelled_photos import LabelledPhoto
from assent.settings import Settings
from assent.storage.evaluations import EvaluationProgress

PEOPLE_AHEAD_PER_THREAD: Final = 2

CountDone = Callable[[int, int], None]


def judge_photos(
    settings: Settings,
    faces: FacePipeline,
    photos: Sequence[LabelledPhoto],
    progress: EvaluationProgress,
    count_done: CountDone,
) -> int:
    """Judge and embed every photo that no earlier run did; returns how many. At most a few are in memory at once.

    The first photo of a person that may be enrolled gives a reference besides its template as a probe.
    """
    of_person = {
        person: list(numbers) for person, numbers in groupby(range(len(photos)), key=lambda at: photos[at].person)
    }
    before = len(progress.outcomes)
    for judged in _judge_all(settings, faces, photos, progress, list(of_person.values())):
        for photo in judged.result():
            progress.record(photo.number, photo.outcome, photo.template, photo.reference)
            count_done(len(progress.outcomes), len(photos))
    return len(progress.outcomes) - before


def list_outcomes(photos: Sequence[LabelledPhoto], progress: EvaluationProgress) -> list[PhotoOutcome]:
    """List what became of each photo, in their order, with the person each shows."""
    return [replace(progress.outcomes[number], person=photo.person) for number, photo in enumerate(photos)]


@dataclass(frozen=True, slots=True)
class JudgedPhoto:
    """One photo's outcome with its templates (bytes, in memory only): as a probe, and as the person's reference."""

    number: int
    outcome: PhotoOutcome
    template: bytes | None = None
    reference: bytes | None = None


def judge_photo(
    faces: FacePipeline, photo: LabelledPhoto, number: int, limits: _Limits, *, lacks_reference: bool
) -> JudgedPhoto:
    """Judge one photo as a reference and as a probe, and compute the templates that it is good enough for."""
    try:
        image = faces.decode(read_photo_file(photo.path, limits.most_bytes))
        found = faces.detect(image, smallest_face_px=limits.smallest_face_px)
    except InvalidInput as error:
        return JudgedPhoto(number, PhotoOutcome(photo.person, (error.reason,), (error.reason,), None))
    if len(found) != 1:
        # With several faces nobody but the operator could say which one the folder's name means.
        slug = SeveralFacesFound.reason if found else NoFaceFound.reason
        return JudgedPhoto(number, PhotoOutcome(photo.person, (slug,), (slug,), None))
    enrolment = assess_quality(image, found[0], ENROLMENT_GATE)
    probe = assess_quality(image, found[0], PROBE_GATE)
    outcome = PhotoOutcome(photo.person, tuple(enrolment.reasons), tuple(probe.reasons), replace(probe, reasons=()))
    template = faces.embed(image, found)[0].to_bytes() if outcome.may_search else None
    is_reference = outcome.may_enrol and lacks_reference
    reference = faces.embed_references(image, found)[0].to_bytes() if is_reference else None
    return JudgedPhoto(number, outcome, template, reference)


@dataclass(frozen=True, slots=True)
class _Limits:
    most_bytes: int
    smallest_face_px: int


def _judge_all(
    settings: Settings,
    faces: FacePipeline,
    photos: Sequence[LabelledPhoto],
    progress: EvaluationProgress,
    people: Sequence[Sequence[int]],
) -> Iterator[Future[list[JudgedPhoto]]]:
    """Judge people in threads, a few ahead of the one who is recorded, and give them back in order."""
    threads = settings.worker_threads
    limits = _Limits(settings.max_image_bytes, settings.smallest_face_px)
    ahead: deque[Future[list[JudgedPhoto]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="evaluate") as pool:
        try:
            for numbers in people:
                left = [number for number in numbers if number not in progress.outcomes]
                if not left:
                    continue
                has_reference = any(number in progress.references for number in numbers)
                ahead.append(pool.submit(_judge_person, faces, photos, left, limits, has_reference=has_reference))
                if len(ahead) > threads * PEOPLE_AHEAD_PER_THREAD:
                    yield ahead.popleft()
            while ahead:
                yield ahead.popleft()
        finally:
            for future in ahead:
                future.cancel()


def _judge_person(
    faces: FacePipeline,
    photos: Sequence[LabelledPhoto],
    numbers: Sequence[int],
    limits: _Limits,
    *,
    has_reference: bool,
) -> list[JudgedPhoto]:
    judged = []
    for number in numbers:
        photo = judge_photo(faces, photos[number], number, limits, lacks_reference=not has_reference)
        has_reference = has_reference or photo.reference is not None
        judged.append(photo)
    return judged
