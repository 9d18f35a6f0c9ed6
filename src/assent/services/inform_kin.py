"""Record what somebody who was found agreed that the family learns; until then their page says nothing."""

from __future__ import annotations

from assent.errors import InvalidInput
from assent.ledger import EntryKind, JsonValue
from assent.mandates import Actor, Role
from assent.people import Bearer, KinWish, PersonId, Told, check_wish
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import people as stored_people
from assent.storage import person_pages as stored_pages


def inform_kin(runtime: Runtime, actor: Actor, person: str, told: Told, text: str = "") -> KinWish:
    """Record what a found person agreed to: nothing, that they are alive, a message, or how to reach them.

    Takes a steward, the caseworker who spoke with the found person; said again, it replaces what was said before.
    Raises RoleMissing, NotFound, or InvalidInput where nobody's kin holds the link.
    """
    actor.require_role(Role.STEWARD)
    words = check_wish(told, text)
    with runtime.database.transaction() as transaction:
        found = stored_people.load_person(transaction, runtime.vault, PersonId(person))
        if stored_pages.load_bearer(transaction, found.id) is not Bearer.NEXT_OF_KIN:
            raise InvalidInput(f"No next of kin holds a link to the page of {person}; there is nobody to tell.")
        wish = KinWish(found.id, told, words, runtime.clock())
        stored_pages.record_wish(transaction, runtime.vault, wish, actor.member.id)
        fields: dict[str, JsonValue] = {"person": found.id, "told": told.value}
        record_entry(
            runtime,
            transaction,
            EntryKind.KIN_INFORMED,
            actor=actor,
            at=wish.decided_at,
            fields=fields,
            subject=found.id,
            committed={"text": words.encode()} if words else None,
        )
    return wish


def show_wish(runtime: Runtime, actor: Actor, person: str) -> KinWish | None:
    """Show what was recorded last; takes a steward. Raises RoleMissing or NotFound."""
    actor.require_role(Role.STEWARD)
    with runtime.database.snapshot() as view:
        found = stored_people.load_person(view, runtime.vault, PersonId(person))
        return stored_pages.load_wish(view, runtime.vault, found.id)
