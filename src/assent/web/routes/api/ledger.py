"""The ledger through the API: checkpoint, entries and proofs for every bearer, counts and findings for overseers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse

from assent.errors import NotFound
from assent.ledger import Rule, Tally
from assent.mandates import Role
from assent.mandates.api_token import Scope
from assent.services.follow_ledger import follow_ledger
from assent.services.prove_entry import prove_entry
from assent.services.serve_ledger import read_public_checkpoint
from assent.services.show_ledger import IndexedEntry, list_entries
from assent.web.acting import RuntimeHere
from assent.web.periods import between, read_days
from assent.web.routes.api.bearers import AnyBearer, OversightBearer
from assent.web.routes.api.documents import Document

router = APIRouter(tags=["ledger"])

MOST_ENTRIES = 1_000
_MOST_INDEX = 2**53
IndexPath = Annotated[int, Path(ge=0, le=_MOST_INDEX)]
FirstQuery = Annotated[date | None, Query(alias="from", description="First day (UTC)")]
LastQuery = Annotated[date | None, Query(alias="until", description="Last day (UTC)")]
_PROOF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The proof.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


class BearerDocument(Document):
    """Who you are here, and what your token opens."""

    member: str
    handle: str
    roles: list[Role]
    unit: str
    scopes: list[Scope]
    expires_at: datetime


class CheckpointDocument(Document):
    """The newest checkpoint that is meant for everybody; `note` is the signed note (c2sp.org/tlog-checkpoint)."""

    origin: str
    size: int
    root: str
    vkey: str
    note: str
    cosigners: list[str]
    unpublished: int


class EntryDocument(Document):
    """An entry with its place in the ledger; `entry` are its fields, `canonical` the very bytes that are hashed."""

    index: int
    entry: dict[str, str | int | bool | list[str]]
    canonical: str


class TallyDocument(Document):
    """How many searches; `asked` are those started and those refused."""

    asked: int
    started: int
    finished: int
    failed: int
    unfinished: int
    refused: int
    sealed: int


class CountsDocument(Document):
    """Exact counts of a stretch of days (UTC); what a refused search did not name is gathered under an empty name."""

    entries: int
    total: TallyDocument
    by_day: dict[str, TallyDocument]
    by_holder: dict[str, TallyDocument]
    by_purpose: dict[str, TallyDocument]
    by_unit: dict[str, TallyDocument]
    by_licence: dict[str, TallyDocument]
    refusals: dict[str, int]
    failures: dict[str, int]


class FindingDocument(Document):
    """Something unusual: a question to a member, never an accusation."""

    rule: Rule
    subject: str
    reason: str
    searches: list[str]


@router.get("/me", tags=["you"])
def show_bearer(bearer: AnyBearer) -> BearerDocument:
    """Say who you are here, and what your token opens."""
    member = bearer.actor.member
    return BearerDocument(
        member=member.id,
        handle=member.handle,
        roles=sorted(member.roles),
        unit=member.unit,
        scopes=sorted(bearer.token.scopes),
        expires_at=bearer.token.expires_at,
    )


@router.get("/ledger/checkpoint")
def show_checkpoint(runtime: RuntimeHere, _bearer: AnyBearer) -> CheckpointDocument:
    """Show the newest checkpoint that is meant for everybody."""
    shown = read_public_checkpoint(runtime)
    return CheckpointDocument(
        origin=shown.checkpoint.origin,
        size=shown.checkpoint.size,
        root=shown.checkpoint.root.hex(),
        vkey=shown.vkey,
        note=shown.note.decode(),
        cosigners=[line.name for line in shown.cosigners],
        unpublished=shown.unpublished,
    )


@router.get("/ledger/entries")
def list_some(
    runtime: RuntimeHere,
    _bearer: AnyBearer,
    start: Annotated[int, Query(ge=0, le=_MOST_INDEX)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
) -> list[EntryDocument]:
    """List entries from an index on."""
    return [_describe(entry) for entry in list_entries(runtime, start=start, end=start + limit)]


@router.get("/ledger/entries/{index}")
def show_entry(runtime: RuntimeHere, _bearer: AnyBearer, index: IndexPath) -> EntryDocument:
    """Show one entry."""
    for entry in list_entries(runtime, start=index, end=index + 1):
        return _describe(entry)
    raise NotFound(f"Entry {index} is not in the ledger.")


@router.get("/ledger/entries/{index}/proof", response_class=PlainTextResponse, responses=_PROOF)
def show_proof(runtime: RuntimeHere, _bearer: AnyBearer, index: IndexPath) -> PlainTextResponse:
    """Prove that an entry is in the ledger (c2sp.org/tlog-proof); the file encloses the entry."""
    return PlainTextResponse(prove_entry(runtime, index).proof.to_bytes())


@router.get("/oversight/counts", tags=["oversight"])
def count(
    runtime: RuntimeHere, bearer: OversightBearer, first: FirstQuery = None, last: LastQuery = None
) -> CountsDocument:
    """Count all searches exactly, or those of some days; takes both days or none."""
    bearer.actor.require_role(Role.OVERSEER)
    followed = follow_ledger(runtime)
    period = None if first is None and last is None else between(*read_days(str(first or ""), str(last or "")))
    figures = followed.sum_up(period)
    return CountsDocument(
        entries=followed.account.size,
        total=_describe_tally(figures.total),
        by_day=_describe_tallies({day.isoformat(): tally for day, tally in figures.by_day.items()}),
        by_holder=_describe_tallies(figures.by_holder),
        by_purpose=_describe_tallies(figures.by_purpose),
        by_unit=_describe_tallies(figures.by_unit),
        by_licence=_describe_tallies(figures.by_licence),
        refusals=dict(figures.refusals),
        failures=dict(figures.failures),
    )


@router.get("/oversight/findings", tags=["oversight"])
def list_findings(runtime: RuntimeHere, bearer: OversightBearer) -> list[FindingDocument]:
    """List what the ledger alone shows to be unusual (nights as of UTC)."""
    bearer.actor.require_role(Role.OVERSEER)
    findings, _seen = follow_ledger(runtime).find_unusual(zone=UTC, at=runtime.clock())
    return [
        FindingDocument(
            rule=finding.rule, subject=finding.subject, reason=finding.reason, searches=list(finding.searches)
        )
        for finding in findings
    ]


def _describe(found: IndexedEntry) -> EntryDocument:
    canonical = found.entry.to_bytes().decode()
    return EntryDocument(index=found.index, entry=json.loads(canonical), canonical=canonical)


def _describe_tally(tally: Tally) -> TallyDocument:
    return TallyDocument.model_validate(tally)


def _describe_tallies(tallies: Mapping[str, Tally] | Mapping[str | None, Tally]) -> dict[str, TallyDocument]:
    return {key or "": _describe_tally(tally) for key, tally in tallies.items()}
