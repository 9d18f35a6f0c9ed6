"""Counts that go on with the ledger equal those that are made from its beginning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from assent.ledger import Entry, EntryKind, JsonValue, Tally, collect_searches, count_searches, format_time
from assent.ledger.running import RunningAccount
from factories import NOW

HOLDERS = ("m_" + "a" * 16, "m_" + "b" * 16)
LICENCE = "l_" + "a" * 16
DIGEST = "sha256:" + "0" * 64


def a_search_id(number: int) -> str:
    return "s_" + f"{number:016}".translate(str.maketrans("0123456789", "abcdefghij"))


def an_entry(kind: EntryKind, day: int, **fields: JsonValue) -> Entry:
    return Entry(kind, NOW + timedelta(days=day), {"actor": HOLDERS[0], "channel": "web", **fields})


def entries_of(number: int, day: int, end: str) -> list[Entry]:
    search = a_search_id(number)
    named: dict[str, JsonValue] = {"holder": HOLDERS[number % 2], "unit": "desk", "purpose": "reunite"}
    if end == "refused":
        return [an_entry(EntryKind.SEARCH_REFUSED, day, **named, cause="quota-exhausted", licence=LICENCE)]
    started: Mapping[str, JsonValue] = named | {
        "search": search,
        "number": number + 1,
        "licence": LICENCE,
        "case": "c_" + "a" * 16,
        "probe_source": "other",
        "probe": DIGEST,
        "justification": DIGEST,
    }
    entries = [an_entry(EntryKind.SEARCH_STARTED, day, **started)]
    ended: dict[str, JsonValue] = {"search": search, "number": number + 1, "licence": LICENCE}
    times: dict[str, JsonValue] = {
        "started": format_time(entries[0].at),
        "ended": format_time(entries[0].at + timedelta(seconds=1)),
    }
    if end == "failed":
        # It ended on the next day and counts on the day on which it started.
        entries.append(an_entry(EntryKind.SEARCH_FAILED, day + 1, **ended, **times, cause="no-face-found"))
    if end == "sealed":
        entries.append(an_entry(EntryKind.SEARCH_SEALED, day + 2, **ended, cause="overdue"))
    return entries


@pytest.fixture
def entries() -> list[Entry]:
    ends = ("refused", "failed", "sealed", "unfinished")
    return [entry for number in range(40) for entry in entries_of(number, number // 4, ends[number % 4])]


def an_account(entries: list[Entry]) -> RunningAccount:
    account = RunningAccount()
    for entry in entries:
        account.add(entry)
    return account


def test_running_counts_equal_those_from_the_beginning(entries: list[Entry]) -> None:
    counted, figures = count_searches(entries), an_account(entries).sum_up()

    assert figures.total == counted.total
    assert figures.by_day == counted.by_day()
    assert figures.by_holder == counted.by_holder()
    assert figures.by_purpose == counted.by_purpose()
    assert figures.by_unit == counted.by_unit()
    assert figures.by_licence == counted.by_licence()
    assert figures.refusals == {"quota-exhausted": 10}
    assert figures.failures == {"no-face-found": 10}


def test_stretch_of_days_is_summed_up_alone(entries: list[Entry]) -> None:
    begin: date = NOW.date() + timedelta(days=2)

    figures = an_account(entries).sum_up(begin, begin + timedelta(days=3))

    assert sorted(figures.by_day) == [begin + timedelta(days=offset) for offset in range(3)]
    assert figures.total == Tally(started=9, failed=3, refused=3, sealed=3)


def test_records_are_those_that_are_collected_at_once(entries: list[Entry]) -> None:
    account = an_account(entries)

    assert list(account.list_records()) == collect_searches(enumerate(entries))


def test_record_grows_with_what_is_added_to_its_search(entries: list[Entry]) -> None:
    account = an_account(entries)
    search = a_search_id(3)
    before = account.find_record(search)

    looked = {"search": search, "manner": "shown", "searches": 1}
    account.add(an_entry(EntryKind.SEARCH_INSPECTED, 20, **looked))

    after = account.find_record(search)
    assert before is not None
    assert after is not None
    assert [entry.kind for _, entry in after.steps] == [EntryKind.SEARCH_STARTED, EntryKind.SEARCH_INSPECTED]


def test_search_that_nobody_made_is_not_found(entries: list[Entry]) -> None:
    assert an_account(entries).find_record("s_" + "z" * 16) is None
