"""Each rule finds what it is for, with the searches and the reason, and stays silent about ordinary work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from assent.ledger import EntryKind, Finding, Rule, collect_quotas, collect_searches, find_unusual
from ledger.ledger_builders import A_COMMITMENT, A_TIME, an_entry, an_id
from ledger.year_of_entries import a_review, a_search

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from assent.ledger import Entry

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
BRUSSELS_WINTER = timezone(timedelta(hours=1))


def find(entries: Sequence[Entry], rule: Rule, *, zone: tzinfo = UTC, until: datetime | None = None) -> list[Finding]:
    found = find_unusual(
        collect_searches(enumerate(entries)), collect_quotas(entries), until=until or entries[-1].at, zone=zone
    )
    return [finding for finding in found if finding.rule is rule]


class Diary:
    """Searches of several holders, numbered as they come."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._numbers: dict[int, int] = {}

    def search(self, at: datetime, times: int = 1, *, holder: int = 0, **fields: object) -> list[str]:
        made = []
        for turn in range(times):
            number = self._numbers[holder] = self._numbers.get(holder, 0) + 1
            searched = a_search(number, at + timedelta(minutes=turn), holder=holder, **fields)  # type: ignore[arg-type]
            self.entries += searched
            made.append(str(searched[0].fields["search"]))
        return made


def workdays(count: int, begin: datetime = MONDAY) -> list[datetime]:
    days = (begin + offset * DAY for offset in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


def test_a_day_far_above_ones_own_past_is_found_with_all_its_searches() -> None:
    diary = Diary()
    for day in workdays(8):
        diary.search(day, 4)
    many = diary.search(workdays(9)[-1], 13)

    (finding,) = find(diary.entries, Rule.VOLUME)

    assert finding.subject == an_id("m")
    assert finding.searches == tuple(many)
    assert "made 13 searches on 2026-03-12; their own 8 earlier days" in finding.reason
    assert "up to 12 is usual" in finding.reason


@pytest.mark.parametrize(
    ("past", "today"),
    [([4] * 8, 12), ([1] * 8, 9), ([2, 9, 1, 12, 4, 20, 3, 8], 27), ([4] * 4, 24)],
    ids=["at-the-bound", "few-anyway", "always-uneven", "past-too-short"],
)
def test_ordinary_volumes_are_no_finding(past: list[int], today: int) -> None:
    diary = Diary()
    for day, count in zip(workdays(len(past)), past, strict=True):
        diary.search(day, count)
    diary.search(workdays(len(past) + 1)[-1], today)

    days = [finding for finding in find(diary.entries, Rule.VOLUME) if "searches on 2026" in finding.reason]

    assert days == []


def test_a_newcomer_is_compared_with_their_unit() -> None:
    diary = Diary()
    for day in workdays(6):
        diary.search(day, 3, holder=3)
    many = diary.search(workdays(7)[-1], 11, holder=6)
    diary.search(workdays(7)[-1], 11, holder=1)

    (finding,) = find(diary.entries, Rule.VOLUME)

    assert (finding.subject, finding.searches) == (an_id("m", 6), tuple(many))
    assert "other members' of their unit" in finding.reason


def test_a_busy_week_is_found_though_none_of_its_days_is() -> None:
    diary = Diary()
    for week in range(6):
        diary.search(MONDAY + 7 * week * DAY, 5)
    busy = [search for day in workdays(5, MONDAY + 42 * DAY) for search in diary.search(day, 9)]

    (finding,) = find(diary.entries, Rule.VOLUME)

    assert finding.searches == tuple(busy)
    assert "in the week from 2026-04-13" in finding.reason


def test_nights_and_weekends_are_found_in_the_zone_of_the_deployment() -> None:
    diary = Diary()
    diary.search(MONDAY, 5)
    early = diary.search(MONDAY.replace(hour=6))
    late = diary.search(MONDAY.replace(hour=19, minute=30))
    weekend = diary.search(MONDAY + 5 * DAY)

    (in_utc,) = find(diary.entries, Rule.HOURS)
    (in_brussels,) = find(diary.entries, Rule.HOURS, zone=BRUSSELS_WINTER)

    assert in_utc.searches == (*early, *weekend)
    assert in_brussels.searches == (*late, *weekend)


def test_whoever_works_at_night_is_no_finding_once_that_is_known() -> None:
    diary = Diary()
    nights = [search for offset in range(30) for search in diary.search(MONDAY.replace(hour=23) + offset * DAY)]

    (finding,) = find(diary.entries, Rule.HOURS)

    assert finding.searches == tuple(nights[:20])


def test_candidates_that_fewer_than_two_reviewed_are_found_after_a_week() -> None:
    diary = Diary()
    nobody, alone, two, empty = (diary.search(MONDAY, candidates=count)[0] for count in (1, 2, 1, 0))
    diary.entries += [
        a_review(alone, MONDAY + DAY, 7, "nobody"),
        a_review(two, MONDAY + DAY, 7, "nobody"),
        a_review(two, MONDAY + DAY, 8, "same-person"),
    ]

    (finding,) = find(diary.entries, Rule.NO_REVIEW, until=MONDAY + 8 * DAY)

    assert finding.searches == (nobody, alone)
    assert empty not in finding.searches
    assert "nobody reviewed 1, only one person 1" in finding.reason
    assert find(diary.entries, Rule.NO_REVIEW, until=MONDAY + 6 * DAY) == []


def a_licence(quota: int) -> Entry:
    terms = {"purposes": ["reunite"], "from": A_TIME, "until": A_TIME, "quota": quota, "approval": False}
    fields = {"licence": an_id("l"), "holder": an_id("m"), "unit": "tracing-desk", "ground": A_COMMITMENT}
    return an_entry(EntryKind.LICENCE_ISSUED, at=MONDAY, **fields, **terms)


@pytest.mark.parametrize(("searches", "expected"), [(2, 0), (3, 1)], ids=["one-left", "none-left"])
def test_a_licence_used_to_its_last_search_is_found(searches: int, expected: int) -> None:
    diary = Diary()
    diary.entries.append(a_licence(3))
    made = diary.search(MONDAY, searches)

    found = find(diary.entries, Rule.LICENCE_USED_UP)

    assert [finding.searches for finding in found] == [(made[-1],)] * expected


def test_a_changed_quota_counts() -> None:
    diary = Diary()
    change = {"licence": an_id("l"), "change": "extended", "quota": 9}
    diary.entries += [a_licence(3), an_entry(EntryKind.LICENCE_CHANGED, at=MONDAY, **change)]
    diary.search(MONDAY, 3)

    assert find(diary.entries, Rule.LICENCE_USED_UP) == []


def test_every_urgent_search_is_listed_with_what_became_of_it() -> None:
    diary = Diary()
    waiting, approved, sealed = (diary.search(MONDAY, urgent=True)[0] for _ in range(3))
    by = {"licence": an_id("l"), "search": approved, "holder": an_id("m")}
    diary.entries += [
        an_entry(EntryKind.SEARCH_APPROVED, at=MONDAY, **by),
        an_entry(EntryKind.SEARCH_SEALED, at=MONDAY, search=sealed, number=3, licence=an_id("l"), cause="too-late"),
    ]

    found = {finding.searches[0]: finding.reason for finding in find(diary.entries, Rule.URGENT)}

    assert "nobody has approved it yet" in found[waiting]
    assert "approved afterwards" in found[approved]
    assert "sealed (too-late)" in found[sealed]


def test_a_searcher_who_says_that_it_is_their_own_face_is_listed() -> None:
    diary = Diary()
    own = diary.search(MONDAY, 2, probe_source="of-the-searcher")
    diary.search(MONDAY)

    (finding,) = find(diary.entries, Rule.OWN_FACE)

    assert finding.searches == tuple(own)
