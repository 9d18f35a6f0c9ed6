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
from assent.mandates.duplicates import MOST_DUPLICATES, CheckId, DuplicatePermit, authorise_duplicate_check
from assent.mandates.licence import Licence, LicenceId, LicenceState, check_licence_terms, require_usable
from assent.mandates.licence_change import ChangeKind, LicenceChange, apply_change
from assent.mandates.member import COMBINABLE, Actor, Member, MemberId, Role, check_roles, parse_handle
from assent.mandates.passwords import SHORTEST_PASSWORD, check_password, normalise_password
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
from assent.mandates.throttling import (
    FREE_ACCOUNT_ATTEMPTS,
    FREE_ADDRESS_ATTEMPTS,
    Attempts,
    count_failure,
    find_wait,
)
from assent.mandates.visitor import Visitor

__all__ = [
    "APPROVAL_LIFETIME",
    "COMBINABLE",
    "FREE_ACCOUNT_ATTEMPTS",
    "FREE_ADDRESS_ATTEMPTS",
    "MOST_DUPLICATES",
    "REQUEST_LIFETIME",
    "SHORTEST_PASSWORD",
    "URGENT_LIFETIME",
    "Actor",
    "Approval",
    "Attempts",
    "Case",
    "CaseId",
    "ChangeKind",
    "CheckId",
    "DuplicatePermit",
    "HoldId",
    "KeptRecord",
    "LegalHold",
    "Licence",
    "LicenceChange",
    "LicenceId",
    "LicenceState",
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
    "Visitor",
    "apply_change",
    "authorise_duplicate_check",
    "authorise_search",
    "check_licence_terms",
    "check_password",
    "check_roles",
    "choose_due",
    "count_failure",
    "decide",
    "find_wait",
    "is_held",
    "list_rules",
    "normalise_password",
    "outcome_of",
    "parse_case_number",
    "parse_handle",
    "parse_retention_days",
    "probe_of",
    "require_in_order",
    "require_open",
    "require_usable",
]
