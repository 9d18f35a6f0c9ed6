"""Invitations and personal links: who may open which page without an account, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from assent.errors import InvalidInput, LinkEnded
from assent.people.consent import LONGEST_REGISTRATION, Basis, PurposeSlug
from assent.people.identifiers import PersonId

InvitationId = NewType("InvitationId", str)

INVITATION_PREFIX = "v"
USUAL_DAYS = 14
MOST_DAYS = 90
LONGEST_NOTE = 200


class Bearer(StrEnum):
    """Who holds a link: the person themselves, whoever decides for them, or next of kin who look for them."""

    SELF = "self"
    GUARDIAN = "guardian"
    NEXT_OF_KIN = "next-of-kin"

    @property
    def basis(self) -> Basis:
        """On which basis somebody comes in through this bearer's hands."""
        return _BASES[self]


_BASES = {
    Bearer.SELF: Basis.CONSENT,
    Bearer.GUARDIAN: Basis.GUARDIAN,
    Bearer.NEXT_OF_KIN: Basis.NEXT_OF_KIN,
}


class InvitationState(StrEnum):
    """Whether an invitation can still be used, or why not."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


_WHY_ENDED = {
    InvitationState.USED: "This invitation has been used. Whoever used it has a personal link to their own page.",
    InvitationState.REVOKED: "This invitation was taken back. Ask whoever invited you.",
    InvitationState.EXPIRED: "This invitation has run out. Ask whoever invited you for a new one.",
}


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation: who may come in, for which purposes, and until when; its token is kept as a hash only.

    `consent_days` bounds how long what is agreed to holds; a registration by next of kin always has such a bound.
    """

    id: InvitationId
    bearer: Bearer
    purposes: tuple[PurposeSlug, ...]
    language: str
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    consent_days: int | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    person: PersonId | None = None

    def state_at(self, at: datetime) -> InvitationState:
        """Tell whether it can be used at the moment `at` (aware, UTC)."""
        if self.used_at is not None:
            return InvitationState.USED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.OPEN if at < self.expires_at else InvitationState.EXPIRED

    def require_open(self, at: datetime) -> None:
        """Raise LinkEnded, with the reason in plain words, unless the invitation can be used."""
        state = self.state_at(at)
        if state is not InvitationState.OPEN:
            raise LinkEnded(_WHY_ENDED[state])

    def consent_end(self, at: datetime) -> datetime | None:
        """When what is agreed to at the moment `at` ends, if it does."""
        return None if self.consent_days is None else at + timedelta(days=self.consent_days)


def check_invitation(invitation: Invitation, note: str) -> None:
    """Make sure that an invitation may be sent. Raises InvalidInput with the first thing that is wrong."""
    days = (invitation.expires_at - invitation.invited_at).days
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"An invitation holds for 1 to {MOST_DAYS} days, got {days}.")
    if not invitation.purposes:
        raise InvalidInput("An invitation offers at least one purpose.")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note has at most {LONGEST_NOTE} characters.")
    longest = LONGEST_REGISTRATION.days
    if invitation.consent_days is not None and invitation.consent_days < 1:
        raise InvalidInput("What is agreed to must hold for at least one day.")
    if invitation.bearer is Bearer.NEXT_OF_KIN and not 1 <= (invitation.consent_days or 0) <= longest:
        raise InvalidInput(f"A registration by next of kin holds for 1 to {longest} days; it is reviewed then.")
