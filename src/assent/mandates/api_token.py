"""Tokens with which a member's own programs act: how far one reaches, and how long it is good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from assent.errors import InvalidInput
from assent.mandates.member import MemberId, Role

TokenId = NewType("TokenId", str)

TOKEN_PREFIX = "assent_"  # noqa: S105 (what every token begins with, so that scanners for leaked ones know it)
LONGEST_LIFETIME = timedelta(days=366)
USUAL_LIFETIME = timedelta(days=90)
LONGEST_LABEL = 60


class Scope(StrEnum):
    """What a token may be used for; never more than its member's roles allow."""

    SEARCHES_READ = "searches:read"
    SEARCHES_WRITE = "searches:write"
    APPROVALS = "approvals"
    REVIEWS = "reviews"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    LICENCES_READ = "licences:read"
    LICENCES_WRITE = "licences:write"
    OVERSIGHT = "oversight"


SCOPES_OF_ROLES: dict[Role, frozenset[Scope]] = {
    Role.STEWARD: frozenset({Scope.PEOPLE_READ, Scope.PEOPLE_WRITE, Scope.SEARCHES_READ, Scope.SEARCHES_WRITE}),
    Role.SEARCHER: frozenset({Scope.SEARCHES_READ, Scope.SEARCHES_WRITE, Scope.REVIEWS, Scope.LICENCES_READ}),
    Role.APPROVER: frozenset({Scope.SEARCHES_READ, Scope.APPROVALS, Scope.REVIEWS}),
    Role.ISSUER: frozenset({Scope.LICENCES_READ, Scope.LICENCES_WRITE}),
    Role.OVERSEER: frozenset({Scope.OVERSIGHT, Scope.SEARCHES_READ, Scope.LICENCES_READ}),
    Role.ADMINISTRATOR: frozenset({Scope.LICENCES_READ}),
}
"""What is of any use to whom; a steward opens and closes cases, hence their scopes of searches."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is kept: never itself, only the SHA-256 of its secret part."""

    id: TokenId
    member: MemberId
    label: str
    scopes: frozenset[Scope]
    secret_digest: bytes
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether it still opens anything."""
        return self.revoked_at is None and at < self.expires_at


def list_scopes(roles: Collection[Role]) -> list[Scope]:
    """List the scopes that are of use to a member with these roles."""
    useful = frozenset[Scope]().union(*(SCOPES_OF_ROLES[role] for role in roles))
    return [scope for scope in Scope if scope in useful]


def check_scopes(scopes: Collection[Scope], roles: Collection[Role]) -> frozenset[Scope]:
    """Make sure that a token reaches no further than its member. Raises InvalidInput, also for none."""
    if not scopes:
        raise InvalidInput("A token needs a scope, or it opens nothing.")
    beyond = set(scopes).difference(list_scopes(roles))
    if beyond:
        raise InvalidInput(f"These scopes are of no use to this member's roles: {', '.join(sorted(beyond))}.")
    return frozenset(scopes)


def check_lifetime(lifetime: timedelta) -> timedelta:
    """Make sure that a token ends. Raises InvalidInput for less than a minute or more than a year."""
    if not timedelta(minutes=1) <= lifetime <= LONGEST_LIFETIME:
        raise InvalidInput(f"A token is good for at most {LONGEST_LIFETIME.days} days.")
    return lifetime


def check_label(label: str) -> str:
    """Make sure that a token can be told from others. Raises InvalidInput for nothing, or too much."""
    if not 1 <= len(label.strip()) <= LONGEST_LABEL:
        raise InvalidInput(f"Say in 1 to {LONGEST_LABEL} characters what the token is for.")
    return label.strip()
