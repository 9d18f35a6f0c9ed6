"""Requests for a second person's approval, and the sealing of urgent searches that did not get it."""

from __future__ import annotations

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from assent.errors import ApprovalUsed, InvalidInput, NotFound
from assent.ledger import SALT_BYTES
from assent.mandates import (
    CaseId,
    LicenceId,
    MemberId,
    PendingSearch,
    ProbeSource,
    RequestState,
    SearchId,
)
from assent.people import PurposeSlug
from assent.search import SearchState
from assent.storage.ledger import load_openings
from assent.storage.tables import candidates, ledger_openings, search_requests, searches
from assent.storage.vault import Vault


def record_request(connection: Connection, pending: PendingSearch) -> None:
    """Store a new request; an urgent search's row comes with its start."""
    connection.execute(
        insert(search_requests).values(
            id=pending.search,
            licence_id=pending.licence,
            holder_id=pending.holder,
            case_id=pending.case,
            purpose=pending.purpose,
            probe_source=pending.probe_source,
            face_number=pending.face_number,
            is_urgent=pending.is_urgent,
            state=pending.state,
            requested_at=pending.requested_at,
            expires_at=pending.expires_at,
        )
    )


def record_decision(connection: Connection, decided: PendingSearch) -> None:
    """Store a decision on a request that still is undecided. Raises InvalidInput if somebody else was faster."""
    is_undecided = search_requests.c.state == RequestState.PENDING
    changed = connection.execute(
        update(search_requests)
        .where(search_requests.c.id == decided.search, is_undecided)
        .values(
            state=decided.state,
            decided_by=decided.decided_by,
            decided_at=decided.decided_at,
            expires_at=decided.expires_at,
        )
    )
    if not changed.rowcount:
        raise InvalidInput(f"Search {decided.search} was decided already.")


def record_use(connection: Connection, search: SearchId) -> None:
    """Use an approval up. Raises ApprovalUsed if another search was faster."""
    is_approved = search_requests.c.state == RequestState.APPROVED
    changed = connection.execute(
        update(search_requests).where(search_requests.c.id == search, is_approved).values(state=RequestState.USED)
    )
    if not changed.rowcount:
        raise ApprovalUsed(f"Search {search} has run; an approval is good for one search.")


def record_sealing(connection: Connection, search: SearchId, cause: str) -> None:
    """Delete an urgent search's candidates, and mark it as sealed."""
    connection.execute(delete(candidates).where(candidates.c.search_id == search))
    connection.execute(update(searches).where(searches.c.id == search).values(state=SearchState.SEALED, cause=cause))


def load_request(connection: Connection, search: str) -> PendingSearch:
    """Read a request. Raises NotFound."""
    row = connection.execute(select(search_requests).where(search_requests.c.id == search)).one_or_none()
    if row is None:
        raise NotFound("No approval was asked for under this identifier; 'assent approval list' shows the requests.")
    return _read_request(row)


def load_requests(connection: Connection, holder: str | None = None) -> list[PendingSearch]:
    """Read all requests, or those of one holder, oldest first."""
    query = select(search_requests).order_by(search_requests.c.requested_at, search_requests.c.id)
    if holder is not None:
        query = query.where(search_requests.c.holder_id == holder)
    return [_read_request(row) for row in connection.execute(query)]


# Built once: asked for before every search.
_UNDECIDED_URGENT = (
    select(search_requests)
    .where(search_requests.c.state == RequestState.PENDING, search_requests.c.is_urgent)
    .order_by(search_requests.c.requested_at, search_requests.c.id)
)


def load_undecided_urgent(connection: Connection) -> list[PendingSearch]:
    """Read the urgent searches on which nobody has decided, oldest first."""
    return [_read_request(row) for row in connection.execute(_UNDECIDED_URGENT)]


def list_request_ids(connection: Connection, state: RequestState | None = None) -> set[str]:
    """List all requests, or those in one state as it was recorded."""
    query = select(search_requests.c.id)
    return set(connection.execute(query if state is None else query.where(search_requests.c.state == state)).scalars())


def list_sealed_searches(connection: Connection) -> list[SearchId]:
    """List the searches whose result was destroyed, oldest first."""
    query = select(searches.c.id).where(searches.c.state == SearchState.SEALED).order_by(searches.c.started_at)
    return [SearchId(search) for search in connection.execute(query).scalars()]


def load_asked(connection: Connection, vault: Vault, search: str) -> dict[str, bytes]:
    """Open what the ledger's first entry of a search commits to: `probe`, `justification` and, if asked for, `shown`.

    Raises NotFound if the search's key was destroyed.
    """
    query = select(func.min(ledger_openings.c.entry_index)).where(ledger_openings.c.subject == search)
    first = connection.execute(query).scalar_one()
    return {
        field: vault.unseal(subject, f"opening:{first}:{field}", sealed)[SALT_BYTES:]
        for field, (subject, sealed) in load_openings(connection, first).items()
    }


def _read_request(row: Row[tuple[object, ...]]) -> PendingSearch:
    return PendingSearch(
        search=SearchId(row.id),
        licence=LicenceId(row.licence_id),
        holder=MemberId(row.holder_id),
        case=CaseId(row.case_id),
        purpose=PurposeSlug(row.purpose),
        probe_source=ProbeSource(row.probe_source),
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        face_number=row.face_number,
        is_urgent=row.is_urgent,
        state=RequestState(row.state),
        decided_by=None if row.decided_by is None else MemberId(row.decided_by),
        decided_at=row.decided_at,
    )
