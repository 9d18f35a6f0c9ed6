"""Counts from the ledger's entries alone: what the oversight desk reads and `ledger verify` checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar, cast

from assent.errors import LedgerBroken
from assent.ledger.entries import Entry
from assent.ledger.vocabulary import EntryKind

FIRST_RUNNING_NUMBER = 1

Key = TypeVar("Key")


class SearchGroup(NamedTuple):
    """What searches are counted by; licence and purpose are None where a refused search named none, `day` is UTC."""

    licence: str | None
    holder: str
    purpose: str | None
    day: date


@dataclass(frozen=True, slots=True)
class Tally:
    """How many searches of one group were started, how those ended, and how many were refused."""

    started: int = 0
    finished: int = 0
    failed: int = 0
    refused: int = 0

    @property
    def unfinished(self) -> int:
        """Started searches whose result is unknown."""
        return self.started - self.finished - self.failed

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.started + other.started,
            self.finished + other.finished,
            self.failed + other.failed,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """All searches of a ledger, each counted in exactly one group: the day it was started or refused."""

    groups: Mapping[SearchGroup, Tally]

    @property
    def total(self) -> Tally:
        """All groups together."""
        return sum(self.groups.values(), Tally())

    def by_licence(self) -> dict[str | None, Tally]:
        """Tally per licence; None gathers refusals without one."""
        return _merge((group.licence, tally) for group, tally in self.groups.items())

    def by_holder(self) -> dict[str, Tally]:
        """Tally per holder."""
        return _merge((group.holder, tally) for group, tally in self.groups.items())

    def by_purpose(self) -> dict[str | None, Tally]:
        """Tally per purpose; None gathers refusals without one."""
        return _merge((group.purpose, tally) for group, tally in self.groups.items())

    def by_day(self) -> dict[date, Tally]:
        """Tally per UTC day."""
        return _merge((group.day, tally) for group, tally in self.groups.items())


def count_searches(entries: Iterable[Entry]) -> Account:
    """Count every search from the ledger's first entry on.

    Raises LedgerBroken if a search is started twice, or ends without having been started or a second time.
    """
    counts: Counter[tuple[SearchGroup, EntryKind]] = Counter()
    for _index, entry, opening in _walk_searches(entries):
        counts[_group_of(opening), entry.kind] += 1
    groups = {group for group, _kind in counts}
    return Account(
        {
            group: Tally(
                started=counts[group, EntryKind.SEARCH_STARTED],
                finished=counts[group, EntryKind.SEARCH_FINISHED],
                failed=counts[group, EntryKind.SEARCH_FAILED],
                refused=counts[group, EntryKind.SEARCH_REFUSED],
            )
            for group in sorted(groups, key=lambda group: (group.day, group.holder, *map(str, group)))
        }
    )


def check_running_numbers(entries: Iterable[Entry]) -> dict[str, int]:
    """Check from the first entry on that each licence's searches are numbered 1, 2, 3 and so on; return the last ones.

    A started search takes the next number of its licence, and so does a refused one that carries a number; the end of a
    search repeats the number of its start. Raises LedgerBroken with the first bad index for a gap, a duplicate, or an
    end that does not belong to its start.
    """
    last: dict[str, int] = {}
    for index, entry, opening in _walk_searches(entries):
        licence, number = entry.fields.get("licence"), entry.fields.get("number")
        if entry is not opening:
            if (licence, number) != (opening.fields["licence"], opening.fields["number"]):
                raise LedgerBroken(
                    f"entry {index} ends a search under another number or licence", first_bad_index=index
                )
        elif number is not None:
            if licence is None:
                raise LedgerBroken(f"entry {index} carries a running number without a licence", first_bad_index=index)
            licence, number = cast("str", licence), cast("int", number)
            expected = last.get(licence, FIRST_RUNNING_NUMBER - 1) + 1
            if number != expected:
                flaw = "is missing" if number > expected else f"was expected, {number} is taken"
                raise LedgerBroken(
                    f"entry {index} has number {number} of licence {licence}: number {expected} {flaw}",
                    first_bad_index=index,
                )
            last[licence] = number
    return last


def _group_of(opening: Entry) -> SearchGroup:
    return SearchGroup(
        licence=cast("str | None", opening.fields.get("licence")),
        holder=cast("str", opening.fields["holder"]),
        purpose=cast("str | None", opening.fields.get("purpose")),
        day=opening.at.date(),
    )


def _walk_searches(entries: Iterable[Entry]) -> Iterator[tuple[int, Entry, Entry]]:
    """Yield every search's start, end and refusal with its index, and an end's start, else the entry itself."""
    open_searches: dict[str, Entry] = {}
    ended: set[str] = set()
    for index, entry in enumerate(entries):
        kind = entry.kind
        if kind is EntryKind.SEARCH_REFUSED:
            yield index, entry, entry
        elif kind is EntryKind.SEARCH_STARTED:
            search = cast("str", entry.fields["search"])
            if search in open_searches or search in ended:
                raise LedgerBroken(f"entry {index} starts search {search} a second time", first_bad_index=index)
            open_searches[search] = entry
            yield index, entry, entry
        elif kind is EntryKind.SEARCH_FINISHED or kind is EntryKind.SEARCH_FAILED:
            search = cast("str", entry.fields["search"])
            opening = open_searches.pop(search, None)
            if opening is None:
                flaw = "a second time" if search in ended else "that was never started"
                raise LedgerBroken(f"entry {index} ends search {search} {flaw}", first_bad_index=index)
            ended.add(search)
            yield index, entry, opening


def _merge(tallies: Iterable[tuple[Key, Tally]]) -> dict[Key, Tally]:
    merged: dict[Key, Tally] = {}
    for key, tally in tallies:
        merged[key] = merged.get(key, Tally()) + tally
    return merged
