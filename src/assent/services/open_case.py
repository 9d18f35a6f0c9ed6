"""Open a case under the organisation's own number."""

from __future__ import annotations

from assent.errors import InvalidInput
from assent.ledger import EntryKind
from assent.mandates import Actor, Case, CaseId, Role, parse_case_number
from assent.people import PurposeSlug, make_identifier
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people


def open_case(runtime: Runtime, actor: Actor, *, number: str, purpose: PurposeSlug) -> Case:
    """Open a case; takes a searcher or steward. Raises RoleMissing, InvalidInput for a number taken or bad purpose."""
    actor.require_role(Role.SEARCHER, Role.STEWARD)
    at = runtime.clock()
    case = Case(CaseId(make_identifier("c")), parse_case_number(number), purpose, actor.member.id, at)
    with runtime.database.transaction() as transaction:
        if purpose not in stored_people.load_purposes(transaction):
            raise InvalidInput(f"Purpose {purpose!r} is not defined here; 'assent purpose list' shows those that are.")
        runtime.vault.make_key(case.id)
        stored_mandates.record_case(transaction, runtime.vault, case)
        record_entry(
            runtime,
            transaction,
            EntryKind.CASE_OPENED,
            actor=actor,
            at=at,
            fields={"case": case.id, "purpose": case.purpose},
            subject=case.id,
            committed={"number": case.number.encode()},
        )
    return case


def list_cases(runtime: Runtime, actor: Actor) -> list[Case]:
    """List cases: a searcher sees those they opened, stewards and overseers all. Raises RoleMissing."""
    actor.require_role(Role.SEARCHER, Role.STEWARD, Role.OVERSEER)
    with runtime.database.snapshot() as view:
        cases = stored_mandates.load_cases(view, runtime.vault)
    if actor.member.roles & {Role.STEWARD, Role.OVERSEER}:
        return cases
    return [case for case in cases if case.opened_by == actor.member.id]
