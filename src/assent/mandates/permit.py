"""The one place where a search is allowed: a permit exists only because `authorise_search` made it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from assent.errors import CaseUnknown, JustificationMissing, LicenceUnknown
from assent.mandates.case import Case, CaseId, require_open
from assent.mandates.licence import Licence, LicenceId, require_usable
from assent.mandates.member import Actor, MemberId, Role
from assent.people import PurposeSlug, make_identifier

SearchId = NewType("SearchId", str)

OutcomeId = NewType("OutcomeId", str)
"""Whose key seals what a search brought (probe, list of candidates); apart from the search's own key, which seals what
was asked, so that the one can be destroyed while the other is kept to account for it."""

SHORTEST_JUSTIFICATION = 8


class ProbeSource(StrEnum):
    """Where the probe comes from; overseers look at this first."""

    FAMILY = "given-by-family"
    PATIENT = "taken-of-patient"
    FOUND = "found-with-person"
    CASE_FILE = "case-file"
    OWN_PHOTOS = "own-photos"
    SELF = "of-the-searcher"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a searcher says before the first look: under which licence, in which case, for what and why."""

    licence: str
    case_number: str
    purpose: PurposeSlug
    probe_source: ProbeSource
    justification: str


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


def outcome_of(search: str) -> OutcomeId:
    """Name the outcome of a search: the same random letters behind another prefix."""
    return OutcomeId("o_" + search.removeprefix("s_"))


def authorise_search(
    request: SearchRequest, *, actor: Actor, licence: Licence | None, case: Case | None, at: datetime
) -> SearchPermit:
    """Allow one search, or raise the one `Refused` error that says why not.

    `licence` and `case` are what the request's names stand for, read under the lock that also takes the quota; None
    where nothing has that name.
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
    return SearchPermit(
        search=SearchId(make_identifier("s")),
        licence=licence.id,
        number=licence.next_number,
        holder=actor.member.id,
        unit=actor.member.unit,
        case=case.id,
        purpose=request.purpose,
        authorised_at=at,
    )
