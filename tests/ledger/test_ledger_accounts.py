"""Counts from entries alone, and the running numbers that make a missing search provable."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from assent.errors import LedgerBroken
from assent.ledger import EntryKind, Tally, check_running_numbers, count_searches
from ledger.ledger_builders import (
    MOMENT,
    a_failed_search,
    a_finished_search,
    a_refused_search,
    a_started_search,
    an_entry,
    an_id,
)

if TYPE_CHECKING:
    from assent.ledger import Entry

DAY = date(2026, 11, 23)


def a_numbered_refusal(number: int) -> Entry:
    fields = {"holder": an_id("m"), "unit": "tracing", "licence": an_id("l"), "purpose": "reunite"}
    return an_entry(EntryKind.SEARCH_REFUSED, **fields, cause="quota-exhausted", number=number)


def a_busy_day() -> list[Entry]:
    """Three searches of one licence and one of another, a refusal with and one without a licence, something else."""
    other = {"licence": an_id("l", 1), "holder": an_id("m", 1), "purpose": "identify-patient"}
    return [
        a_started_search(1),
        an_entry(EntryKind.PERSON_ERASED, person=an_id("p"), cause="withdrawn"),
        a_started_search(2),
        a_finished_search(1),
        a_started_search(1, 101, at=MOMENT + timedelta(days=1), **other),
        a_numbered_refusal(3),
        a_failed_search(2),
        a_refused_search(),
        a_started_search(4),
    ]


def test_every_search_is_counted_in_exactly_one_group() -> None:
    account = count_searches(a_busy_day())

    assert account.total == Tally(started=4, finished=1, failed=1, refused=2)
    assert account.total.unfinished == 2
    assert account.by_licence() == {
        an_id("l"): Tally(started=3, finished=1, failed=1, refused=1),
        an_id("l", 1): Tally(started=1),
        None: Tally(refused=1),
    }
    assert account.by_holder() == {
        an_id("m"): Tally(started=3, finished=1, failed=1, refused=2),
        an_id("m", 1): Tally(started=1),
    }
    assert account.by_purpose() == {
        "reunite": Tally(started=3, finished=1, failed=1, refused=1),
        "identify-patient": Tally(started=1),
        None: Tally(refused=1),
    }
    assert account.by_day() == {
        DAY: Tally(started=3, finished=1, failed=1, refused=2),
        DAY + timedelta(days=1): Tally(started=1),
    }


def a_sealing(number: int, search: int | None = None, **fields: str) -> Entry:
    sealed = {"search": an_id("s", number if search is None else search), "licence": an_id("l")} | fields
    return an_entry(EntryKind.SEARCH_SEALED, number=number, cause="approval-missing", **sealed)


def test_sealed_search_counts_where_it_started_and_stays_finished() -> None:
    entries = [a_started_search(1), a_finished_search(1), a_sealing(1)]

    account = count_searches(entries)

    assert account.total == Tally(started=1, finished=1, sealed=1)
    assert account.by_unit() == {"tracing": account.total}
    assert account.by_case() == {an_id("c"): account.total}
    assert check_running_numbers(entries) == {an_id("l"): 1}


@pytest.mark.parametrize(
    ("sealings", "reason"),
    [([a_sealing(2)], "never started"), ([a_sealing(1), a_sealing(1)], "a second time")],
    ids=["never-started", "twice"],
)
def test_sealing_out_of_order_breaks_the_ledger(sealings: list[Entry], reason: str) -> None:
    with pytest.raises(LedgerBroken, match=reason):
        count_searches([a_started_search(1), a_finished_search(1), *sealings])


def test_sealing_under_another_number_breaks_the_ledger() -> None:
    with pytest.raises(LedgerBroken, match="under another number"):
        check_running_numbers([a_started_search(1), a_finished_search(1), a_sealing(2, 1)])


def test_search_that_ends_after_midnight_counts_on_the_day_it_started() -> None:
    end = a_finished_search(1)
    started = a_started_search(1, at=MOMENT - timedelta(days=1))

    assert count_searches([started, end]).by_day() == {DAY - timedelta(days=1): Tally(started=1, finished=1)}


def test_empty_ledger_has_an_empty_account() -> None:
    assert count_searches([]).total == Tally()
    check_running_numbers([])


@pytest.mark.parametrize(
    ("entries", "bad_index"),
    [
        ([a_started_search(1), a_started_search(2, 1)], 1),
        ([a_finished_search(1)], 0),
        ([a_started_search(1), a_finished_search(1), a_failed_search(1)], 2),
        ([a_started_search(1), a_finished_search(1), a_started_search(2, 1)], 2),
    ],
    ids=["started-twice", "never-started", "ended-twice", "started-after-its-end"],
)
def test_search_out_of_order_breaks_the_ledger_at_its_index(entries: list[Entry], bad_index: int) -> None:
    with pytest.raises(LedgerBroken) as counted:
        count_searches(entries)
    with pytest.raises(LedgerBroken) as checked:
        check_running_numbers(entries)

    assert counted.value.first_bad_index == checked.value.first_bad_index == bad_index


def test_running_numbers_without_a_gap_are_accepted_per_licence() -> None:
    check_running_numbers(a_busy_day())


@pytest.mark.parametrize(
    ("entries", "bad_index", "reason"),
    [
        ([a_started_search(2)], 0, "number 1 is missing"),
        ([a_started_search(0)], 0, "number 1 was expected, 0 is taken"),
        ([a_started_search(1), a_started_search(3)], 1, "number 2 is missing"),
        ([a_started_search(1), a_started_search(1, 2)], 1, "number 2 was expected, 1 is taken"),
        ([a_started_search(1), a_started_search(2), a_finished_search(1, 2)], 2, "under another number or licence"),
        ([a_started_search(1), a_finished_search(1, licence=an_id("l", 1))], 1, "under another number or licence"),
        ([a_started_search(1), a_failed_search(2, 1)], 1, "under another number or licence"),
    ],
    ids=["late-start", "zero", "gap", "duplicate", "number-of-another", "licence-of-another", "failed-under-another"],
)
def test_gap_or_duplicate_breaks_the_ledger_at_the_first_bad_index(
    entries: list[Entry], bad_index: int, reason: str
) -> None:
    with pytest.raises(LedgerBroken, match=reason) as caught:
        check_running_numbers(entries)

    assert caught.value.first_bad_index == bad_index


def test_number_without_a_licence_breaks_the_ledger() -> None:
    entry = an_entry(EntryKind.SEARCH_REFUSED, holder=an_id("m"), unit="tracing", cause="licence-unknown", number=1)

    with pytest.raises(LedgerBroken, match="without a licence"):
        check_running_numbers([entry])


@pytest.mark.parametrize("dropped", [0, 2, 5], ids=["started", "started-and-failed", "refused"])
def test_dropping_a_numbered_entry_is_noticed_when_a_later_one_exists(dropped: int) -> None:
    entries = a_busy_day()
    del entries[dropped]

    with pytest.raises(LedgerBroken):
        check_running_numbers(entries)
