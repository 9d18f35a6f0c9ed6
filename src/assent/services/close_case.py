"""Close a case: nobody searches in its course any more, and the time runs after which its number goes."""

from __future__ import annotations

from assent.errors import InvalidInput, NotFound, RoleMissing
from assent.ledger import EntryKind
from assent.mandates import Actor, Case, Role
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import mandates as stored_mandates


def close_case(runtime: Runtime, actor: Actor, number: str) -> Case:
    """Close a case; takes a steward, or the searcher who opened it.

    Raises RoleMissing, NotFound, or InvalidInput if it is closed already.
    """
    actor.require_role(Role.SEARCHER, Role.STEWARD)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        case = _require_case(runtime, transaction, number)
        if Role.STEWARD not in actor.member.roles and case.opened_by != actor.member.id:
            raise RoleMissing(f"Case {case.id} was opened by another member; they or a steward may close it.")
        if case.closed_at is not None:
            raise InvalidInput(f"Case {case.id} was closed already, on {case.closed_at:%Y-%m-%d}.")
        stored_mandates.record_case_closed(transaction, case.id, at)
        fields = {"case": case.id}
        record_entry(runtime, transaction, EntryKind.CASE_CLOSED, actor=actor, at=at, fields=fields)
        return _require_case(runtime, transaction, number)


def _require_case(runtime: Runtime, transaction: Connection, number: str) -> Case:
    case = stored_mandates.find_case(transaction, runtime.vault, number.strip())
    if case is None:
        raise NotFound("No case has this number; 'assent case list' shows them.")
    return case
