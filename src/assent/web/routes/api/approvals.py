"""Approvals through the API: requests listed, looked at, approved and refused by a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from assent.errors import NotFound
from assent.mandates import PendingSearch, ProbeSource, RequestState, Role
from assent.services.decide_request import approve_request, list_requests, refuse_request, show_request
from assent.web.acting import RuntimeHere
from assent.web.routes.api.bearers import ApprovalBearer
from assent.web.routes.api.documents import Document, Picture, SearchPath, Sent, bounded, jpeg

router = APIRouter(tags=["approvals"])


class RequestDocument(Document):
    """A search for which approval is asked."""

    search: str
    licence: str
    holder: str
    purpose: str
    probe_source: ProbeSource
    requested_at: datetime
    expires_at: datetime
    is_urgent: bool
    state: RequestState
    decided_by: str | None
    decided_at: datetime | None


class ShownRequestDocument(RequestDocument):
    """A request with what it is decided on; null is what a rule has destroyed."""

    case_number: str | None
    justification: str | None
    has_photo: bool


class RefusalSent(Sent):
    """Why a request is refused."""

    reason: Annotated[str, bounded(2_000)]


@router.get("/requests")
def list_all(runtime: RuntimeHere, bearer: ApprovalBearer) -> list[RequestDocument]:
    """List all requests as they stand now."""
    bearer.actor.require_role(Role.APPROVER)
    return [RequestDocument.model_validate(pending) for pending in list_requests(runtime, bearer.actor)]


@router.get("/requests/{search}")
def show_one(runtime: RuntimeHere, bearer: ApprovalBearer, search: SearchPath) -> ShownRequestDocument:
    """Show a request with everything that it is decided on."""
    bearer.actor.require_role(Role.APPROVER)
    shown = show_request(runtime, bearer.actor, search)
    return ShownRequestDocument(
        **_describe(shown.pending).model_dump(),
        case_number=shown.case_number,
        justification=shown.justification,
        has_photo=shown.photo is not None,
    )


@router.get("/requests/{search}/photo", response_class=Picture, responses=jpeg())
def show_photo(runtime: RuntimeHere, bearer: ApprovalBearer, search: SearchPath) -> Picture:
    """Show the photo that is to be searched with."""
    bearer.actor.require_role(Role.APPROVER)
    photo = show_request(runtime, bearer.actor, search).photo
    if photo is None:
        raise NotFound("This photo is no longer kept.")
    return Picture(photo)


@router.post("/requests/{search}/approve")
def approve(runtime: RuntimeHere, bearer: ApprovalBearer, search: SearchPath) -> RequestDocument:
    """Approve a request, never one's own."""
    return _describe(approve_request(runtime, bearer.actor, search))


@router.post("/requests/{search}/refuse")
def refuse(runtime: RuntimeHere, bearer: ApprovalBearer, search: SearchPath, sent: RefusalSent) -> RequestDocument:
    """Refuse a request for a reason; what an urgent search brought is destroyed at once."""
    return _describe(refuse_request(runtime, bearer.actor, search, sent.reason))


def _describe(pending: PendingSearch) -> RequestDocument:
    return RequestDocument.model_validate(pending)
