"""Licences: who may search, for what, on which ground, from when until when, and how often."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from assent.errors import (
    InvalidInput,
    LicenceExpired,
    LicenceNotHeld,
    LicenceNotYetValid,
    LicenceRevoked,
    LicenceSuspended,
    PurposeNotLicensed,
    QuotaExhausted,
)
from assent.mandates.member import Member, MemberId, Role
from assent.people import PurposeSlug

LicenceId = NewType("LicenceId", str)

MOST_SEARCHES = 1_000_000


class LicenceState(StrEnum):
    """What a licence is good for at one moment."""

    IN_FORCE = "in-force"
    NOT_YET = "not-yet"
    USED_UP = "used-up"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Licence:
    """A permission to search; a trial is an ordinary one that is short and says so."""

    id: LicenceId
    holder: MemberId
    purposes: frozenset[PurposeSlug]
    ground: str
    citation: str
    valid_from: datetime
    valid_until: datetime
    quota: int
    is_trial: bool
    needs_approval: bool
    issued_by: MemberId
    issued_at: datetime
    revoked_at: datetime | None = None
    searches_started: int = 0
    searches_refused: int = 0
    allows_urgent: bool = False
    suspended_at: datetime | None = None

    @property
    def next_number(self) -> int:
        """The running number of the next search under this licence, started or refused; the first is 1."""
        return self.searches_started + self.searches_refused + 1

    @property
    def searches_left(self) -> int:
        """How many searches the quota still allows."""
        return max(0, self.quota - self.searches_started)

    def state_at(self, at: datetime) -> LicenceState:
        """Say what the licence is good for; of several obstacles the one that a search would be refused for."""
        if self.revoked_at is not None:
            return LicenceState.REVOKED
        if self.suspended_at is not None:
            return LicenceState.SUSPENDED
        if at < self.valid_from:
            return LicenceState.NOT_YET
        if at >= self.valid_until:
            return LicenceState.EXPIRED
        return LicenceState.IN_FORCE if self.searches_left else LicenceState.USED_UP


def check_licence_terms(licence: Licence, holder: Member, defined: Collection[PurposeSlug]) -> None:
    """Make sure that a licence may be issued. Raises InvalidInput with the first term that cannot stand."""
    unknown = sorted(licence.purposes - set(defined))
    if not licence.purposes or unknown:
        raise InvalidInput(
            f"Purpose {unknown[0]!r} is not defined here." if unknown else "A licence needs at least one purpose."
        )
    if Role.SEARCHER not in holder.roles:
        raise InvalidInput(f"Member {holder.id} is not a searcher and cannot hold a licence.")
    if not licence.ground.strip():
        raise InvalidInput("A licence needs the ground on which it is given.")
    if licence.valid_until <= licence.valid_from:
        raise InvalidInput("A licence must end after it starts.")
    if not 1 <= licence.quota <= MOST_SEARCHES:
        raise InvalidInput(f"A quota is 1 to {MOST_SEARCHES} searches, got {licence.quota}.")
    if licence.allows_urgent and not licence.needs_approval:
        raise InvalidInput("Urgent searches are approved afterwards: a licence that allows them demands approval.")


def require_usable(licence: Licence, member: Member, purpose: PurposeSlug, at: datetime) -> None:
    """Make sure that the member may search under the licence now; each reason for refusal is its own error.

    Whether a second person has to approve is for `authorise_search`, once all else is in order.
    """
    if licence.holder != member.id:
        raise LicenceNotHeld(f"Licence {licence.id} is held by another member.")
    if licence.revoked_at is not None:
        raise LicenceRevoked(f"Licence {licence.id} was revoked on {licence.revoked_at:%Y-%m-%d}.")
    if licence.suspended_at is not None:
        raise LicenceSuspended(
            f"Licence {licence.id} was suspended on {licence.suspended_at:%Y-%m-%d}; an issuer has to lift that first."
        )
    if at < licence.valid_from:
        raise LicenceNotYetValid(f"Licence {licence.id} starts on {licence.valid_from:%Y-%m-%d}.")
    if at >= licence.valid_until:
        last_moment = licence.valid_until - timedelta(microseconds=1)
        raise LicenceExpired(f"Licence {licence.id} ran out on {last_moment:%Y-%m-%d}; ask an issuer for a new one.")
    if purpose not in licence.purposes:
        raise PurposeNotLicensed(f"Licence {licence.id} covers {', '.join(sorted(licence.purposes))}, not {purpose!r}.")
    if licence.searches_left == 0:
        raise QuotaExhausted(f"Licence {licence.id} allowed {licence.quota} searches and all were used.")
