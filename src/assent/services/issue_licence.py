"""Issue licences, and list them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from assent.ledger import EntryKind, format_time
from assent.mandates import Actor, Licence, LicenceId, Member, Role, check_licence_terms
from assent.people import PurposeSlug, make_identifier
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates
from assent.storage import people as stored_people


def issue_licence(
    runtime: Runtime,
    actor: Actor,
    *,
    holder: str,
    purposes: Collection[PurposeSlug],
    ground: str,
    citation: str,
    valid_from: datetime | None,
    valid_until: datetime,
    quota: int,
    is_trial: bool = False,
    needs_approval: bool = False,
    allows_urgent: bool = False,
) -> Licence:
    """Issue a licence to a searcher; takes an issuer. Raises RoleMissing, NotFound or InvalidInput."""
    actor.require_role(Role.ISSUER)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        member = stored_mandates.find_member(transaction, runtime.vault, holder)
        licence = Licence(
            id=LicenceId(make_identifier("l")),
            holder=member.id,
            purposes=frozenset(purposes),
            ground=ground.strip(),
            citation=citation.strip(),
            valid_from=valid_from or at,
            valid_until=valid_until,
            quota=quota,
            is_trial=is_trial,
            needs_approval=needs_approval,
            allows_urgent=allows_urgent,
            issued_by=actor.member.id,
            issued_at=at,
        )
        check_licence_terms(licence, member, stored_people.load_purposes(transaction))
        runtime.vault.make_key(licence.id)
        stored_mandates.record_licence(transaction, licence)
        record_entry(
            runtime,
            transaction,
            EntryKind.LICENCE_ISSUED,
            actor=actor,
            at=at,
            fields=_describe(licence, member),
            subject=licence.id,
            committed={"ground": licence.ground.encode(), "citation": licence.citation.encode()},
        )
    return licence


def list_licences(runtime: Runtime, actor: Actor) -> list[Licence]:
    """List licences: a searcher sees their own, issuers, overseers and administrators all."""
    with runtime.database.snapshot() as view:
        licences = stored_mandates.load_licences(view)
    if actor.member.roles & {Role.ISSUER, Role.OVERSEER, Role.ADMINISTRATOR}:
        return licences
    return [licence for licence in licences if licence.holder == actor.member.id]


def _describe(licence: Licence, holder: Member) -> dict[str, str | int | bool | list[str]]:
    return {
        "licence": licence.id,
        "holder": licence.holder,
        "unit": holder.unit,
        "purposes": sorted(licence.purposes),
        "from": format_time(licence.valid_from),
        "until": format_time(licence.valid_until),
        "quota": licence.quota,
        "approval": licence.needs_approval,
        "urgent": licence.allows_urgent,
    }
