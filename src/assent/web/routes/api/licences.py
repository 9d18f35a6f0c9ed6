"""Licences through the API: one's own with what is left of them, and for issuers all, issued and changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from assent.mandates import ChangeKind, Licence, LicenceChange, LicenceState
from assent.people import PurposeSlug
from assent.services.change_licence import change_licence
from assent.services.issue_licence import issue_licence, list_licences
from assent.services.runtime import Runtime
from assent.services.show_licence import show_licence
from assent.web.acting import RuntimeHere
from assent.web.routes.api.bearers import LicenceReader, LicenceWriter
from assent.web.routes.api.documents import Document, LicencePath, Moment, Sent, Slug, bounded

router = APIRouter(tags=["licences"])

MOST_SEARCHES = 1_000_000
MOST_PURPOSES = 64


class LicenceDocument(Document):
    """Who may search for what, on which ground, until when and how often."""

    id: str
    holder: str
    purposes: list[str]
    ground: str
    citation: str
    valid_from: datetime
    valid_until: datetime
    quota: int
    searches_started: int
    searches_refused: int
    searches_left: int
    is_trial: bool
    needs_approval: bool
    allows_urgent: bool
    state: LicenceState


class LicenceSent(Sent):
    """A licence to issue; `holder` is a searcher's handle or identifier. A trial is an ordinary short licence."""

    holder: Annotated[str, bounded(40, 1)]
    purposes: Annotated[list[Slug], Field(min_length=1, max_length=MOST_PURPOSES)]
    ground: Annotated[str, bounded(2_000, 1)]
    citation: Annotated[str, bounded(500)] = ""
    valid_from: Moment | None = None
    valid_until: Moment
    quota: Annotated[int, Field(ge=1, le=MOST_SEARCHES)]
    is_trial: bool = False
    needs_approval: bool = False
    allows_urgent: bool = False


class ChangeSent(Sent):
    """What to do to a licence, and why; only an extension brings a new end or a new quota."""

    change: ChangeKind
    reason: Annotated[str, bounded(2_000)]
    valid_until: Moment | None = None
    quota: Annotated[int | None, Field(ge=1, le=MOST_SEARCHES)] = None


@router.get("/licences")
def list_all(runtime: RuntimeHere, bearer: LicenceReader) -> list[LicenceDocument]:
    """List your licences; issuers, overseers and administrators see all."""
    return [_describe(runtime, licence) for licence in list_licences(runtime, bearer.actor)]


@router.get("/licences/{licence}")
def show_one(runtime: RuntimeHere, bearer: LicenceReader, licence: LicencePath) -> LicenceDocument:
    """Show a licence."""
    return _describe(runtime, show_licence(runtime, bearer.actor, licence).licence)


@router.post("/licences", status_code=201)
def issue(runtime: RuntimeHere, bearer: LicenceWriter, sent: LicenceSent) -> LicenceDocument:
    """Issue a licence to a searcher."""
    issued = issue_licence(
        runtime,
        bearer.actor,
        holder=sent.holder,
        purposes=[PurposeSlug(purpose) for purpose in sent.purposes],
        ground=sent.ground,
        citation=sent.citation,
        valid_from=sent.valid_from,
        valid_until=sent.valid_until,
        quota=sent.quota,
        is_trial=sent.is_trial,
        needs_approval=sent.needs_approval,
        allows_urgent=sent.allows_urgent,
    )
    return _describe(runtime, issued)


@router.post("/licences/{licence}/changes")
def change(runtime: RuntimeHere, bearer: LicenceWriter, licence: LicencePath, sent: ChangeSent) -> LicenceDocument:
    """Extend, suspend, lift or revoke a licence, for a reason that is recorded."""
    made = LicenceChange(sent.change, sent.reason, sent.valid_until, sent.quota)
    return _describe(runtime, change_licence(runtime, bearer.actor, licence, made))


def _describe(runtime: Runtime, licence: Licence) -> LicenceDocument:
    return LicenceDocument(
        id=licence.id,
        holder=licence.holder,
        purposes=sorted(licence.purposes),
        ground=licence.ground,
        citation=licence.citation,
        valid_from=licence.valid_from,
        valid_until=licence.valid_until,
        quota=licence.quota,
        searches_started=licence.searches_started,
        searches_refused=licence.searches_refused,
        searches_left=licence.searches_left,
        is_trial=licence.is_trial,
        needs_approval=licence.needs_approval,
        allows_urgent=licence.allows_urgent,
        state=licence.state_at(runtime.clock()),
    )
