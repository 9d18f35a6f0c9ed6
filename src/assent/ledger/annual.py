"""The figures of a year, added up from the ledger alone, for the annual report (EU AI Act, Art. 26(10))."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import cast

from assent.ledger.accounts import Account, SearchGroup, Tally, count_searches
from assent.ledger.entries import Entry
from assent.ledger.findings import REVIEWERS
from assent.ledger.sampling import Period
from assent.ledger.search_records import SearchRecord, SearchStage, collect_searches
from assent.ledger.vocabulary import EntryKind

APPROVAL_DUE = timedelta(hours=48)
"""EU AI Act, Art. 26(10)."""
MOST_CANDIDATES_APART = 10
"""Searches with this many candidates or more are counted together."""


@dataclass(frozen=True, slots=True)
class ReviewFigures:
    """What became of the searches that returned somebody, by how many reviewed them and whether two agree."""

    with_candidates: int
    unreviewed: int
    by_one: int
    agreed: int
    disagreed: int
    conclusions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ApprovalFigures:
    """Requests for approval and what became of them; `hours` is the median time until one was approved."""

    requested: int
    approved: int
    refused: int
    urgent: int
    urgent_approved_in_time: int
    sealed: int
    hours: float | None


@dataclass(frozen=True, slots=True)
class AnnualFigures:
    """One year (UTC). `candidates` counts finished searches by how many people they returned."""

    year: int
    total: Tally
    groups: Mapping[SearchGroup, Tally]
    refusals: Mapping[str, int]
    failures: Mapping[str, int]
    candidates: Mapping[int, int]
    days: Mapping[date, int]
    reviews: ReviewFigures
    approvals: ApprovalFigures
    deletions: Mapping[tuple[str, int], int]
    holds: Mapping[str, int]
    inspections: Mapping[str, int]
    packs: Mapping[tuple[str, str], int]
    gallery_sizes: tuple[int, int] | None
    people: Mapping[str, int]

    def list_months(self) -> list[tuple[int, Tally]]:
        """Tally every month of the year, empty ones too."""
        months = dict.fromkeys(range(1, 13), Tally())
        for group, tally in self.groups.items():
            months[group.day.month] += tally
        return list(months.items())


def add_up_year(entries: Sequence[Entry], year: int) -> AnnualFigures:
    """Add up one year; `entries` are all of the ledger. A search counts in the year in which it started."""
    period = Period(_begin(year), _begin(year + 1))
    groups = {group: tally for group, tally in count_searches(entries).groups.items() if group.day.year == year}
    records = [record for record in collect_searches(enumerate(entries)) if record.at in period]
    finished = [record for record in records if record.stage is SearchStage.FINISHED]
    within = [entry for entry in entries if entry.at in period]
    sizes = [cast("int", record.end.fields["gallery_size"]) for record in finished if record.end]
    return AnnualFigures(
        year=year,
        total=sum(groups.values(), Tally()),
        groups=groups,
        refusals=_count_fields(within, EntryKind.SEARCH_REFUSED, "cause"),
        failures=_count_fields(within, EntryKind.SEARCH_FAILED, "cause"),
        candidates=Counter(min(record.candidates or 0, MOST_CANDIDATES_APART) for record in finished),
        days={day: tally.asked for day, tally in Account(groups).by_day().items()},
        reviews=_add_up_reviews(finished),
        approvals=_add_up_approvals(records),
        deletions=Counter(
            (str(entry.fields["record"]), cast("int", entry.fields["rule_days"]))
            for entry in within
            if entry.kind is EntryKind.RECORD_DELETED
        ),
        holds=_count_fields(within, EntryKind.HOLD_CHANGED, "change"),
        inspections=_count_inspections(within),
        packs=Counter(
            (str(record.end.fields["pack"]), str(record.end.fields["threshold"])) for record in finished if record.end
        ),
        gallery_sizes=(min(sizes), max(sizes)) if sizes else None,
        people=Counter(str(entry.kind) for entry in within if entry.kind in _OF_PEOPLE),
    )


_OF_PEOPLE = {
    EntryKind.PERSON_ENROLLED,
    EntryKind.PERSON_ERASED,
    EntryKind.CONSENT_GIVEN,
    EntryKind.CONSENT_WITHDRAWN,
}


def _begin(year: int) -> datetime:
    return datetime.fromisoformat(f"{year:04}-01-01T00:00:00+00:00")


def _count_fields(entries: Sequence[Entry], kind: EntryKind, field: str) -> Mapping[str, int]:
    return Counter(str(entry.fields[field]) for entry in entries if entry.kind is kind)


def _count_inspections(entries: Sequence[Entry]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for entry in entries:
        if entry.kind is EntryKind.SEARCH_INSPECTED:
            counts[str(entry.fields["manner"])] += cast("int", entry.fields["searches"])
        elif entry.kind is EntryKind.DISCLOSURE:
            counts["disclosed"] += 1
    return counts


def _add_up_reviews(finished: Sequence[SearchRecord]) -> ReviewFigures:
    """Two agree where they concluded the same; whom they meant is committed to, so the ledger alone cannot say."""
    returned = [record for record in finished if record.candidates or record.conclusions]
    reviewers = [list(record.conclusions.values()) for record in returned]
    several = [conclusions for conclusions in reviewers if len(conclusions) >= REVIEWERS]
    agreed = sum(max(Counter(conclusions).values()) >= REVIEWERS for conclusions in several)
    return ReviewFigures(
        with_candidates=len(returned),
        unreviewed=sum(not conclusions for conclusions in reviewers),
        by_one=sum(len(conclusions) == 1 for conclusions in reviewers),
        agreed=agreed,
        disagreed=len(several) - agreed,
        conclusions=Counter(conclusion for conclusions in reviewers for conclusion in conclusions),
    )


def _add_up_approvals(records: Sequence[SearchRecord]) -> ApprovalFigures:
    waits: list[timedelta] = []
    requested = refused = urgent = in_time = 0
    for record in records:
        asked = record.find_entry(EntryKind.SEARCH_REQUESTED)
        approval = record.find_entry(EntryKind.SEARCH_APPROVED)
        requested += asked is not None
        refused += asked is not None and record.find_entry(EntryKind.SEARCH_REFUSED) is not None
        if approval is not None:
            waits.append(approval.at - (asked or record.opening).at)
        if record.is_urgent and record.is_started:
            urgent += 1
            in_time += approval is not None and approval.at - record.at <= APPROVAL_DUE
    return ApprovalFigures(
        requested=requested,
        approved=len(waits),
        refused=refused,
        urgent=urgent,
        urgent_approved_in_time=in_time,
        sealed=sum(record.is_sealed for record in records),
        hours=median(wait / timedelta(hours=1) for wait in waits) if waits else None,
    )
