"""Run a search: authorised and recorded before a pixel is decoded, its candidates recorded before they are shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from assent.errors import AssentError, NotFound, Refused, Unavailable
from assent.faces import PROBE_GATE, Image, Quality, Template, check_image_header, choose_face, encode_jpeg, require_fit
from assent.ledger import EntryKind, JsonValue, format_decimal, format_time
from assent.mandates import Actor, SearchPermit, SearchRequest, authorise_search, outcome_of
from assent.search import Candidate, SearchOutcome, list_candidates_bytes, shortlist
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches

PROBE_PHOTO = "probe"
CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A recorded candidate with what the searcher sees: name, and the portrait (JPEG) of the nearest reference."""

    candidate: Candidate
    name: str
    portrait: bytes


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search returns to the searcher; an empty list of candidates is the normal outcome."""

    permit: SearchPermit
    outcome: SearchOutcome
    candidates: tuple[ShownCandidate, ...]
    probe_portrait: bytes
    probe_quality: Quality
    searches_left: int
    threshold_basis: str


@dataclass(frozen=True, slots=True)
class _Probe:
    template: Template
    portrait: bytes
    quality: Quality


def run_search(
    runtime: Runtime, actor: Actor, request: SearchRequest, photo: bytes, *, face_number: int | None = None
) -> SearchResult:
    """Search the gallery for the face in a photo.

    Raises a `Refused` error, already counted in the ledger, if the search is not allowed; `InvalidInput` if the photo
    is not usable, which before the search starts costs nothing and afterwards counts as a failed search.
    """
    # 1. Without decoding a pixel: is this a picture at all?
    check_image_header(photo, runtime.faces.limits)
    # 2. Transaction 1: the mandate, the quota, the start. Durable before anything is looked at.
    permit, searches_left = _start(runtime, actor, request, photo)
    try:
        # 3. No transaction: the probe.
        probe = _prepare_probe(runtime, photo, face_number)
        # 4. Transaction 2: the candidates, recorded.
        outcome = _finish(runtime, actor, permit, probe)
    except BaseException as error:
        # Where even this cannot be written, the search stays started: its result counts as unknown.
        with suppress(Unavailable):
            _record_failure(runtime, actor, permit, error.reason if isinstance(error, AssentError) else CRASHED)
        raise
    # 5. What is shown is what was recorded.
    return SearchResult(
        permit=permit,
        outcome=outcome,
        candidates=tuple(_show(runtime, outcome.candidates)),
        probe_portrait=probe.portrait,
        probe_quality=probe.quality,
        searches_left=searches_left,
        threshold_basis=runtime.pack.manifest.threshold_basis,
    )


def _start(runtime: Runtime, actor: Actor, request: SearchRequest, photo: bytes) -> tuple[SearchPermit, int]:
    try:
        with runtime.database.transaction() as transaction:
            at = runtime.clock()
            licence = stored_mandates.load_licence(transaction, request.licence)
            case = stored_mandates.find_case(transaction, runtime.vault, request.case_number.strip())
            permit = authorise_search(request, actor=actor, licence=licence, case=case, at=at)
            runtime.vault.make_key(permit.search, outcome_of(permit.search))
            stored_mandates.count_search(transaction, permit.licence, refused=False)
            stored_searches.record_search_start(transaction, permit, request)
            record_entry(
                runtime,
                transaction,
                EntryKind.SEARCH_STARTED,
                actor=actor,
                at=at,
                fields=_describe(permit) | {"probe_source": request.probe_source.value},
                subject=permit.search,
                committed={
                    "probe": hashlib.sha256(photo).digest(),
                    "justification": request.justification.strip().encode(),
                },
            )
            left = licence.searches_left - 1 if licence else 0
    except Refused as refusal:
        _record_refusal(runtime, actor, request, refusal)
        raise
    return permit, left


def _record_refusal(runtime: Runtime, actor: Actor, request: SearchRequest, refusal: Refused) -> None:
    with runtime.database.transaction() as transaction:
        fields: dict[str, JsonValue] = {
            "holder": actor.member.id,
            "unit": actor.member.unit,
            "cause": refusal.reason,
        }
        licence = stored_mandates.load_licence(transaction, request.licence)
        if licence is not None:
            fields |= {"licence": licence.id, "number": licence.next_number}
            stored_mandates.count_search(transaction, licence.id, refused=True)
        case = stored_mandates.find_case(transaction, runtime.vault, request.case_number.strip())
        if case is not None:
            fields["case"] = case.id
        if request.purpose in stored_people.load_purposes(transaction):
            fields["purpose"] = request.purpose
        at = runtime.clock()
        record_entry(runtime, transaction, EntryKind.SEARCH_REFUSED, actor=actor, at=at, fields=fields)


def _prepare_probe(runtime: Runtime, photo: bytes, face_number: int | None) -> _Probe:
    faces = runtime.faces
    image: Image = faces.decode(photo)
    analysed = faces.analyse(image, gate=PROBE_GATE, smallest_face_px=runtime.settings.smallest_face_px)
    chosen = require_fit(choose_face(analysed, face_number))
    (template,) = faces.embed(image, [chosen.face])
    portrait = faces.crop_portrait(image, chosen.face, other_faces=[other.face for other in analysed])
    return _Probe(template, encode_jpeg(portrait), chosen.quality)


def _finish(runtime: Runtime, actor: Actor, permit: SearchPermit, probe: _Probe) -> SearchOutcome:
    gallery, threshold = runtime.gallery, runtime.pack.manifest.default_threshold
    with runtime.database.transaction() as transaction:
        gallery.refresh(transaction)
        neighbours = gallery.nearest(permit, probe.template, radius=threshold, limit=runtime.settings.candidates_limit)
        at = runtime.clock()
        consents = stored_people.load_consent_terms(transaction, [neighbour.person_id for neighbour in neighbours])
        people, _ = gallery.count(permit.purpose, permit.authorised_at)
        outcome = SearchOutcome(
            pack_id=runtime.deployment.pack_id,
            gallery=gallery.snapshot_id(runtime.deployment.id, permit.purpose),
            gallery_size=people,
            threshold=threshold,
            candidates=shortlist(neighbours, consents, permit, at),
            ended_at=at,
        )
        # Kept for a time, sealed, for reviewers and for the overseer's samples: see docs/decisions/0008.
        runtime.photos.write(outcome_of(permit.search), PROBE_PHOTO, probe.portrait)
        stored_searches.record_search_outcome(transaction, permit.search, outcome)
        _record_outcome(runtime, transaction, actor, permit, outcome)
    return outcome


def _record_outcome(
    runtime: Runtime, transaction: Connection, actor: Actor, permit: SearchPermit, outcome: SearchOutcome
) -> None:
    record_entry(
        runtime,
        transaction,
        EntryKind.SEARCH_FINISHED,
        actor=actor,
        at=outcome.ended_at,
        fields=_describe_end(permit, outcome.ended_at)
        | {
            "pack": outcome.pack_id,
            "gallery": outcome.gallery,
            "gallery_size": outcome.gallery_size,
            "threshold": format_decimal(outcome.threshold),
            "candidates": len(outcome.candidates),
        },
        subject=outcome_of(permit.search),
        committed={"candidate_list": list_candidates_bytes(outcome.candidates)},
    )


def _record_failure(runtime: Runtime, actor: Actor, permit: SearchPermit, cause: str) -> None:
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_searches.record_search_failure(transaction, permit.search, cause, at)
        fields = _describe_end(permit, at) | {"cause": cause}
        record_entry(runtime, transaction, EntryKind.SEARCH_FAILED, actor=actor, at=at, fields=fields)


def _show(runtime: Runtime, candidates: Sequence[Candidate]) -> Iterator[ShownCandidate]:
    for candidate in candidates:
        # Somebody who withdrew between the record and this line is no longer shown.
        with suppress(NotFound):
            with runtime.database.snapshot() as view:
                person = stored_people.load_person(view, runtime.vault, candidate.person)
            yield ShownCandidate(candidate, person.name, runtime.photos.read(candidate.person, candidate.reference))


def _describe(permit: SearchPermit) -> dict[str, JsonValue]:
    return {
        "search": permit.search,
        "number": permit.number,
        "licence": permit.licence,
        "holder": permit.holder,
        "unit": permit.unit,
        "purpose": permit.purpose,
        "case": permit.case,
    }


def _describe_end(permit: SearchPermit, at: datetime) -> dict[str, JsonValue]:
    return {
        "search": permit.search,
        "number": permit.number,
        "licence": permit.licence,
        "started": format_time(permit.authorised_at),
        "ended": format_time(at),
    }
