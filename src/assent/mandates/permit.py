"""The one place where a search is allowed: a permit exists only because `authorise_search` made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assent.errors import ApprovalMissing, CaseUnknown, JustificationMissing, LicenceUnknown, UrgentNotAllowed
from assent.mandates.approval import Approval, require_approved
from assent.mandates.case import Case, CaseId, require_open
from assent.mandates.licence import Licence, LicenceId, require_usable
from assent.mandates.member import Actor, MemberId, Role
from assent.mandates.request import SearchId, SearchRequest
from assent.people import PurposeSlug, make_identifier

SHORTEST_JUSTIFICATION = 8


@dataclass(frozen=True, slots=True)
class SearchPermit:
    """The right to one search; the matcher demands it."""

    search: SearchId
    licence: LicenceId
    number: int
    holder: MemberId
    unit: str
    case: CaseId
    purpose: PurposeSlug
    authorised_at: datetime


def require_in_order(
    request: SearchRequest, *, actor: Actor, licence: Licence | None, case: Case | None, at: datetime
) -> tuple[Licence, Case]:
    """Make sure that everything but a second person's approval is there; each reason for refusal is its own error.

    `licence` and `case` are what the request's names stand for, None where nothing has that name.
    """
    actor.require_role(Role.SEARCHER)
    if licence is None:
        raise LicenceUnknown("No licence has this identifier; 'assent licence list' shows yours.")
    require_usable(licence, actor.member, request.purpose, at)
    if case is None:
        raise CaseUnknown("No case has this number; open one first with 'assent case open'.")
    require_open(case, request.purpose)
    if len(request.justification.strip()) < SHORTEST_JUSTIFICATION:
        raise JustificationMissing(f"A search needs a justification of at least {SHORTEST_JUSTIFICATION} characters.")
    return licence, case


def authorise_search(
    request: SearchRequest,
    *,
    actor: Actor,
    licence: Licence | None,
    case: Case | None,
    at: datetime,
    approval: Approval | None = None,
    probe_digest: bytes = b"",
    is_urgent: bool = False,
    search: SearchId | None = None,
) -> SearchPermit:
    """Allow one search, or raise the one `Refused` error that says why not.

    `licence`, `case` and `approval` are read under the lock that also takes the quota. `probe_digest` is the SHA-256 of
    the photo that is about to be searched, and must be the one that was approved. An urgent search runs without
    approval where the licence allows that. `search` is the new search's name, where that was made before.
    """
    licence, case = require_in_order(request, actor=actor, licence=licence, case=case, at=at)
    if approval is not None:
        require_approved(
            approval,
            licence=licence.id,
            holder=actor.member.id,
            case=case.id,
            purpose=request.purpose,
            probe_digest=probe_digest,
            at=at,
        )
    elif is_urgent and not licence.allows_urgent:
        raise UrgentNotAllowed(f"Licence {licence.id} allows no search before it is approved; ask for approval.")
    elif licence.needs_approval and not is_urgent:
        raise ApprovalMissing(
            f"Licence {licence.id} demands a second person's approval of each search; 'assent search' asks for it, "
            "'assent approval run' runs what was approved."
        )
    return SearchPermit(
        search=approval.pending.search if approval is not None else search or SearchId(make_identifier("s")),
        licence=licence.id,
        number=licence.next_number,
        holder=actor.member.id,
        unit=actor.member.unit,
        case=case.id,
        purpose=request.purpose,
        authorised_at=at,
    )
