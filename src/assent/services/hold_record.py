"""Hold records back from their rules while a dispute or a proceeding needs them."""

from __future__ import annotations

from assent.errors import InvalidInput, NotFound
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, HoldId, LegalHold, Role
from assent.people import is_identifier, make_identifier
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import mandates as stored_mandates
from assent.storage import retention as stored_retention
from assent.storage import searches as stored_searches

SHORTEST_REASON = 8


def hold_record(runtime: Runtime, actor: Actor, subject: str, *, reason: str) -> LegalHold:
    """Hold a search, or a case (by number or identifier) with all its searches; takes an administrator or overseer.

    A hold stops rules only: a person who withdraws is erased all the same. What a rule ended before stays ended.
    Raises RoleMissing, NotFound, or InvalidInput without a reason.
    """
    actor.require_role(Role.ADMINISTRATOR, Role.OVERSEER)
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInput(f"A hold needs a reason of at least {SHORTEST_REASON} characters.")
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        found = _find_subject(runtime, transaction, subject.strip())
        hold = LegalHold(HoldId(make_identifier("h")), found, reason.strip(), actor.member.id, at)
        runtime.vault.make_key(hold.id)
        stored_retention.record_hold(transaction, runtime.vault, hold)
        record_entry(
            runtime,
            transaction,
            EntryKind.HOLD_CHANGED,
            actor=actor,
            at=at,
            fields=_describe(hold, "placed"),
            subject=hold.id,
            committed={"reason": hold.reason.encode()},
        )
    return hold


def release_hold(runtime: Runtime, actor: Actor, hold: str) -> LegalHold:
    """Lift a hold; what has run out meanwhile goes at the next opening. Takes an administrator or overseer.

    Raises RoleMissing, NotFound, or InvalidInput if it was lifted already.
    """
    actor.require_role(Role.ADMINISTRATOR, Role.OVERSEER)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        found = _require_hold(runtime, transaction, hold)
        if found.lifted_at is not None:
            raise InvalidInput(f"Hold {found.id} was lifted already, on {found.lifted_at:%Y-%m-%d}.")
        stored_retention.record_release(transaction, found.id, at)
        fields = _describe(found, "lifted")
        record_entry(runtime, transaction, EntryKind.HOLD_CHANGED, actor=actor, at=at, fields=fields)
        return _require_hold(runtime, transaction, hold)


def list_holds(runtime: Runtime, actor: Actor) -> list[LegalHold]:
    """List all holds, lifted ones too; takes an administrator or overseer. Raises RoleMissing."""
    actor.require_role(Role.ADMINISTRATOR, Role.OVERSEER)
    with runtime.database.snapshot() as view:
        return stored_retention.load_holds(view, runtime.vault)


def _find_subject(runtime: Runtime, transaction: Connection, subject: str) -> str:
    if is_identifier(subject, "s") and stored_searches.load_search(transaction, subject) is not None:
        return subject
    case = stored_mandates.find_case(transaction, runtime.vault, subject)
    if case is not None:
        return case.id
    if is_identifier(subject, "c") and stored_mandates.is_case(transaction, subject):
        return subject
    raise NotFound("There is no search with this identifier and no case with this number or identifier.")


def _require_hold(runtime: Runtime, transaction: Connection, hold: str) -> LegalHold:
    for found in stored_retention.load_holds(transaction, runtime.vault):
        if found.id == hold:
            return found
    raise NotFound("There is no hold with this identifier; 'assent retention holds' shows them.")


def _describe(hold: LegalHold, change: str) -> dict[str, JsonValue]:
    kind = "search" if is_identifier(hold.subject, "s") else "case"
    return {"hold": hold.id, "change": change, kind: hold.subject}
