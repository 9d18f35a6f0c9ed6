"""When a person has to go, and why: consent withdrawn or run out, or an erasure that a restore undid."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from assent.errors import NotFound
from assent.people.consent import Consent, PurposeSlug


class ErasureCause(StrEnum):
    """Why a person's key, rows and files were destroyed."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REPLAYED = "replayed-after-restore"


def choose_consents_to_withdraw(
    consents: Sequence[Consent], purposes: Collection[PurposeSlug] | None, at: datetime
) -> tuple[Consent, ...]:
    """Pick the consents that a withdrawal ends: all of them, or those for the purposes named.

    Raises NotFound if a named purpose has no consent that could be withdrawn.
    """
    open_consents = [consent for consent in consents if consent.withdrawn_at is None]
    if purposes is None:
        return tuple(open_consents)
    missing = set(purposes) - {consent.purpose for consent in open_consents if consent.is_in_force(at)}
    if missing:
        raise NotFound(f"There is no consent in force for purpose {min(missing)!r} to withdraw.")
    return tuple(consent for consent in open_consents if consent.purpose in purposes)


def must_erase(consents: Sequence[Consent], at: datetime) -> bool:
    """Tell whether nothing entitles the deployment to hold this person any longer.

    A consent that starts later still entitles it; one withdrawn or run out does not.
    """
    return not any(
        consent.withdrawn_at is None and (consent.valid_until is None or consent.valid_until > at)
        for consent in consents
    )
