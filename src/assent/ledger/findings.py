"""Unusual use, found in the ledger's entries alone by rules that anybody can apply again (docs/oversight.md).

A finding is a question to a member, never an accusation: each names its searches and the reason in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from statistics import median
from typing import cast

from assent.ledger.entries import Entry
from assent.ledger.search_records import SearchRecord, SearchStage
from assent.ledger.vocabulary import EntryKind

# Volume. Fewer searches than these are never many, whatever came before.
LEAST_SEARCHES_A_DAY = 10
LEAST_SEARCHES_A_WEEK = 25
LEAST_PERIODS_BEFORE = 5
"""From so many days or weeks with searches on, the past is something to compare with."""
PAST = timedelta(days=365)
MEDIANS = 3
SPREADS = 6
"""Six median absolute deviations are about four standard deviations of a normal distribution (1.4826 MAD = 1 SD)."""

# Hours.
DAY_BEGINS, DAY_ENDS = time(7), time(20)
FIRST_DAY_OF_WEEKEND = 5
LEAST_SEARCHES_BEFORE = 20
MOST_USUAL_SHARE = 0.25
"""Whoever made more than a quarter of at least 20 earlier searches at such hours works at such hours."""

REVIEW_DUE = timedelta(days=7)
REVIEWERS = 2
OF_THE_SEARCHER = "of-the-searcher"


class Rule(StrEnum):
    """What was found unusual."""

    VOLUME = "volume"
    HOURS = "nights-and-weekends"
    NO_REVIEW = "no-review"
    LICENCE_USED_UP = "licence-used-up"
    URGENT = "urgent"
    OWN_FACE = "own-face"
    SAME_PHOTO = "same-photo-in-several-cases"
    SAME_FACE = "same-face-in-several-cases"
    OTHER_FACES = "other-faces-under-one-case"
    COLLEAGUE = "colleague-returned"


@dataclass(frozen=True, slots=True)
class Finding:
    """One unusual use: by which rule, of whom or what (an identifier), the reason in words, and the searches."""

    rule: Rule
    subject: str
    reason: str
    searches: tuple[str, ...]


def find_unusual(
    searches: Sequence[SearchRecord], quotas: Mapping[str, int], *, until: datetime, zone: tzinfo
) -> list[Finding]:
    """Apply every rule that needs nothing but the ledger.

    `quotas` are the licences', `until` is the moment of the newest entry, `zone` tells what a night is.
    """
    made = [record for record in searches if record.stage is not SearchStage.REQUESTED]
    return [
        *_find_volumes(made, zone),
        *_find_hours(made, zone),
        *_find_missing_reviews(made, until),
        *_find_used_up(made, quotas),
        *_find_urgent(made),
        *_find_own_faces(made),
    ]


def collect_quotas(entries: Iterable[Entry]) -> dict[str, int]:
    """Gather each licence's quota as it was issued or changed last."""
    return {
        str(entry.fields["licence"]): cast("int", entry.fields["quota"])
        for entry in entries
        if entry.kind in {EntryKind.LICENCE_ISSUED, EntryKind.LICENCE_CHANGED} and "quota" in entry.fields
    }


# --- volume ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    """Days or weeks: how they are called, where one begins, and how few searches are never many."""

    name: str
    when: str
    least_searches: int
    begin_of: Callable[[date], date]


_SPANS = (
    _Span("day", "on", LEAST_SEARCHES_A_DAY, lambda day: day),
    _Span("week", "in the week from", LEAST_SEARCHES_A_WEEK, lambda day: day - timedelta(days=day.weekday())),
)


def _find_volumes(searches: Sequence[SearchRecord], zone: tzinfo) -> Iterator[Finding]:
    """Compare each holder's days and weeks with their own, and with their unit's colleagues', of the year before."""
    for span in _SPANS:
        periods: dict[tuple[str, date], list[SearchRecord]] = defaultdict(list)
        for record in searches:
            periods[record.holder, span.begin_of(record.at.astimezone(zone).date())].append(record)
        of_holder: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
        of_unit: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
        for (holder, begin), found in periods.items():
            of_holder[holder].append((begin, holder, len(found)))
            of_unit[found[-1].unit].append((begin, holder, len(found)))
        for (holder, begin), found in periods.items():
            if len(found) >= span.least_searches:
                own = [count for _, count in _list_before(of_holder[holder], begin)]
                colleagues = _list_before(of_unit[found[-1].unit], begin)
                others = [count for other, count in colleagues if other != holder]
                yield from _compare_volume(span, holder, begin, found, own, others)


def _list_before(periods: Iterable[tuple[date, str, int]], begin: date) -> list[tuple[str, int]]:
    return [(holder, count) for day, holder, count in periods if begin - PAST <= day < begin]


def _compare_volume(
    span: _Span, holder: str, begin: date, found: Sequence[SearchRecord], own: Sequence[int], others: Sequence[int]
) -> Iterator[Finding]:
    for whose, past in (("their own", own), ("other members' of their unit", others)):
        if len(past) < LEAST_PERIODS_BEFORE:
            continue
        middle = median(past)
        spread = median(abs(count - middle) for count in past)
        bound = max(MEDIANS * middle, middle + SPREADS * spread)
        if len(found) > bound:
            reason = (
                f"{holder} made {len(found)} searches {span.when} {begin}; {whose} {len(past)} earlier "
                f"{span.name}s with searches have a median of {middle:g} and a spread of {spread:g}, so that up to "
                f"{bound:g} is usual."
            )
            yield Finding(Rule.VOLUME, holder, reason, tuple(record.name for record in found))


# --- hours -------------------------------------------------------------------------------------------------------


def _is_off_hours(record: SearchRecord, zone: tzinfo) -> bool:
    local = record.at.astimezone(zone)
    return local.weekday() >= FIRST_DAY_OF_WEEKEND or not DAY_BEGINS <= local.time() < DAY_ENDS


def _find_hours(searches: Sequence[SearchRecord], zone: tzinfo) -> Iterator[Finding]:
    of_holder: dict[str, list[SearchRecord]] = defaultdict(list)
    for record in searches:
        of_holder[record.holder].append(record)
    for holder, made in of_holder.items():
        unusual: list[SearchRecord] = []
        off_hours_before = 0
        for before, record in enumerate(made):
            if _is_off_hours(record, zone):
                is_usual = before >= LEAST_SEARCHES_BEFORE and off_hours_before > MOST_USUAL_SHARE * before
                unusual += [] if is_usual else [record]
                off_hours_before += 1
        if unusual:
            reason = (
                f"{holder} searched {len(unusual)} times at night or on a weekend (outside of "
                f"{DAY_BEGINS:%H:%M} to {DAY_ENDS:%H:%M}, or on Saturday or Sunday, {zone}), which is not their habit; "
                f"they made {len(made)} searches in all."
            )
            yield Finding(Rule.HOURS, holder, reason, tuple(record.name for record in unusual))


# --- review, licences, urgency, own face -------------------------------------------------------------------------


def _find_missing_reviews(searches: Sequence[SearchRecord], until: datetime) -> Iterator[Finding]:
    late: dict[str, list[SearchRecord]] = defaultdict(list)
    for record in searches:
        is_due = record.ended_at is not None and record.ended_at + REVIEW_DUE <= until
        if record.candidates and is_due and not record.is_sealed and len(record.conclusions) < REVIEWERS:
            late[record.holder].append(record)
    for holder, found in late.items():
        by_nobody = sum(not record.conclusions for record in found)
        reason = (
            f"{len(found)} searches by {holder} returned candidates and lack review {REVIEW_DUE.days} days later: "
            f"nobody reviewed {by_nobody}, only one person {len(found) - by_nobody}."
        )
        yield Finding(Rule.NO_REVIEW, holder, reason, tuple(record.name for record in found))


def _find_used_up(searches: Sequence[SearchRecord], quotas: Mapping[str, int]) -> Iterator[Finding]:
    of_licence: dict[str, list[SearchRecord]] = defaultdict(list)
    for record in searches:
        if record.licence is not None and record.is_started:
            of_licence[record.licence].append(record)
    for licence, started in of_licence.items():
        if licence in quotas and len(started) >= quotas[licence]:
            reason = (
                f"Licence {licence} of {started[-1].holder} was used to its last search: all {quotas[licence]} "
                f"between {started[0].at:%Y-%m-%d} and {started[-1].at:%Y-%m-%d}."
            )
            yield Finding(Rule.LICENCE_USED_UP, licence, reason, (started[-1].name,))


def _find_urgent(searches: Sequence[SearchRecord]) -> Iterator[Finding]:
    for record in searches:
        if record.is_urgent and record.is_started:
            sealing = record.find_entry(EntryKind.SEARCH_SEALED)
            if sealing is not None:
                then = f"it was sealed ({sealing.fields['cause']}) and its result destroyed"
            elif record.find_entry(EntryKind.SEARCH_APPROVED):
                then = "it was approved afterwards"
            else:
                then = "nobody has approved it yet"
            reason = f"{record.holder} searched before anybody approved it, as urgent; {then}."
            yield Finding(Rule.URGENT, record.holder, reason, (record.name,))


def _find_own_faces(searches: Sequence[SearchRecord]) -> Iterator[Finding]:
    own: dict[str, list[SearchRecord]] = defaultdict(list)
    for record in searches:
        if record.probe_source == OF_THE_SEARCHER:
            own[record.holder].append(record)
    for holder, found in own.items():
        reason = f"By their own account, {holder} searched for themselves {len(found)} times."
        yield Finding(Rule.OWN_FACE, holder, reason, tuple(record.name for record in found))
