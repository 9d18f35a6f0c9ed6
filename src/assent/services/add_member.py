"""Add a member with roles that may stand together."""

from __future__ import annotations

from collections.abc import Collection

from assent.ledger import EntryKind
from assent.mandates import Actor, Member, MemberId, Role, check_roles, parse_handle
from assent.people import make_identifier, parse_slug
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import mandates as stored_mandates


def add_member(runtime: Runtime, actor: Actor, *, handle: str, roles: Collection[Role], unit: str) -> Member:
    """Add a member; takes an administrator. Raises RoleMissing, RolesIncompatible, InvalidInput for a taken handle."""
    actor.require_role(Role.ADMINISTRATOR)
    at = runtime.clock()
    member = Member(
        MemberId(make_identifier("m")), parse_handle(handle), check_roles(roles), parse_slug(unit, "a unit"), at
    )
    with runtime.database.transaction() as transaction:
        runtime.vault.make_key(member.id)
        stored_mandates.record_member(transaction, runtime.vault, member)
        fields = {"member": member.id, "change": "created", "roles": sorted(member.roles), "unit": member.unit}
        record_entry(runtime, transaction, EntryKind.MEMBER_CHANGED, actor=actor, at=at, fields=fields)
    return member


def list_members(runtime: Runtime) -> list[Member]:
    """List all members, oldest first."""
    with runtime.database.snapshot() as view:
        return stored_mandates.load_members(view, runtime.vault)
