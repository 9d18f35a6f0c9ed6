"""Make the link that opens a person's own page, or a new one where it got lost; the old one dies at once."""

from __future__ import annotations

import secrets

from assent.errors import NotFound
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Role, Visitor
from assent.people import Basis, Bearer, PersonId
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.services.sessions import tag_of
from assent.storage import Connection
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages

MADE, RENEWED = "made", "renewed"

_USUAL_BEARERS = {
    Basis.CONSENT: Bearer.SELF,
    Basis.GUARDIAN: Bearer.GUARDIAN,
    Basis.NEXT_OF_KIN: Bearer.NEXT_OF_KIN,
}


def renew_personal_link(runtime: Runtime, actor: Actor, person: str) -> str:
    """Make a new personal link for somebody enrolled; takes a steward. `/p/` and the token is the link, told once.

    Whoever has the old one open is shut out at once. Raises RoleMissing or NotFound.
    """
    actor.require_role(Role.STEWARD)
    with runtime.database.transaction() as transaction:
        found = stored_people.load_person(transaction, runtime.vault, PersonId(person))
        bearer = stored_pages.load_bearer(transaction, found.id)
        change = MADE if bearer is None else RENEWED
        return make_link(runtime, transaction, actor, found.id, bearer or _USUAL_BEARERS[found.basis], change)


def make_link(
    runtime: Runtime,
    transaction: Connection,
    actor: Actor | Visitor,
    person: PersonId,
    bearer: Bearer,
    change: str = MADE,
) -> str:
    """Make a personal link in the caller's transaction; its token comes back and is kept nowhere."""
    token, at = secrets.token_urlsafe(32), runtime.clock()
    stored_pages.record_link(transaction, person, bearer, tag_of(token), at)
    fields: dict[str, JsonValue] = {"person": person, "bearer": bearer.value, "change": change}
    record_entry(runtime, transaction, EntryKind.LINK_CHANGED, actor=actor, at=at, fields=fields)
    return token


def find_bearer(runtime: Runtime, actor: Actor, person: str) -> Bearer | None:
    """Tell a steward who holds a person's link, if there is one. Raises RoleMissing or NotFound."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        if person not in stored_people.list_person_ids(view):
            raise NotFound(f"There is no person {person}.")
        return stored_pages.load_bearer(view, person)
