"""How long each kind of record is kept, from when on a rule ends it, and what a legal hold keeps all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from assent.errors import InvalidInput
from assent.mandates.case import CaseId
from assent.mandates.member import MemberId

HoldId = NewType("HoldId", str)

SHORTEST_DAYS = 3
"""An urgent search has 48 hours to be approved; what it brought stays until then."""
LONGEST_DAYS = 36_500


class RecordKind(StrEnum):
    """What a rule can end; the ledger, the searches in it and what was asked are no such thing and always kept."""

    PROBE_WITHOUT_CANDIDATES = "probe-without-candidates"
    PROBE_WITH_CANDIDATES = "probe-with-candidates"
    CANDIDATES = "candidates"
    CASE_NUMBER = "case-number"
    REQUEST_PHOTO = "request-photo"


CASE_RECORDS = frozenset({RecordKind.CASE_NUMBER})
"""Records whose subject is a case; that of all others is a search."""

# AI Act, Art. 19(1) and 26(6): logs are kept for at least six months, and by Art. 12(3)(c) the input that led to a
# candidate belongs to them. Six months are at most 184 days.
_SIX_MONTHS_DAYS = 184

DEFAULTS: Mapping[RecordKind, tuple[int, str]] = {
    RecordKind.PROBE_WITHOUT_CANDIDATES: (
        30,
        "often a stranger who agreed to nothing; long enough for an overseer's sample of the month",
    ),
    RecordKind.PROBE_WITH_CANDIDATES: (
        _SIX_MONTHS_DAYS,
        "the input that led to a candidate belongs to the log, which is kept for six months (AI Act, Art. 12, 19, 26)",
    ),
    RecordKind.CANDIDATES: (365, "counted from the last review; long enough for complaints and the annual report"),
    RecordKind.CASE_NUMBER: (1825, "five years after the case was closed, for proceedings that follow it"),
    RecordKind.REQUEST_PHOTO: (30, "of a request that was refused or ran out; long enough to contest the refusal"),
}
"""Days and reason of each rule that nobody has set."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How many days one kind of record is kept; `reason` explains a default, and is empty where a rule was set."""

    kind: RecordKind
    days: int
    is_default: bool
    reason: str


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """One record that a rule will end: counted `since` when; `subject` is its search or case, `case` the case of it."""

    kind: RecordKind
    subject: str
    case: CaseId
    since: datetime


@dataclass(frozen=True, slots=True)
class LegalHold:
    """The order to delete nothing of a search, or of a case with all its searches, until it is lifted."""

    id: HoldId
    subject: str
    reason: str
    placed_by: MemberId
    placed_at: datetime
    lifted_at: datetime | None = None


def list_rules(days_set: Mapping[str, int]) -> dict[RecordKind, RetentionRule]:
    """List the rule in force for every kind of record: the one that was set, or the default."""
    return {
        kind: RetentionRule(kind, days_set[kind], is_default=False, reason="")
        if kind in days_set
        else RetentionRule(kind, days, is_default=True, reason=reason)
        for kind, (days, reason) in DEFAULTS.items()
    }


def parse_retention_days(days: int) -> int:
    """Check how many days a rule gives. Raises InvalidInput below three days and above a hundred years."""
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidInput(f"A rule keeps records for {SHORTEST_DAYS} to {LONGEST_DAYS:,} days, got {days}.")
    return days


def choose_due(
    records: Iterable[KeptRecord],
    rules: Mapping[RecordKind, RetentionRule],
    held: Mapping[str, CaseId],
    at: datetime,
) -> list[KeptRecord]:
    """Choose the records whose time has run out at the moment `at` and that nothing holds.

    `held` maps each search and case that is held to its case: a case that is held keeps everything of its searches,
    and a search that is held keeps the number of its case.
    """
    return [record for record in records if _has_run_out(record, rules, at) and not is_held(record, held)]


def is_held(record: KeptRecord, held: Mapping[str, CaseId]) -> bool:
    """Tell whether a hold keeps the record."""
    if record.kind in CASE_RECORDS:
        return record.case in held.values()
    return record.subject in held or record.case in held


def _has_run_out(record: KeptRecord, rules: Mapping[RecordKind, RetentionRule], at: datetime) -> bool:
    return at - record.since >= timedelta(days=rules[record.kind].days)
