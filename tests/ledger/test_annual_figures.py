"""The year's figures add up, and a search counts in the year in which it started."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from assent.ledger import Entry, EntryKind, SearchStage, add_up_year, collect_searches, count_searches
from ledger.ledger_builders import A_COMMITMENT, a_refused_search, an_entry, an_id
from ledger.year_of_entries import YEAR, a_review, a_search, a_year

NEW_YEAR = datetime(YEAR + 1, 1, 1, tzinfo=UTC)
NOON = datetime(YEAR, 5, 4, 12, tzinfo=UTC)
ENTRIES = a_year()


def test_figures_agree_with_the_counts() -> None:
    figures, account = add_up_year(ENTRIES, YEAR), count_searches(ENTRIES)
    kinds = Counter(entry.kind for entry in ENTRIES)

    assert figures.total == account.total
    assert figures.total.asked > 1_000
    assert sum(figures.refusals.values()) == figures.total.refused == kinds[EntryKind.SEARCH_REFUSED]
    assert sum(figures.failures.values()) == figures.total.failed
    assert sum(figures.candidates.values()) == figures.total.finished
    assert sum(figures.days.values()) == sum(tally.asked for _, tally in figures.list_months()) == figures.total.asked
    assert [month for month, _ in figures.list_months()] == list(range(1, 13))
    assert figures.approvals.sealed == figures.total.sealed == kinds[EntryKind.SEARCH_SEALED]
    reviews = figures.reviews
    assert reviews.unreviewed + reviews.by_one + reviews.agreed + reviews.disagreed == reviews.with_candidates
    assert sum(reviews.conclusions.values()) == kinds[EntryKind.CANDIDATE_REVIEWED]
    assert sum(figures.deletions.values()) == kinds[EntryKind.RECORD_DELETED]


def test_a_search_over_midnight_of_new_year_counts_where_it_started() -> None:
    entries = a_search(1, NEW_YEAR - timedelta(seconds=1), seconds=5, candidates=1)

    old, new = add_up_year(entries, YEAR), add_up_year(entries, YEAR + 1)

    assert (old.total.finished, old.candidates, new.total.asked) == (1, {1: 1}, 0)


@pytest.mark.parametrize(
    ("conclusions", "counted"),
    [
        ([], "unreviewed"),
        (["nobody"], "by_one"),
        (["nobody", "nobody"], "agreed"),
        (["nobody", "same-person"], "disagreed"),
        (["nobody", "same-person", "same-person"], "agreed"),
    ],
)
def test_reviews_are_counted_by_whether_two_agree(conclusions: list[str], counted: str) -> None:
    searched = a_search(1, NOON, candidates=1)
    reviews = [a_review(an_id("s", 1), NOON, who, concluded) for who, concluded in enumerate(conclusions)]

    figures = add_up_year([*searched, *reviews], YEAR).reviews

    found = {name: getattr(figures, name) for name in ("unreviewed", "by_one", "agreed", "disagreed")}
    assert found == {name: int(name == counted) for name in found}


def test_approvals_are_counted_with_the_time_that_they_took() -> None:
    asked = a_search(1, NOON + timedelta(hours=5))
    request = {name: value for name, value in asked[0].fields.items() if name not in {"number", "actor", "channel"}}
    request |= {"shown": A_COMMITMENT}
    urgent = a_search(2, NOON, urgent=True)

    def approve(number: int, at: datetime) -> Entry:
        fields = {"search": an_id("s", number), "licence": an_id("l"), "holder": an_id("m")}
        return an_entry(EntryKind.SEARCH_APPROVED, at=at, **fields)

    entries = [
        an_entry(EntryKind.SEARCH_REQUESTED, at=NOON, **request),
        approve(1, NOON + timedelta(hours=2)),
        *asked,
        *urgent,
        approve(2, NOON + timedelta(hours=50)),
    ]

    approvals = add_up_year(entries, YEAR).approvals

    assert (approvals.requested, approvals.approved, approvals.refused) == (1, 2, 0)
    assert (approvals.urgent, approvals.urgent_approved_in_time) == (1, 0)
    assert approvals.hours == median([2, 50])


def test_an_empty_year_is_a_year_of_zeros() -> None:
    figures = add_up_year(ENTRIES, YEAR + 5)

    assert (figures.total.asked, figures.gallery_sizes, figures.approvals.hours) == (0, None, None)


def test_a_search_keeps_every_entry_that_names_it_with_its_index() -> None:
    searched = a_search(1, NOON, candidates=2)
    look = {"manner": "shown", "searches": 1, "search": an_id("s", 1)}
    entries = [
        a_refused_search(),
        searched[0],
        an_entry(EntryKind.PERSON_ERASED, person=an_id("p"), cause="withdrawn"),
        searched[1],
        a_review(an_id("s", 1), NOON, 5, "nobody"),
        an_entry(EntryKind.SEARCH_INSPECTED, at=NOON, **look),
        an_entry(EntryKind.HOLD_CHANGED, hold=an_id("h"), change="placed", search=an_id("s", 9), reason=A_COMMITMENT),
    ]

    refused, found = collect_searches(enumerate(entries))

    assert [index for index, _ in found.steps] == [1, 3, 4, 5]
    assert (found.stage, found.candidates, found.conclusions) == (SearchStage.FINISHED, 2, {an_id("m", 5): "nobody"})
    assert (refused.stage, refused.name, refused.cause) == (SearchStage.REFUSED, "entry 0", "licence-expired")
