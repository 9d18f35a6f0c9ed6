"""Seal urgent searches that nobody approved: what they brought is destroyed (EU AI Act, Art. 26(10))."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from assent.errors import ApprovalMissing, ApprovalRefused, LedgerRolledBack, NotFound
from assent.ledger import EntryKind
from assent.mandates import Actor, PendingSearch, RequestState, SearchId, outcome_of, probe_of
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.services.sign_checkpoint import require_not_rolled_back
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import searches as stored_searches


def seal_overdue(runtime: Runtime) -> tuple[SearchId, ...]:
    """Seal the urgent searches whose 48 hours are over, and those whose sealing a crash or a restore left half done.

    Runs at every opening and before every search, list and decision; for one moment and one search it seals once.
    """
    with runtime.database.snapshot() as view:
        if not _find_overdue(runtime, view):
            return ()
    with runtime.database.transaction() as transaction:
        # Looked for again under the write lock: meanwhile an approver may have decided, or somebody else have sealed.
        at = runtime.clock()
        overdue = _find_overdue(runtime, transaction)
        for pending in overdue:
            expired = replace(pending, state=RequestState.EXPIRED)
            seal_outcome(runtime, transaction, expired, actor=None, at=at)
    runtime.database.truncate_log()
    return tuple(pending.search for pending in overdue)


def list_sealed(runtime: Runtime) -> tuple[SearchId, ...]:
    """List the searches whose result was destroyed because they were refused, or not approved in time."""
    with runtime.database.snapshot() as view:
        return tuple(stored_approvals.list_sealed_searches(view))


def seal_outcome(
    runtime: Runtime,
    transaction: Connection,
    decided: PendingSearch,
    *,
    actor: Actor | None,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Destroy what an urgent search brought, in the caller's transaction, because it was refused or not approved.

    A machine that stops on the way has destroyed the keys already; the next opening does the rest.
    """
    # 1. From here on portrait, list of candidates and reviews cannot be read by anybody.
    runtime.vault.destroy_keys([outcome_of(decided.search), probe_of(decided.search)], at)
    # 2. Files and rows.
    runtime.photos.erase(outcome_of(decided.search))
    runtime.photos.erase(probe_of(decided.search))
    cause = ApprovalRefused.reason if decided.state is RequestState.REFUSED else ApprovalMissing.reason
    stored_approvals.record_decision(transaction, decided)
    stored_approvals.record_sealing(transaction, decided.search, cause)
    # 3. The ledger says so.
    search = stored_searches.load_search(transaction, decided.search)
    if search is None:
        raise NotFound(f"There is no search {decided.search}.")
    if _can_record(runtime):
        record_entry(
            runtime,
            transaction,
            EntryKind.SEARCH_SEALED,
            actor=actor,
            at=at,
            fields={"search": search.id, "number": search.number, "licence": search.licence, "cause": cause},
            subject=search.id,
            committed=None if reason is None else {"decision_reason": reason.encode()},
        )


def _find_overdue(runtime: Runtime, view: Connection) -> list[PendingSearch]:
    undecided = stored_approvals.load_undecided_urgent(view)
    if not undecided:
        return []
    at, destroyed = runtime.clock(), runtime.vault.list_destroyed()
    return [
        pending
        for pending in undecided
        if pending.state_at(at) is RequestState.EXPIRED or outcome_of(pending.search) in destroyed
    ]


def _can_record(runtime: Runtime) -> bool:
    """Tell whether the ledger may grow. One rolled back may not, but what is overdue is sealed all the same."""
    try:
        require_not_rolled_back(runtime)
    except LedgerRolledBack:
        return False
    return True
