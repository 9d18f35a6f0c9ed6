"""Check a registration by next of kin before anybody can be found through it, and renew it before it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assent.errors import InvalidInput, NotFound
from assent.ledger import REGISTRATION_CONFIRMED, EntryKind, JsonValue, format_time
from assent.mandates import Actor, Role
from assent.people import Basis, Person, PersonId, PersonState
from assent.services.accounting import record_entry
from assent.services.give_consent import extend_consents
from assent.services.runtime import Runtime
from assent.storage import people as stored_people

RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class PendingRegistration:
    """Somebody registered as missing whom no search returns before a caseworker has checked it."""

    person: PersonId
    name: str
    registered_by: str | None
    registered_at: datetime
    ends_at: datetime | None


def list_pending(runtime: Runtime, actor: Actor) -> list[PendingRegistration]:
    """List registrations that wait for a check, oldest first; takes a steward. Raises RoleMissing."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        people = [
            stored_people.load_person(view, runtime.vault, PersonId(person))
            for person in stored_people.list_person_ids(view, PersonState.PENDING)
        ]
    waiting = [
        PendingRegistration(found.id, found.name, found.registered_by, found.enrolled_at, _find_end(found))
        for found in people
    ]
    return sorted(waiting, key=lambda registration: (registration.registered_at, registration.person))


def confirm_registration(runtime: Runtime, actor: Actor, person: str) -> None:
    """Make somebody findable whose registration was checked; takes a steward. To decline it, withdraw the person.

    Raises RoleMissing, NotFound, or InvalidInput where nothing waits for a check.
    """
    actor.require_role(Role.STEWARD)
    with runtime.database.transaction() as transaction:
        found = stored_people.load_person(transaction, runtime.vault, PersonId(person))
        if found.state is not PersonState.PENDING:
            raise InvalidInput(f"The registration of {person} does not wait for a check.")
        stored_people.mark_checked(transaction, found.id)
        fields: dict[str, JsonValue] = {"person": found.id, "change": REGISTRATION_CONFIRMED}
        at = runtime.clock()
        record_entry(runtime, transaction, EntryKind.REGISTRATION_CHANGED, actor=actor, at=at, fields=fields)


def renew_registration(runtime: Runtime, actor: Actor, person: str, until: datetime) -> None:
    """Let a registration by next of kin hold until another day, at most a year away; takes a steward.

    Raises RoleMissing, NotFound, or InvalidInput for an end that is past or too far away.
    """
    actor.require_role(Role.STEWARD)
    with runtime.database.transaction() as transaction:
        found = stored_people.load_person(transaction, runtime.vault, PersonId(person))
        if found.basis is not Basis.NEXT_OF_KIN:
            raise InvalidInput(f"{person} is not here by a registration; consent is renewed by the person alone.")
        if not found.purposes_in_force(runtime.clock()):
            raise NotFound(f"There is no registration of {person} in force.")
        extend_consents(runtime, transaction, actor, found, until)
        fields: dict[str, JsonValue] = {"person": found.id, "change": RENEWED, "until": format_time(until)}
        at = runtime.clock()
        record_entry(runtime, transaction, EntryKind.REGISTRATION_CHANGED, actor=actor, at=at, fields=fields)


def _find_end(person: Person) -> datetime | None:
    ends = [consent.valid_until for consent in person.consents if consent.valid_until is not None]
    return max(ends, default=None)
