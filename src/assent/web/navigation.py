"""What stands in the bar at the top, by role."""

from __future__ import annotations

from dataclasses import dataclass

from assent.mandates import Role
from assent.services.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the bar: a path, its title and what it is for in English, and who sees it."""

    path: str
    title: str
    what: str
    roles: frozenset[Role]


def N_(message: str) -> str:  # noqa: N802 (the name that gettext's extraction knows for a text translated later)
    """Mark a text for the catalogues without translating it yet."""
    return message


PLACES = (
    Place(
        "/searches/new",
        N_("New search"),
        N_("Bring a photo, say why, and see who is found, or that nobody is."),
        frozenset({Role.SEARCHER}),
    ),
    Place(
        "/searches",
        N_("My searches"),
        N_("What you looked for, what came of it, and what was refused."),
        frozenset({Role.SEARCHER}),
    ),
    Place("/cases", N_("Cases"), N_("The cases in whose course you search."), frozenset({Role.SEARCHER})),
    Place("/approvals", N_("Approvals"), N_("Searches that wait for a second person."), frozenset({Role.APPROVER})),
    Place(
        "/reviews",
        N_("Reviews"),
        N_("Look at candidates before you see the scores; two who agree confirm."),
        frozenset({Role.SEARCHER, Role.APPROVER}),
    ),
    Place("/people", N_("People"), N_("Who is in the gallery, with their consents."), frozenset({Role.STEWARD})),
    Place(
        "/invitations",
        N_("Invitations"),
        N_("Ask somebody to agree, with a link of their own."),
        frozenset({Role.STEWARD}),
    ),
    Place(
        "/imports", N_("Import"), N_("Signed paper forms with their photos, from a table."), frozenset({Role.STEWARD})
    ),
    Place(
        "/licences",
        N_("Licences"),
        N_("Who may search, for what, on which ground, until when and how often."),
        frozenset({Role.ISSUER, Role.SEARCHER, Role.OVERSEER}),
    ),
    Place(
        "/oversight",
        N_("Oversight"),
        N_("How often, by whom, for what; what is unusual; and the proof."),
        frozenset({Role.OVERSEER}),
    ),
    Place(
        "/administration",
        N_("Administration"),
        N_("Accounts, roles, settings and health; no face is shown here."),
        frozenset({Role.ADMINISTRATOR}),
    ),
)


def places_for(signed_in: SignedIn | None) -> list[Place]:
    """List the places that a member goes to."""
    if signed_in is None:
        return []
    return [place for place in PLACES if place.roles & signed_in.actor.member.roles]
