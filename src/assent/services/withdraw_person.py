"""Withdraw consent: not findable from the first commit on, and destroyed by the second."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assent.errors import NotFound
from assent.ledger import EntryKind
from assent.mandates import Actor, Role, Visitor
from assent.people import ErasureCause, PersonId, PurposeSlug, choose_consents_to_withdraw, must_erase
from assent.services.accounting import record_entry
from assent.services.finish_interrupted import erase_people
from assent.services.runtime import Runtime
from assent.storage import people as stored_people


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a withdrawal ended; `is_erased` when nothing of the person is left."""

    person: PersonId
    purposes: tuple[PurposeSlug, ...]
    is_erased: bool


def withdraw_person(
    runtime: Runtime, actor: Actor | Visitor, person: PersonId, purposes: Collection[PurposeSlug] | None = None
) -> Withdrawal:
    """Withdraw a person's consent to some purposes, or to all; takes that person, or a steward on their behalf.

    When no consent remains, key, templates, photos and name are destroyed. Raises RoleMissing or NotFound.
    """
    if isinstance(actor, Visitor):
        actor.require_own(person)
    else:
        actor.require_role(Role.STEWARD)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        consents = stored_people.load_consent_terms(transaction, [person]).get(person)
        if consents is None:
            raise NotFound(f"There is no person {person}.")
        ended = choose_consents_to_withdraw(consents, purposes, at)
        ended_ids = {consent.id for consent in ended}
        is_erased = must_erase([consent for consent in consents if consent.id not in ended_ids], at)
        stored_people.record_withdrawal(transaction, ended, at)
        for consent in ended:
            fields = {"person": person, "consent": consent.id, "purpose": consent.purpose}
            record_entry(runtime, transaction, EntryKind.CONSENT_WITHDRAWN, actor=actor, at=at, fields=fields)
        if is_erased:
            stored_people.mark_withdrawing(transaction, person)
    if is_erased:
        erase_people(runtime, {person: ErasureCause.WITHDRAWN})
    return Withdrawal(person, tuple(consent.purpose for consent in ended), is_erased)
