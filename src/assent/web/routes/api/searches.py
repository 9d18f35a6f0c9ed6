"""Searches through the API: asked for with a photo, listed and shown to whoever made them; cases and purposes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Response, UploadFile
from pydantic import Field

from assent.errors import InvalidInput
from assent.mandates import ProbeSource, SearchRequest
from assent.people import PurposeSlug
from assent.search import RarityKind
from assent.services.close_case import close_case
from assent.services.define_purpose import list_purposes
from assent.services.open_case import list_cases, open_case
from assent.services.request_search import is_approval_needed, request_search
from assent.services.run_search import run_approved_search, run_search
from assent.services.show_search import (
    ShownSearch,
    list_own_searches,
    read_own_candidate,
    read_own_probe,
    show_search,
)
from assent.web.acting import RuntimeHere
from assent.web.routes.api.bearers import AnyBearer, SearchReader, SearchWriter
from assent.web.routes.api.documents import Document, Picture, SearchPath, Sent, Slug, bounded, jpeg
from assent.web.uploads import read_upload

router = APIRouter(tags=["searches"])

MOST_FACES = 1_000


class RarityDocument(Document):
    """How many strangers as close are expected in one search of this gallery; never a probability of identity.

    `searches` is in how many searches one is expected. Of the kind `beyond` both are bounds, without an interval.
    """

    kind: RarityKind
    strangers: float
    strangers_low: float
    strangers_high: float
    searches: int


class CandidateDocument(Document):
    """A person returned for the probe: a lead that two people must confirm, never an identification."""

    rank: int
    person: str
    name: str
    distance: float
    rarity: RarityDocument


class SearchDocument(Document):
    """One of your searches, or the request for its approval; what does not exist (any more) is null.

    `state` is that of the search (`started`, `finished`, `failed`, `sealed`), or of the request that has not run yet
    (`pending`, `approved`, `refused`, `expired`).
    """

    id: str
    state: str
    licence: str
    purpose: str
    case_number: str | None
    probe_source: ProbeSource
    justification: str | None
    asked_at: datetime
    ended_at: datetime | None
    cause: str | None
    is_urgent: bool
    gallery_size: int | None
    threshold: float | None
    candidates: list[CandidateDocument]
    candidates_gone: int
    review: str


class PastSearchDocument(Document):
    """One line of your history; a search that was refused at once has no identifier."""

    id: str | None
    at: datetime
    state: str
    licence: str | None
    purpose: str | None
    case_number: str | None
    cause: str | None
    candidates: int | None


class CaseDocument(Document):
    """A case under your organisation's own number."""

    id: str
    number: str
    purpose: str
    opened_at: datetime
    closed_at: datetime | None


class CaseSent(Sent):
    """A case to open."""

    number: Annotated[str, bounded(100, 1)]
    purpose: Slug


class CaseNumberSent(Sent):
    """A case, named by your organisation's own number."""

    number: Annotated[str, bounded(100, 1)]


class PurposeDocument(Document):
    """Why somebody may be found, in the words that people agree to."""

    slug: str
    text: str
    text_version: str
    language: str


class SearchForm(Sent):
    """A search: a photo, and the mandate for it."""

    photo: UploadFile
    licence: Annotated[str, bounded(40, 1)]
    case_number: Annotated[str, bounded(100, 1)]
    purpose: Slug
    probe_source: ProbeSource
    justification: Annotated[str, bounded(2_000)]
    face_number: Annotated[int | None, Field(ge=1, le=MOST_FACES)] = None
    is_urgent: bool = False


@router.get("/searches")
def list_searches(runtime: RuntimeHere, bearer: SearchReader) -> list[PastSearchDocument]:
    """List your searches, requests and refusals, the newest first."""
    return [PastSearchDocument.model_validate(past) for past in list_own_searches(runtime, bearer.actor)]


@router.post("/searches", status_code=201, responses={202: {"model": SearchDocument, "description": "Approval asked"}})
def create_search(
    runtime: RuntimeHere,
    bearer: SearchWriter,
    response: Response,
    sent: Annotated[SearchForm, Form(media_type="multipart/form-data")],
) -> SearchDocument:
    """Search with a photo. Where the licence demands approval and nothing is urgent, ask for it instead (202).

    An empty list of candidates is the normal outcome. A search that is not allowed is refused and counted (403).
    """
    photo = read_upload(sent.photo, runtime.settings.max_image_bytes)
    request = SearchRequest(
        sent.licence, sent.case_number, PurposeSlug(sent.purpose), sent.probe_source, sent.justification
    )
    if not sent.is_urgent and is_approval_needed(runtime, sent.licence):
        pending = request_search(runtime, bearer.actor, request, photo, face_number=sent.face_number)
        response.status_code = 202
        return describe_search(show_search(runtime, bearer.actor, pending.search))
    result = run_search(
        runtime, bearer.actor, request, photo, face_number=sent.face_number, is_urgent=sent.is_urgent, is_shown=False
    )
    return describe_search(show_search(runtime, bearer.actor, result.permit.search))


@router.get("/searches/{search}")
def show_one(runtime: RuntimeHere, bearer: SearchReader, search: SearchPath) -> SearchDocument:
    """Show one of your searches."""
    return describe_search(show_search(runtime, bearer.actor, search))


@router.post("/searches/{search}/run")
def run_approved(runtime: RuntimeHere, bearer: SearchWriter, search: SearchPath) -> SearchDocument:
    """Run one of your searches that was approved, once."""
    show_search(runtime, bearer.actor, search)
    run_approved_search(runtime, bearer.actor, search)
    return describe_search(show_search(runtime, bearer.actor, search))


@router.get("/searches/{search}/probe", response_class=Picture, responses=jpeg())
def show_probe(runtime: RuntimeHere, bearer: SearchReader, search: SearchPath) -> Picture:
    """Show the probe of one of your searches, as long as it is kept."""
    return Picture(read_own_probe(runtime, bearer.actor, search))


@router.get("/searches/{search}/candidates/{rank}/portrait", response_class=Picture, responses=jpeg())
def show_candidate(
    runtime: RuntimeHere, bearer: SearchReader, search: SearchPath, rank: Annotated[int, Path(ge=1, le=10_000)]
) -> Picture:
    """Show the portrait of a candidate of one of your searches."""
    return Picture(read_own_candidate(runtime, bearer.actor, search, rank))


@router.get("/cases")
def list_all_cases(runtime: RuntimeHere, bearer: SearchReader) -> list[CaseDocument]:
    """List the cases that you opened; stewards and overseers see all."""
    return [CaseDocument.model_validate(case) for case in list_cases(runtime, bearer.actor)]


@router.post("/cases", status_code=201)
def create_case(runtime: RuntimeHere, bearer: SearchWriter, sent: CaseSent) -> CaseDocument:
    """Open a case."""
    opened = open_case(runtime, bearer.actor, number=sent.number, purpose=PurposeSlug(sent.purpose))
    return CaseDocument.model_validate(opened)


@router.post("/cases/close")
def end_case(runtime: RuntimeHere, bearer: SearchWriter, sent: CaseNumberSent) -> CaseDocument:
    """Close a case: nobody searches in its course any more. Its number stands in no address, so it is sent."""
    return CaseDocument.model_validate(close_case(runtime, bearer.actor, sent.number))


@router.get("/purposes")
def list_all_purposes(runtime: RuntimeHere, _bearer: AnyBearer) -> list[PurposeDocument]:
    """List the purposes for which people can be found here."""
    return [PurposeDocument.model_validate(purpose) for purpose in list_purposes(runtime)]


def describe_search(shown: ShownSearch) -> SearchDocument:
    """Describe a search to whoever made it."""
    search, request = shown.search, shown.request
    either = search.state if search else request.state if request else None
    if either is None:
        raise InvalidInput(f"Search {shown.id} has no state.")
    return SearchDocument(
        id=shown.id,
        state=either.value,
        licence=shown.licence.id,
        purpose=shown.purpose,
        case_number=shown.case_number,
        probe_source=shown.probe_source,
        justification=shown.justification,
        asked_at=shown.asked_at,
        ended_at=search.ended_at if search else None,
        cause=search.cause if search else None,
        is_urgent=bool(request and request.is_urgent),
        gallery_size=search.outcome.gallery_size if search and search.outcome else None,
        threshold=search.outcome.threshold if search and search.outcome else None,
        candidates=[
            CandidateDocument(
                rank=seen.candidate.rank,
                person=seen.candidate.person,
                name=seen.name,
                distance=seen.candidate.distance,
                rarity=RarityDocument.model_validate(seen.rarity),
            )
            for seen in shown.candidates
        ],
        candidates_gone=shown.gone,
        review=shown.reviews.state.value,
    )
