"""Who may search, for what, and within which limits."""

from assent.mandates.approval import (
    APPROVAL_LIFETIME,
    REQUEST_LIFETIME,
    URGENT_LIFETIME,
    Approval,
    PendingSearch,
    RequestState,
    decide,
)
from assent.mandates.case import Case, CaseId, parse_case_number, require_open
from assent.mandates.licence import Licence, LicenceId, check_licence_terms, require_usable
from assent.mandates.member import COMBINABLE, Actor, Member, MemberId, Role, check_roles, parse_handle
from assent.mandates.permit import SearchPermit, authorise_search, require_in_order
from assent.mandates.request import OutcomeId, ProbeId, ProbeSource, SearchId, SearchRequest, outcome_of, probe_of
from assent.mandates.retention import (
    HoldId,
    KeptRecord,
    LegalHold,
    RecordKind,
    RetentionRule,
    choose_due,
    is_held,
    list_rules,
    parse_retention_days,
)

__all__ = [
    "APPROVAL_LIFETIME",
    "COMBINABLE",
    "REQUEST_LIFETIME",
    "URGENT_LIFETIME",
    "Actor",
    "Approval",
    "Case",
    "CaseId",
    "HoldId",
    "KeptRecord",
    "LegalHold",
    "Licence",
    "LicenceId",
    "Member",
    "MemberId",
    "OutcomeId",
    "PendingSearch",
    "ProbeId",
    "ProbeSource",
    "RecordKind",
    "RequestState",
    "RetentionRule",
    "Role",
    "SearchId",
    "SearchPermit",
    "SearchRequest",
    "authorise_search",
    "check_licence_terms",
    "check_roles",
    "choose_due",
    "decide",
    "is_held",
    "list_rules",
    "outcome_of",
    "parse_case_number",
    "parse_handle",
    "parse_retention_days",
    "probe_of",
    "require_in_order",
    "require_open",
    "require_usable",
]
