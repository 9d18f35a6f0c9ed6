"""Counts that go on with the ledger: entries are added as they are written, and any stretch of days is summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar, cast

from assent.ledger.accounts import Tally
from assent.ledger.entries import Entry
from assent.ledger.search_records import SearchRecord, collect_searches
from assent.ledger.vocabulary import EntryKind

_Key = TypeVar("_Key")


class _Group(NamedTuple):
    """What the searches of one day are counted by here; cases are left out, since there are nearly as many of them."""

    holder: str
    purpose: str | None
    unit: str
    licence: str | None


_COLUMNS = {
    EntryKind.SEARCH_STARTED: 0,
    EntryKind.SEARCH_FINISHED: 1,
    EntryKind.SEARCH_FAILED: 2,
    EntryKind.SEARCH_REFUSED: 3,
    EntryKind.SEARCH_SEALED: 4,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The searches of a stretch of days (UTC), summed up in the ways that an overseer asks for."""

    total: Tally
    by_day: Mapping[date, Tally]
    by_holder: Mapping[str, Tally]
    by_purpose: Mapping[str | None, Tally]
    by_unit: Mapping[str, Tally]
    by_licence: Mapping[str | None, Tally]
    refusals: Mapping[str, int]
    failures: Mapping[str, int]


class RunningAccount:
    """All searches of a ledger so far, counted as `count_searches` counts them, and each with its entries.

    Entries come in their order from the first on. A ledger that does not hold together is not found out here; that is
    what `ledger verify` is for: an end without a start counts for nothing.
    """

    def __init__(self) -> None:
        self.size = 0
        self.quotas: dict[str, int] = {}
        self._days: dict[date, dict[_Group, list[int]]] = {}
        self._refusals: dict[date, Counter[str]] = {}
        self._failures: dict[date, Counter[str]] = {}
        self._started: dict[str, tuple[date, _Group]] = {}
        self._steps: dict[str, list[tuple[int, Entry]]] = {}
        self._records: dict[str, SearchRecord] = {}

    def add(self, entry: Entry) -> None:
        """Add the next entry."""
        index, self.size = self.size, self.size + 1
        fields = entry.fields
        if entry.kind in {EntryKind.LICENCE_ISSUED, EntryKind.LICENCE_CHANGED} and "quota" in fields:
            self.quotas[str(fields["licence"])] = cast("int", fields["quota"])
        name = fields.get("search")
        if name is None and entry.kind is EntryKind.SEARCH_REFUSED:
            name = f"entry {index}"
        if name is not None:
            self._steps.setdefault(str(name), []).append((index, entry))
            self._records.pop(str(name), None)
        if entry.kind in _COLUMNS:
            self._count(entry)

    def sum_up(self, begin: date | None = None, end: date | None = None) -> Figures:
        """Sum up the days from `begin` up to, not including, `end`; all of them where neither is given."""
        days = [day for day in self._days if (begin is None or day >= begin) and (end is None or day < end)]
        groups = [(day, group, counts) for day in sorted(days) for group, counts in self._days[day].items()]
        return Figures(
            total=_sum((None, counts) for _, _, counts in groups).get(None, Tally()),
            by_day=_sum((day, counts) for day, _, counts in groups),
            by_holder=_sum((group.holder, counts) for _, group, counts in groups),
            by_purpose=_sum((group.purpose, counts) for _, group, counts in groups),
            by_unit=_sum((group.unit, counts) for _, group, counts in groups),
            by_licence=_sum((group.licence, counts) for _, group, counts in groups),
            refusals=sum((self._refusals[day] for day in days if day in self._refusals), Counter[str]()),
            failures=sum((self._failures[day] for day in days if day in self._failures), Counter[str]()),
        )

    def find_record(self, name: str) -> SearchRecord | None:
        """Find a search by its identifier, or a refused one without by `entry` and its index."""
        if name not in self._records and name in self._steps:
            for record in collect_searches(self._steps[name]):
                self._records[name] = record
        return self._records.get(name)

    def list_records(self) -> Iterator[SearchRecord]:
        """List all searches in the order in which they appear."""
        for name in self._steps:
            record = self.find_record(name)
            if record is not None:
                yield record

    def _count(self, entry: Entry) -> None:
        day, group = entry.at.date(), None
        fields = entry.fields
        if entry.kind in {EntryKind.SEARCH_STARTED, EntryKind.SEARCH_REFUSED}:
            group = _Group(
                holder=str(fields["holder"]),
                purpose=cast("str | None", fields.get("purpose")),
                unit=str(fields["unit"]),
                licence=cast("str | None", fields.get("licence")),
            )
        if entry.kind is EntryKind.SEARCH_REFUSED:
            self._refusals.setdefault(day, Counter())[str(fields["cause"])] += 1
        elif entry.kind is EntryKind.SEARCH_STARTED and group is not None:
            self._started[str(fields["search"])] = (day, group)
        else:
            # It counts on the day of its start, wherever in time it ended.
            day, group = self._started.get(str(fields["search"]), (day, None))
        if entry.kind is EntryKind.SEARCH_FAILED and group is not None:
            self._failures.setdefault(day, Counter())[str(fields["cause"])] += 1
        if group is not None:
            self._days.setdefault(day, {}).setdefault(group, [0] * len(_COLUMNS))[_COLUMNS[entry.kind]] += 1


def _sum(counts: Iterable[tuple[_Key, list[int]]]) -> dict[_Key, Tally]:
    sums: dict[_Key, list[int]] = {}
    for key, numbers in counts:
        found = sums.setdefault(key, [0] * len(_COLUMNS))
        for column, number in enumerate(numbers):
            found[column] += number
    return {key: Tally(*found) for key, found in sums.items()}
