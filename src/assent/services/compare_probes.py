"""Compare the faces on the probes of past searches with each other, in memory, and tell what is unusual about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assent.errors import NotFound
from assent.faces import PROBE_GATE, AnalysedFace, Image, Template
from assent.faces.grouping import group_faces
from assent.ledger import Finding, Rule, SearchRecord
from assent.mandates import probe_of
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime

PROBES_AT_ONCE = 64
"""Portraits in memory at the same time."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A search and the template of its probe, which is never stored."""

    record: SearchRecord
    template: Template


def embed_probes(runtime: Runtime, records: Sequence[SearchRecord]) -> list[Probe]:
    """Compute the templates of the probes that are still kept and show a face, in the order of the searches.

    The caller has recorded before that this happens.
    """
    faces = runtime.faces

    def prepare(record: SearchRecord) -> tuple[SearchRecord, Image, AnalysedFace] | None:
        try:
            portrait = runtime.photos.read(probe_of(str(record.search)), PROBE_PHOTO)
        except NotFound:
            return None  # a rule ended it
        image = faces.decode(portrait)
        analysed = faces.analyse(image, gate=PROBE_GATE, smallest_face_px=runtime.settings.smallest_face_px)
        # The portrait was cut around one face; where another looks in, the one searched for is the largest.
        chosen = max(analysed, key=_measure_box, default=None)
        return None if chosen is None else (record, image, chosen)

    probes: list[Probe] = []
    with ThreadPoolExecutor(runtime.settings.worker_threads, thread_name_prefix="oversight") as pool:
        for start in range(0, len(records), PROBES_AT_ONCE):
            ready = [item for item in pool.map(prepare, records[start : start + PROBES_AT_ONCE]) if item is not None]
            templates = faces.embed_many([(image, [chosen.face]) for _, image, chosen in ready])
            probes += [Probe(item[0], found[0]) for item, found in zip(ready, templates, strict=True)]
    return probes


def find_same_faces(probes: Sequence[Probe], threshold: float) -> Iterator[Finding]:
    """Tell of faces that were searched for under several cases."""
    for group in group_faces([probe.template for probe in probes], threshold):
        records = [probes[position].record for position in group]
        cases = list(dict.fromkeys(str(record.case) for record in records))
        if len(cases) > 1:
            reason = (
                f"What may be one face (probes up to {threshold:.2f} apart) was searched for {len(records)} times "
                f"under {len(cases)} cases: {', '.join(cases)}."
            )
            yield Finding(Rule.SAME_FACE, cases[0], reason, _name(records))


def find_other_faces(probes: Sequence[Probe], threshold: float) -> Iterator[Finding]:
    """Tell of searches whose probe shows another face than most of their case do.

    Of faces that were searched for equally often, the one that the case was searched for first is the case's own.
    """
    of_case: dict[str, list[Probe]] = defaultdict(list)
    for probe in probes:
        of_case[str(probe.record.case)].append(probe)
    for case, found in of_case.items():
        groups = group_faces([probe.template for probe in found], threshold)
        # Groups come in the order of their first searches, and the first of the largest is taken.
        own = max(groups, key=len)
        others = sorted(position for group in groups if group is not own for position in group)
        if others:
            records = [found[position].record for position in others]
            holders = ", ".join(dict.fromkeys(record.holder for record in records))
            reason = (
                f"{len(own)} of the {len(found)} probes under case {case} show what may be one face; the {len(others)} "
                f"listed, searched for by {holders}, show {len(groups) - 1} others (probes more than {threshold:.2f} "
                "apart)."
            )
            yield Finding(Rule.OTHER_FACES, case, reason, _name(records))


def find_same_photos(photos: Iterable[tuple[SearchRecord, bytes]]) -> Iterator[Finding]:
    """Tell of photos, given by their opened digests, that were brought to searches under several cases."""
    of_photo: dict[bytes, list[SearchRecord]] = defaultdict(list)
    for record, digest in photos:
        of_photo[digest].append(record)
    for records in of_photo.values():
        cases = list(dict.fromkeys(str(record.case) for record in records))
        if len(cases) > 1:
            reason = (
                f"The very same photo was searched for {len(records)} times under {len(cases)} cases: "
                f"{', '.join(cases)}."
            )
            yield Finding(Rule.SAME_PHOTO, cases[0], reason, _name(records))


def _measure_box(analysed: AnalysedFace) -> float:
    left, top, right, bottom = analysed.face.box_px
    return float((right - left) * (bottom - top))


def _name(records: Iterable[SearchRecord]) -> tuple[str, ...]:
    return tuple(record.name for record in records)
