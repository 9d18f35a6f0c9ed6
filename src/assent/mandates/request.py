"""What a searcher asks for, and the names under which the asking and the answer are kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from assent.people import PurposeSlug

SearchId = NewType("SearchId", str)

OutcomeId = NewType("OutcomeId", str)
"""Whose key seals what a search brought (list of candidates, reviews); apart from the search's own key, which seals
what was asked, so that the one can be destroyed while the other is kept to account for it."""

ProbeId = NewType("ProbeId", str)
"""Whose key seals the pictures brought to a search: often of somebody who agreed to nothing, and kept the shortest."""


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


def outcome_of(search: str) -> OutcomeId:
    """Name the outcome of a search: the same random letters behind another prefix."""
    return OutcomeId("o_" + search.removeprefix("s_"))


def probe_of(search: str) -> ProbeId:
    """Name the probe of a search: the same random letters behind another prefix."""
    return ProbeId("i_" + search.removeprefix("s_"))
