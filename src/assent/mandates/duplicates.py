"""Whether somebody is enrolled already: the one look at the gallery that a steward may take, and its permit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from assent.errors import InvalidInput, QuotaExhausted
from assent.mandates.member import Actor, MemberId, Role
from assent.people import PurposeSlug, make_identifier

CheckId = NewType("CheckId", str)

MOST_CHECKS_A_DAY = 100
"""For one steward: more than a desk enrols in a day, and too few to go through an album of strangers."""

MOST_DUPLICATES = 3
"""How many people one check names: whoever is enrolled twice is the nearest, or is not found in this way."""

LONGEST_FORM_REFERENCE = 80


@dataclass(frozen=True, slots=True)
class DuplicatePermit:
    """The right to one look for somebody who is about to be enrolled; the matcher demands it, as it does a search's."""

    check: CheckId
    steward: MemberId
    purpose: PurposeSlug
    authorised_at: datetime


def authorise_duplicate_check(
    actor: Actor,
    *,
    purpose: str,
    form_reference: str,
    defined: Collection[PurposeSlug],
    checks_lately: int,
    at: datetime,
) -> DuplicatePermit:
    """Allow one check among those who consented to the purpose; takes a steward with a signed form at hand.

    `checks_lately` is how many this steward made in the last 24 hours, read under the lock that also records this one.
    Raises RoleMissing, InvalidInput, and QuotaExhausted after too many in a day.
    """
    actor.require_role(Role.STEWARD)
    if purpose not in defined:
        raise InvalidInput("A check for duplicates needs a purpose that is defined here.")
    if not 1 <= len(form_reference.strip()) <= LONGEST_FORM_REFERENCE:
        raise InvalidInput(
            f"A check needs the number of the form that was signed, of 1 to {LONGEST_FORM_REFERENCE} characters."
        )
    if checks_lately >= MOST_CHECKS_A_DAY:
        raise QuotaExhausted(f"A steward checks at most {MOST_CHECKS_A_DAY} people in 24 hours; go on tomorrow.")
    return DuplicatePermit(CheckId(make_identifier("x")), actor.member.id, PurposeSlug(purpose), at)
