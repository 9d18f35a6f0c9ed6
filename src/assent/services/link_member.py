"""Say which person of the gallery a member is, so that searches that return a colleague can be looked at."""

from __future__ import annotations

from assent.errors import NotFound
from assent.ledger import EntryKind
from assent.mandates import Actor, Member, Role
from assent.people import PersonId
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates
from assent.storage import oversight as stored_oversight
from assent.storage import people as stored_people


def link_member(runtime: Runtime, actor: Actor, *, handle: str, person: str | None) -> Member:
    """Link a member to a person of the gallery, or with None to nobody; takes an administrator.

    The ledger says that it was done, never to whom: that would give away a person. Raises RoleMissing or NotFound.
    """
    actor.require_role(Role.ADMINISTRATOR)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        member = stored_mandates.find_member(transaction, runtime.vault, handle)
        if person is not None and person not in stored_people.list_person_ids(transaction):
            raise NotFound(f"There is no person {person}.")
        stored_oversight.record_link(transaction, member.id, None if person is None else PersonId(person))
        change = "unlinked" if person is None else "linked"
        fields = {"member": member.id, "change": change, "roles": sorted(member.roles), "unit": member.unit}
        record_entry(runtime, transaction, EntryKind.MEMBER_CHANGED, actor=actor, at=at, fields=fields)
    return member
