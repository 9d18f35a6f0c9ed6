"""Run a search: authorised and recorded before a pixel is decoded, its candidates recorded before they are shown."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from assent.errors import ApprovalRefused, AssentError, NotFound, Refused, Unavailable
from assent.faces import (
    PROBE_GATE,
    PROBE_WARNING,
    FacePipeline,
    Image,
    Quality,
    QualityReason,
    Template,
    check_image_header,
    choose_face,
    encode_jpeg,
    list_reasons,
    require_fit,
)
from assent.ledger import EntryKind, JsonValue, format_decimal, format_time
from assent.mandates import (
    URGENT_LIFETIME,
    Actor,
    Approval,
    PendingSearch,
    RequestState,
    Role,
    SearchId,
    SearchPermit,
    SearchRequest,
    authorise_search,
    outcome_of,
    probe_of,
)
from assent.people import make_identifier
from assent.search import SearchOutcome, SearchState, list_candidates_bytes, shortlist
from assent.services.accounting import record_entry
from assent.services.notify import NoticeKind, notify_role
from assent.services.pack_calibration import require_calibration, take_threshold, tell_basis
from assent.services.record_refusal import record_refusal
from assent.services.request_search import REQUEST_PHOTO
from assent.services.runtime import Runtime
from assent.services.seal_overdue import seal_overdue
from assent.services.show_candidates import ShownCandidate, show_candidates
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people
from assent.storage import searches as stored_searches

PROBE_PHOTO = "probe"
CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search returns to the searcher; an empty list of candidates is the normal outcome.

    Of one that is not shown here the candidates are in the outcome only; a page reads them from the record.
    """

    permit: SearchPermit
    outcome: SearchOutcome
    candidates: tuple[ShownCandidate, ...]
    probe_portrait: bytes
    probe_quality: Quality
    probe_warnings: tuple[QualityReason, ...]
    searches_left: int
    threshold_basis: str


@dataclass(frozen=True, slots=True)
class _Probe:
    template: Template
    portrait: bytes
    quality: Quality


@dataclass(frozen=True, slots=True)
class _Brought:
    """What is brought to a search; `probe_digest` is of the photo as somebody handed it over."""

    photo: bytes
    probe_digest: bytes
    face_number: int | None
    is_urgent: bool = False
    approval: Approval | None = None


def run_search(
    runtime: Runtime,
    actor: Actor,
    request: SearchRequest,
    photo: bytes,
    *,
    face_number: int | None = None,
    is_urgent: bool = False,
    is_shown: bool = True,
) -> SearchResult:
    """Search the gallery for the face in a photo; an urgent search before a second person has approved it.

    Raises a `Refused` error, already counted in the ledger, if the search is not allowed; `InvalidInput` if the photo
    is not usable, which before the search starts costs nothing and afterwards counts as a failed search.
    """
    seal_overdue(runtime)
    require_calibration(runtime)
    # 1. Without decoding a pixel: is this a picture at all?
    check_image_header(photo, runtime.faces.limits)
    # 2. Transaction 1: the mandate, the quota, the start. Durable before anything is looked at.
    brought = _Brought(photo, hashlib.sha256(photo).digest(), face_number, is_urgent=is_urgent)
    search = SearchId(make_identifier("s"))
    keys = (search, outcome_of(search), probe_of(search))
    try:
        with runtime.vault.new_keys(*keys):
            permit, searches_left, _ = _start(runtime, actor, request, lambda *_: brought, search)
        return _carry_out(runtime, actor, permit, brought, searches_left, is_shown=is_shown)
    finally:
        runtime.vault.put_away(*keys)


def run_approved_search(runtime: Runtime, actor: Actor, search: str) -> SearchResult:
    """Run a search that a second person approved, once, on the very photo that this person was shown.

    Raises NotFound for an unknown request; a `Refused` error, already counted in the ledger, if the search is not
    allowed any more or not yet; `InvalidInput` if the photo is not usable, which uses the approval up all the same.
    """
    seal_overdue(runtime)
    require_calibration(runtime)
    with runtime.database.snapshot() as view:
        request = _load_search_request(runtime, view, search)
    permit, searches_left, brought = _start(
        runtime, actor, request, lambda transaction, at: _open_approved(runtime, transaction, search, at)
    )
    try:
        return _carry_out(runtime, actor, permit, brought, searches_left)
    finally:
        # Where even this fails, the next opening does it.
        with suppress(Unavailable):
            runtime.photos.erase_one(probe_of(permit.search), REQUEST_PHOTO)


def _carry_out(
    runtime: Runtime,
    actor: Actor,
    permit: SearchPermit,
    brought: _Brought,
    searches_left: int,
    *,
    is_shown: bool = True,
) -> SearchResult:
    try:
        # 3. No transaction: the probe.
        probe = _prepare_probe(runtime, brought.photo, brought.face_number)
        # 4. Transaction 2: the candidates, recorded.
        outcome, basis = _finish(runtime, actor, permit, probe)
    except BaseException as error:
        # Where even this cannot be written, the search stays started: its result counts as unknown.
        with suppress(Unavailable):
            _record_failure(runtime, actor, permit, error.reason if isinstance(error, AssentError) else CRASHED)
        raise
    # 5. What is shown is what was recorded.
    return SearchResult(
        permit=permit,
        outcome=outcome,
        candidates=tuple(show_candidates(runtime, permit, outcome)) if is_shown else (),
        probe_portrait=probe.portrait,
        probe_quality=probe.quality,
        probe_warnings=list_reasons(probe.quality, PROBE_WARNING),
        searches_left=searches_left,
        threshold_basis=basis,
    )


def _load_search_request(runtime: Runtime, view: Connection, search: str) -> SearchRequest:
    pending = stored_approvals.load_request(view, search)
    return SearchRequest(
        licence=pending.licence,
        case_number=stored_mandates.load_case(view, runtime.vault, pending.case).number,
        purpose=pending.purpose,
        probe_source=pending.probe_source,
        justification=stored_approvals.load_asked(view, runtime.vault, search)["justification"].decode(),
    )


def _start(
    runtime: Runtime,
    actor: Actor,
    request: SearchRequest,
    bring: Callable[[Connection, datetime], _Brought],
    search: SearchId | None = None,
) -> tuple[SearchPermit, int, _Brought]:
    try:
        with runtime.database.transaction() as transaction:
            at = runtime.clock()
            licence = stored_mandates.load_licence(transaction, request.licence)
            case = stored_mandates.find_case(transaction, runtime.vault, request.case_number.strip())
            brought = bring(transaction, at)
            permit = authorise_search(
                request,
                actor=actor,
                licence=licence,
                case=case,
                at=at,
                approval=brought.approval,
                probe_digest=hashlib.sha256(brought.photo).digest() if search is None else brought.probe_digest,
                is_urgent=brought.is_urgent,
                search=search,
            )
            _record_start(runtime, transaction, actor, permit, request, brought)
            left = licence.searches_left - 1 if licence else 0
    except Refused as refusal:
        if search is not None:
            runtime.vault.forget_unused_keys([search, outcome_of(search), probe_of(search)])
        record_refusal(runtime, actor, request, refusal)
        raise
    return permit, left, brought


def _record_start(
    runtime: Runtime,
    transaction: Connection,
    actor: Actor,
    permit: SearchPermit,
    request: SearchRequest,
    brought: _Brought,
) -> None:
    if brought.approval is not None:
        # What was asked has its keys; that of the outcome may be left from an attempt that was rolled back.
        runtime.vault.forget_unused_keys([outcome_of(permit.search)])
        runtime.vault.make_key(outcome_of(permit.search))
        stored_approvals.record_use(transaction, permit.search)
    stored_mandates.count_search(transaction, permit.licence, refused=False)
    stored_searches.record_search_start(transaction, permit, request, is_urgent=brought.is_urgent)
    if brought.is_urgent:
        stored_approvals.record_request(transaction, _describe_urgent(permit, request, brought))
        notify_role(runtime, transaction, NoticeKind.APPROVAL_WANTED, Role.APPROVER, apart_from=permit.holder)
    record_entry(
        runtime,
        transaction,
        EntryKind.SEARCH_STARTED,
        actor=actor,
        at=permit.authorised_at,
        fields=_describe(permit)
        | {"probe_source": request.probe_source.value}
        | ({"urgent": True} if brought.is_urgent else {}),
        subject=permit.search,
        committed={"probe": brought.probe_digest, "justification": request.justification.strip().encode()},
    )


def _open_approved(runtime: Runtime, transaction: Connection, search: str, at: datetime) -> _Brought:
    pending = stored_approvals.load_request(transaction, search)
    asked = stored_approvals.load_asked(transaction, runtime.vault, search)
    # Only of an approved request the photo is certain to be there; any other is refused without it.
    is_approved = pending.state_at(at) is RequestState.APPROVED and not pending.is_urgent
    return _Brought(
        photo=runtime.photos.read(probe_of(search), REQUEST_PHOTO) if is_approved else b"",
        probe_digest=asked["probe"],
        face_number=pending.face_number,
        approval=Approval(pending, asked.get("shown", b"")),
    )


def _prepare_probe(runtime: Runtime, photo: bytes, face_number: int | None) -> _Probe:
    faces = runtime.faces
    with runtime.faces_turn:
        return _look_at_probe(runtime, faces, photo, face_number)


def _look_at_probe(runtime: Runtime, faces: FacePipeline, photo: bytes, face_number: int | None) -> _Probe:
    image: Image = faces.decode(photo)
    analysed = faces.analyse(image, gate=PROBE_GATE, smallest_face_px=runtime.settings.smallest_face_px)
    chosen = require_fit(choose_face(analysed, face_number))
    (template,) = faces.embed(image, [chosen.face])
    portrait = faces.crop_portrait(image, chosen.face, other_faces=[other.face for other in analysed])
    return _Probe(template, encode_jpeg(portrait), chosen.quality)


def _finish(runtime: Runtime, actor: Actor, permit: SearchPermit, probe: _Probe) -> tuple[SearchOutcome, str]:
    gallery = runtime.gallery
    # Kept for a time, sealed, for reviewers and for the overseer's samples: see docs/decisions/0008. Before the write
    # lock is taken: making a file durable takes longer than all that is done under it.
    is_kept = _keep_portrait(runtime, permit, probe)
    with runtime.database.transaction() as transaction:
        recorded = stored_searches.load_search(transaction, permit.search)
        if recorded is not None and recorded.state is SearchState.SEALED:
            raise ApprovalRefused(f"Search {permit.search} was refused while it ran; what it brought was destroyed.")
        if not is_kept:
            raise NotFound(f"There is no key for the portrait of search {permit.search}; the keyring is too old.")
        gallery.refresh(transaction)
        known, in_use = take_threshold(runtime, transaction, permit.purpose, permit.authorised_at)
        threshold = in_use.distance
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
        stored_searches.record_search_outcome(transaction, permit.search, outcome)
        _record_outcome(runtime, transaction, actor, permit, outcome)
        if outcome.candidates:
            roles = (Role.SEARCHER, Role.APPROVER)
            notify_role(runtime, transaction, NoticeKind.REVIEW_WANTED, *roles, apart_from=permit.holder)
    return outcome, tell_basis(known, in_use)


def _keep_portrait(runtime: Runtime, permit: SearchPermit, probe: _Probe) -> bool:
    """Keep the portrait; False where its key was destroyed."""
    try:
        runtime.photos.write(probe_of(permit.search), PROBE_PHOTO, probe.portrait, is_locked=False)
    except NotFound:
        return False
    return True


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
        recorded = stored_searches.load_search(transaction, permit.search)
        if recorded is None or recorded.state is SearchState.FINISHED:
            return  # it ended before whatever interrupted us
        runtime.photos.erase_one(probe_of(permit.search), PROBE_PHOTO)
        if recorded.state is not SearchState.STARTED:
            return
        stored_searches.record_search_failure(transaction, permit.search, cause, at)
        fields = _describe_end(permit, at) | {"cause": cause}
        record_entry(runtime, transaction, EntryKind.SEARCH_FAILED, actor=actor, at=at, fields=fields)


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


def _describe_urgent(permit: SearchPermit, request: SearchRequest, brought: _Brought) -> PendingSearch:
    return PendingSearch(
        search=permit.search,
        licence=permit.licence,
        holder=permit.holder,
        case=permit.case,
        purpose=permit.purpose,
        probe_source=request.probe_source,
        requested_at=permit.authorised_at,
        expires_at=permit.authorised_at + URGENT_LIFETIME,
        face_number=brought.face_number,
        is_urgent=True,
    )


def _describe_end(permit: SearchPermit, at: datetime) -> dict[str, JsonValue]:
    return {
        "search": permit.search,
        "number": permit.number,
        "licence": permit.licence,
        "started": format_time(permit.authorised_at),
        "ended": format_time(at),
    }
