"""Decide on searches for which approval was asked: list and look at them, approve, refuse."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from assent.errors import ApprovalRefused, NotFound, RoleMissing
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Licence, PendingSearch, Role, decide, probe_of
from assent.services.accounting import record_entry
from assent.services.notify import NoticeKind, notify
from assent.services.request_search import REQUEST_PHOTO
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime
from assent.services.seal_overdue import seal_outcome, seal_overdue
from assent.storage import Connection
from assent.storage import approvals as stored_approvals
from assent.storage import mandates as stored_mandates
from assent.storage.refusals import record_refusal_row


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """What an approver decides on; None where a rule has destroyed it. Of an urgent search the photo is the portrait.

    `photo` is a JPEG. An urgent search that showed no usable face has none.
    """

    pending: PendingSearch
    licence: Licence
    case_number: str | None
    justification: str | None
    photo: bytes | None


def list_requests(runtime: Runtime, actor: Actor) -> list[PendingSearch]:
    """List requests as they stand now: approvers and overseers see all, searchers their own. Raises RoleMissing."""
    actor.require_role(Role.APPROVER, Role.OVERSEER, Role.SEARCHER)
    seal_overdue(runtime)
    at = runtime.clock()
    with runtime.database.snapshot() as view:
        requests = [pending.seen_at(at) for pending in stored_approvals.load_requests(view)]
    if actor.member.roles & {Role.APPROVER, Role.OVERSEER}:
        return requests
    return [pending for pending in requests if pending.holder == actor.member.id]


def show_request(runtime: Runtime, actor: Actor, search: str) -> ShownRequest:
    """Show a request with its photo, to approvers and to whoever asked. Raises NotFound or RoleMissing."""
    seal_overdue(runtime)
    with runtime.database.snapshot() as view:
        pending = stored_approvals.load_request(view, search)
        if Role.APPROVER not in actor.member.roles and actor.member.id != pending.holder:
            raise RoleMissing("This takes the role approver, or to have asked for the search.")
        licence = stored_mandates.require_licence(view, pending.licence)
        case_number = justification = photo = None
        with suppress(NotFound):
            case_number = stored_mandates.load_case(view, runtime.vault, pending.case).number
        with suppress(NotFound):
            justification = stored_approvals.load_asked(view, runtime.vault, search)["justification"].decode()
    with suppress(NotFound):
        photo = runtime.photos.read(probe_of(search), PROBE_PHOTO if pending.is_urgent else REQUEST_PHOTO)
    return ShownRequest(pending.seen_at(runtime.clock()), licence, case_number, justification, photo)


def name_holders(runtime: Runtime, actor: Actor) -> Mapping[str, str]:
    """Resolve the identifiers of members who asked or decided into handles; takes an approver. Raises RoleMissing."""
    actor.require_role(Role.APPROVER)
    with runtime.database.snapshot() as view:
        return {member.id: member.handle for member in stored_mandates.load_members(view, runtime.vault)}


def approve_request(runtime: Runtime, actor: Actor, search: str) -> PendingSearch:
    """Approve a request; takes an approver who neither asked nor holds the licence.

    Raises NotFound, RoleMissing, OwnRequest, ApprovalExpired, InvalidInput if it was decided before.
    """
    seal_overdue(runtime)
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        pending = stored_approvals.load_request(transaction, search)
        licence = stored_mandates.require_licence(transaction, pending.licence)
        decided = decide(pending, approver=actor, licence=licence, at=at)
        stored_approvals.record_decision(transaction, decided)
        fields = {"search": decided.search, "licence": decided.licence, "holder": decided.holder}
        record_entry(runtime, transaction, EntryKind.SEARCH_APPROVED, actor=actor, at=at, fields=fields)
        notify(runtime, transaction, NoticeKind.REQUEST_DECIDED, [decided.holder])
    return decided


def refuse_request(runtime: Runtime, actor: Actor, search: str, reason: str) -> PendingSearch:
    """Refuse a request for a reason; takes an approver who neither asked nor holds the licence.

    What an urgent search brought is destroyed at once. Raises as `approve_request`, InvalidInput also without a reason.
    """
    seal_overdue(runtime)
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        pending = stored_approvals.load_request(transaction, search)
        licence = stored_mandates.require_licence(transaction, pending.licence)
        decided = decide(pending, approver=actor, licence=licence, at=at, refused_because=reason)
        if decided.is_urgent:
            seal_outcome(runtime, transaction, decided, actor=actor, at=at, reason=reason.strip())
        else:
            stored_approvals.record_decision(transaction, decided)
            _record_refused(runtime, transaction, actor, decided, licence, reason.strip())
        notify(runtime, transaction, NoticeKind.REQUEST_DECIDED, [decided.holder])
    if decided.is_urgent:
        runtime.database.truncate_log()
    return decided


def _record_refused(
    runtime: Runtime, transaction: Connection, actor: Actor, decided: PendingSearch, licence: Licence, reason: str
) -> None:
    stored_mandates.count_search(transaction, licence.id, refused=True)
    at = decided.decided_at or decided.requested_at
    fields: dict[str, JsonValue] = {
        "search": decided.search,
        "licence": licence.id,
        "number": licence.next_number,
        "holder": decided.holder,
        "unit": stored_mandates.find_member(transaction, runtime.vault, decided.holder).unit,
        "purpose": decided.purpose,
        "case": decided.case,
        "cause": ApprovalRefused.reason,
    }
    index = record_entry(
        runtime,
        transaction,
        EntryKind.SEARCH_REFUSED,
        actor=actor,
        at=at,
        fields=fields,
        subject=decided.search,
        committed={"decision_reason": reason.encode()},
    )
    record_refusal_row(transaction, index, fields, at)
