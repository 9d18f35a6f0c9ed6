"""Searches and their candidates; what is personal in them is an opening in the ledger or a sealed photo."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from assent.mandates import CaseId, LicenceId, MemberId, ProbeSource, SearchId, SearchPermit, SearchRequest
from assent.people import PersonId, PurposeSlug, ReferenceId
from assent.search import Candidate, Search, SearchOutcome, SearchState
from assent.storage.tables import candidates, searches

# Built once: writing a statement anew for every search would take longer than carrying it out.
_INSERT_SEARCH, _INSERT_CANDIDATE = insert(searches), insert(candidates)
_THIS_SEARCH = searches.c.id == bindparam("this_search")
_LOAD_SEARCH = select(searches).where(_THIS_SEARCH)
_UPDATE_SEARCH = update(searches).where(_THIS_SEARCH)


def record_search_start(
    connection: Connection, permit: SearchPermit, request: SearchRequest, *, is_urgent: bool = False
) -> None:
    """Store a search that was authorised, before its probe is decoded."""
    connection.execute(
        _INSERT_SEARCH,
        {
            "id": permit.search,
            "licence_id": permit.licence,
            "number": permit.number,
            "holder_id": permit.holder,
            "case_id": permit.case,
            "purpose": permit.purpose,
            "probe_source": request.probe_source,
            "is_urgent": is_urgent,
            "state": SearchState.STARTED,
            "started_at": permit.authorised_at,
        },
    )


def record_search_outcome(connection: Connection, search: SearchId, outcome: SearchOutcome) -> None:
    """Store how a search ended and its candidates."""
    connection.execute(
        _UPDATE_SEARCH,
        {
            "this_search": search,
            "state": SearchState.FINISHED,
            "ended_at": outcome.ended_at,
            "pack_id": outcome.pack_id,
            "gallery": outcome.gallery,
            "gallery_size": outcome.gallery_size,
            "threshold": outcome.threshold,
        },
    )
    rows = [
        {
            "search_id": search,
            "rank": candidate.rank,
            "person_id": candidate.person,
            "reference_id": candidate.reference,
            "distance": candidate.distance,
        }
        for candidate in outcome.candidates
    ]
    if rows:
        connection.execute(_INSERT_CANDIDATE, rows)


def record_search_failure(connection: Connection, search: SearchId, cause: str, at: datetime) -> None:
    """Store that a search could not be carried through, and why."""
    values = {"state": SearchState.FAILED, "cause": cause, "ended_at": at}
    connection.execute(update(searches).where(searches.c.id == search).values(**values))


def load_search(connection: Connection, search: str) -> Search | None:
    """Read a search with its candidates, or None."""
    row = connection.execute(_LOAD_SEARCH, {"this_search": search}).one_or_none()
    return None if row is None else _read_search(connection, row)


def load_searches_that_returned(connection: Connection, person: PersonId) -> list[Search]:
    """Read the searches in which a person was a candidate, newest first."""
    found = (
        select(searches)
        .join(candidates, candidates.c.search_id == searches.c.id)
        .where(candidates.c.person_id == person)
        .order_by(searches.c.started_at.desc())
    )
    return [_read_search(connection, row) for row in connection.execute(found)]


def load_searches_of(connection: Connection, holder: str, limit: int) -> list[tuple[Search, int]]:
    """Read a holder's newest searches, the newest first, each with the number of candidates instead of the list."""
    listed = select(func.count()).where(candidates.c.search_id == searches.c.id).correlate(searches).scalar_subquery()
    query = (
        select(searches, listed.label("listed"))
        .where(searches.c.holder_id == holder)
        .order_by(searches.c.started_at.desc(), searches.c.id)
        .limit(limit)
    )
    return [(_read_terms(row, None), row.listed) for row in connection.execute(query)]


def count_searches_by_state(connection: Connection) -> dict[str, int]:
    """Count searches by how far they came."""
    rows = connection.execute(select(searches.c.state, func.count()).group_by(searches.c.state))
    return {row[0]: row[1] for row in rows}


def list_search_ids(connection: Connection) -> set[str]:
    """List all searches."""
    return set(connection.execute(select(searches.c.id)).scalars())


def _read_search(connection: Connection, row: Row[tuple[object, ...]]) -> Search:
    outcome = None
    if row.state == SearchState.FINISHED:
        listed = connection.execute(
            select(candidates).where(candidates.c.search_id == row.id).order_by(candidates.c.rank)
        )
        outcome = SearchOutcome(
            pack_id=row.pack_id,
            gallery=row.gallery,
            gallery_size=row.gallery_size,
            threshold=row.threshold,
            candidates=tuple(
                Candidate(found.rank, PersonId(found.person_id), ReferenceId(found.reference_id), found.distance)
                for found in listed
            ),
            ended_at=row.ended_at,
        )
    return _read_terms(row, outcome)


def _read_terms(row: Row[Any], outcome: SearchOutcome | None) -> Search:
    return Search(
        id=SearchId(row.id),
        licence=LicenceId(row.licence_id),
        number=row.number,
        holder=MemberId(row.holder_id),
        case=CaseId(row.case_id),
        purpose=PurposeSlug(row.purpose),
        probe_source=ProbeSource(row.probe_source),
        state=SearchState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        cause=row.cause,
        outcome=outcome,
    )
