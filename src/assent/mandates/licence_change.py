"""What an issuer may do to a licence after it was issued: extend it, put it on hold, lift that, end it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from assent.errors import InvalidInput
from assent.mandates.licence import MOST_SEARCHES, Licence

SHORTEST_REASON = 8
LONGEST_REASON = 2_000


class ChangeKind(StrEnum):
    """What was done to a licence, in the words of the ledger."""

    EXTENDED = "extended"
    SUSPENDED = "suspended"
    LIFTED = "lifted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class LicenceChange:
    """One change and why it is made; only an extension has a new end, a new quota, or both."""

    kind: ChangeKind
    reason: str
    valid_until: datetime | None = None
    quota: int | None = None


def apply_change(licence: Licence, change: LicenceChange, at: datetime) -> Licence:
    """Return the licence as it is after the change. Raises InvalidInput for a change that cannot be made.

    What was revoked stays revoked: whoever needs it again gets a new licence, with a new ground.
    """
    _check_reason(change)
    if licence.revoked_at is not None:
        raise InvalidInput(f"Licence {licence.id} was revoked already, on {licence.revoked_at:%Y-%m-%d}.")
    if change.kind is not ChangeKind.EXTENDED and (change.valid_until is not None or change.quota is not None):
        raise InvalidInput("Only an extension brings a new end or a new quota.")
    match change.kind:
        case ChangeKind.EXTENDED:
            return _extend(licence, change, at)
        case ChangeKind.SUSPENDED:
            if licence.suspended_at is not None:
                raise InvalidInput(f"Licence {licence.id} is suspended already; lift that, or revoke it.")
            if at >= licence.valid_until:
                raise InvalidInput(f"Licence {licence.id} has run out; there is nothing to suspend.")
            return replace(licence, suspended_at=at)
        case ChangeKind.LIFTED:
            if licence.suspended_at is None:
                raise InvalidInput(f"Licence {licence.id} is not suspended; there is nothing to lift.")
            return replace(licence, suspended_at=None)
        case ChangeKind.REVOKED:
            return replace(licence, revoked_at=at)


def _check_reason(change: LicenceChange) -> None:
    if not SHORTEST_REASON <= len(change.reason.strip()) <= LONGEST_REASON:
        raise InvalidInput(f"A change to a licence needs a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters.")


def _extend(licence: Licence, change: LicenceChange, at: datetime) -> Licence:
    until = licence.valid_until if change.valid_until is None else change.valid_until
    quota = licence.quota if change.quota is None else change.quota
    if change.valid_until is None and change.quota is None:
        raise InvalidInput("An extension needs a new end, a new quota, or both.")
    if until < licence.valid_until or quota < licence.quota:
        raise InvalidInput(
            f"An extension takes nothing away: licence {licence.id} has {licence.quota} searches; "
            "to end it earlier, suspend or revoke it."
        )
    if (until, quota) == (licence.valid_until, licence.quota):
        raise InvalidInput(f"Licence {licence.id} ends then already and has that quota already.")
    if until <= at:
        raise InvalidInput("A licence is extended to a day that is still to come.")
    if quota > MOST_SEARCHES:
        raise InvalidInput(f"A quota is 1 to {MOST_SEARCHES} searches, got {quota}.")
    return replace(licence, valid_until=until, quota=quota)
