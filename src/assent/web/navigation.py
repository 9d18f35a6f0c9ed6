"""What stands in the bar at the top, by role."""

from __future__ import annotations

from dataclasses import dataclass

from assent.mandates import Role
from assent.services.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar: a path, its title in English (translated when shown), and who sees it."""

    path: str
    title: str
    roles: frozenset[Role]


def N_(message: str) -> str:  # noqa: N802 (the name that gettext's extraction knows for a text translated later)
    """Mark a text for the catalogues without translating it yet."""
    return message


PLACES = (
    Place("/searches/new", N_("New search"), frozenset({Role.SEARCHER})),
    Place("/searches", N_("My searches"), frozenset({Role.SEARCHER})),
    Place("/cases", N_("Cases"), frozenset({Role.SEARCHER})),
    Place("/approvals", N_("Approvals"), frozenset({Role.APPROVER})),
    Place("/reviews", N_("Reviews"), frozenset({Role.SEARCHER, Role.APPROVER})),
    Place("/people", N_("People"), frozenset({Role.STEWARD})),
    Place("/invitations", N_("Invitations"), frozenset({Role.STEWARD})),
    Place("/imports", N_("Import"), frozenset({Role.STEWARD})),
    Place("/licences", N_("Licences"), frozenset({Role.ISSUER, Role.SEARCHER, Role.OVERSEER})),
    Place("/oversight", N_("Oversight"), frozenset({Role.OVERSEER})),
    Place("/administration", N_("Administration"), frozenset({Role.ADMINISTRATOR})),
)


def places_for(signed_in: SignedIn | None) -> list[Place]:
    """List the places that a member goes to."""
    if signed_in is None:
        return []
    return [place for place in PLACES if place.roles & signed_in.actor.member.roles]
