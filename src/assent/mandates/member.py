"""Members and their roles, which keep each other in check."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import NewType

from assent.errors import InvalidInput, MemberSuspended, RoleMissing, RolesIncompatible
from assent.people import is_identifier

MemberId = NewType("MemberId", str)

_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class Role(StrEnum):
    """What a member may do; the separation is the point."""

    STEWARD = "steward"
    SEARCHER = "searcher"
    APPROVER = "approver"
    ISSUER = "issuer"
    OVERSEER = "overseer"
    ADMINISTRATOR = "administrator"


COMBINABLE = frozenset({frozenset({Role.SEARCHER, Role.APPROVER})})
"""Which roles one member may hold together: an approver may also search, but never approves their own request."""


@dataclass(frozen=True, slots=True)
class Member:
    """Anyone with an account."""

    id: MemberId
    handle: str
    roles: frozenset[Role]
    unit: str
    created_at: datetime
    suspended_at: datetime | None = None

    def require_active(self) -> None:
        """Raise MemberSuspended if an administrator suspended the member: they neither sign in nor act."""
        if self.suspended_at is not None:
            raise MemberSuspended(f"Member {self.id} is suspended; an administrator can reactivate the account.")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and through which door; what the ledger writes down for each entry."""

    member: Member
    channel: str

    def require_role(self, *roles: Role) -> None:
        """Raise RoleMissing unless the member holds one of the roles, MemberSuspended if they may do nothing."""
        self.member.require_active()
        if not self.member.roles.intersection(roles):
            raise RoleMissing(
                f"This takes the role {' or '.join(roles)}; member {self.member.id} has: "
                f"{', '.join(sorted(self.member.roles)) or 'none'}."
            )


def parse_handle(text: str) -> str:
    """Read a member's handle. Raises InvalidInput unless it is 1 to 40 of a-z, 0-9, dot, hyphen, underscore."""
    if _HANDLE.fullmatch(text) is None:
        raise InvalidInput("A handle is 1 to 40 lower-case letters, digits, dots, hyphens and underscores.")
    if is_identifier(text, "m"):
        # Members are found by handle or identifier, so nobody may be called like another one's identifier.
        raise InvalidInput("A handle cannot look like a member's identifier; choose another.")
    return text


def check_roles(roles: Collection[Role]) -> frozenset[Role]:
    """Make sure one member may hold these roles together. Raises InvalidInput for none, RolesIncompatible else."""
    if not roles:
        raise InvalidInput(f"A member needs a role: one of {', '.join(Role)}.")
    for pair in combinations(sorted(set(roles)), 2):
        if frozenset(pair) not in COMBINABLE:
            raise RolesIncompatible(f"One member cannot be both {pair[0]} and {pair[1]}; make two members.")
    return frozenset(roles)
