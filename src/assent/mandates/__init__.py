"""Who may search, for what, and within which limits."""

from assent.mandates.case import Case, CaseId, parse_case_number, require_open
from assent.mandates.licence import Licence, LicenceId, check_licence_terms, require_usable
from assent.mandates.member import COMBINABLE, Actor, Member, MemberId, Role, check_roles, parse_handle
from assent.mandates.permit import (
    OutcomeId,
    ProbeSource,
    SearchId,
    SearchPermit,
    SearchRequest,
    authorise_search,
    outcome_of,
)

__all__ = [
    "COMBINABLE",
    "Actor",
    "Case",
    "CaseId",
    "Licence",
    "LicenceId",
    "Member",
    "MemberId",
    "OutcomeId",
    "ProbeSource",
    "Role",
    "SearchId",
    "SearchPermit",
    "SearchRequest",
    "authorise_search",
    "check_licence_terms",
    "check_roles",
    "outcome_of",
    "parse_case_number",
    "parse_handle",
    "require_open",
    "require_usable",
]
