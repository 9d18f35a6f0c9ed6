"""Approval by a second person: asked for, given or refused, good for one search and for a set time.

Urgent searches run first and are approved afterwards, within the 48 hours of the EU AI Act (2024/1689), Art. 26(10).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from assent.errors import (
    ApprovalExpired,
    ApprovalMissing,
    ApprovalPending,
    ApprovalRefused,
    ApprovalUsed,
    InvalidInput,
    OwnRequest,
)
from assent.mandates.case import CaseId
from assent.mandates.licence import Licence, LicenceId
from assent.mandates.member import Actor, MemberId, Role
from assent.mandates.request import ProbeSource, SearchId
from assent.people import PurposeSlug

REQUEST_LIFETIME = timedelta(days=14)
"""How long a request waits: longer, and the sealed photo of somebody who agreed to nothing is kept for nobody."""

APPROVAL_LIFETIME = timedelta(hours=72)
"""How long an approval holds: over a weekend, but not until the case is another one than the approver looked at."""

URGENT_LIFETIME = timedelta(hours=48)
"""How long an urgent search may stand without approval: EU AI Act, Art. 26(10)."""

SHORTEST_REASON = 8


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PendingSearch:
    """A search for which a second person's approval was asked.

    An urgent one has run already. `state` is what was recorded; `state_at` says what has become of it by a moment.
    """

    search: SearchId
    licence: LicenceId
    holder: MemberId
    case: CaseId
    purpose: PurposeSlug
    probe_source: ProbeSource
    requested_at: datetime
    expires_at: datetime
    face_number: int | None = None
    is_urgent: bool = False
    state: RequestState = RequestState.PENDING
    decided_by: MemberId | None = None
    decided_at: datetime | None = None

    def state_at(self, at: datetime) -> RequestState:
        """Say where the request stands: what is open when it expires, expires; an urgent search's approval stays."""
        is_open = self.state is RequestState.PENDING or (self.state is RequestState.APPROVED and not self.is_urgent)
        return RequestState.EXPIRED if is_open and at >= self.expires_at else self.state

    def seen_at(self, at: datetime) -> PendingSearch:
        """Return the request with the state that it has at this moment."""
        return replace(self, state=self.state_at(at))

    def is_open(self, at: datetime) -> bool:
        """Whether the search that is asked for may still run, so that its photo is still needed."""
        return not self.is_urgent and self.state_at(at) in {RequestState.PENDING, RequestState.APPROVED}


@dataclass(frozen=True, slots=True)
class Approval:
    """A request with the SHA-256 of the photo that the approver was shown: what a search brings to be let through."""

    pending: PendingSearch
    probe_digest: bytes


def decide(
    pending: PendingSearch, *, approver: Actor, licence: Licence, at: datetime, refused_because: str | None = None
) -> PendingSearch:
    """Approve a request, or refuse it for a reason; takes an approver who neither asked nor holds the licence.

    Raises RoleMissing, OwnRequest, ApprovalExpired, InvalidInput if it was decided before or no reason is given.
    """
    approver.require_role(Role.APPROVER)
    if approver.member.id in {pending.holder, licence.holder}:
        raise OwnRequest(f"Search {pending.search} is your own; somebody else has to decide on it.")
    state = pending.state_at(at)
    if state is RequestState.EXPIRED:
        raise ApprovalExpired(f"Search {pending.search} was to be decided by {pending.expires_at:%Y-%m-%d %H:%M} UTC.")
    if state is not RequestState.PENDING:
        decision = "refused" if state is RequestState.REFUSED else "approved"
        raise InvalidInput(f"Search {pending.search} was {decision} already.")
    if refused_because is not None and len(refused_because.strip()) < SHORTEST_REASON:
        raise InvalidInput(f"A refusal needs a reason of at least {SHORTEST_REASON} characters.")
    is_lasting = pending.is_urgent or refused_because is not None
    return replace(
        pending,
        state=RequestState.APPROVED if refused_because is None else RequestState.REFUSED,
        decided_by=approver.member.id,
        decided_at=at,
        expires_at=pending.expires_at if is_lasting else at + APPROVAL_LIFETIME,
    )


def require_approved(
    approval: Approval,
    *,
    licence: LicenceId,
    holder: MemberId,
    case: CaseId,
    purpose: PurposeSlug,
    probe_digest: bytes,
    at: datetime,
) -> None:
    """Make sure that exactly this search was approved and has not run; each reason for refusal is its own error.

    Raises ApprovalPending, ApprovalRefused, ApprovalExpired, ApprovalUsed, OwnRequest if the approver was the holder,
    and ApprovalMissing if the approval is for another search.
    """
    pending = approval.pending
    match pending.state_at(at):
        case RequestState.PENDING:
            raise ApprovalPending(f"Search {pending.search} still waits for a second person's approval.")
        case RequestState.REFUSED:
            raise ApprovalRefused(f"Search {pending.search} was refused; 'assent approval show' says by whom.")
        case RequestState.EXPIRED:
            raise ApprovalExpired(f"The approval of search {pending.search} has run out; ask for a new one.")
        case RequestState.USED:
            raise ApprovalUsed(f"Search {pending.search} has run; an approval is good for one search.")
        case RequestState.APPROVED:
            pass
    if pending.is_urgent:
        raise ApprovalUsed(f"Search {pending.search} was urgent and ran before it was approved.")
    if pending.decided_by in {None, pending.holder, holder}:
        raise OwnRequest(f"Search {pending.search} was not approved by a second person.")
    wanted = (pending.licence, pending.holder, pending.case, pending.purpose, approval.probe_digest)
    if wanted != (licence, holder, case, purpose, probe_digest):
        raise ApprovalMissing(f"The approval of search {pending.search} is for another search than this one.")
