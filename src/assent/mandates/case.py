"""Cases: the matter in whose course somebody is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from assent.errors import CaseClosed, CasePurposeMismatch, InvalidInput
from assent.mandates.member import MemberId
from assent.people import PurposeSlug

CaseId = NewType("CaseId", str)

LONGEST_NUMBER = 80


@dataclass(frozen=True, slots=True)
class Case:
    """One matter, under the number that the organisation's own files give it; empty once a rule ended the number."""

    id: CaseId
    number: str
    purpose: PurposeSlug
    opened_by: MemberId
    opened_at: datetime
    closed_at: datetime | None = None


def parse_case_number(text: str) -> str:
    """Read a case number. Raises InvalidInput if it is empty or too long."""
    number = text.strip()
    if not 1 <= len(number) <= LONGEST_NUMBER:
        raise InvalidInput(f"A case needs a number of 1 to {LONGEST_NUMBER} characters.")
    return number


def require_open(case: Case, purpose: PurposeSlug) -> None:
    """Make sure that a search for this purpose may run in the case. Raises CaseClosed or CasePurposeMismatch."""
    if case.closed_at is not None:
        raise CaseClosed(f"Case {case.id} was closed on {case.closed_at:%Y-%m-%d}.")
    if case.purpose != purpose:
        raise CasePurposeMismatch(f"Case {case.id} was opened for {case.purpose!r}, not for {purpose!r}.")
