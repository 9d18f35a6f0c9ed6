"""Counts from the ledger's entries alone: what the oversight desk reads and `ledger verify` checks."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar, cast

from assent.errors import LedgerBroken
from assent.ledger.entries import Entry
from assent.ledger.vocabulary import EntryKind

FIRST_RUNNING_NUMBER = 1

Key = TypeVar("Key")
Kept = TypeVar("Kept")


class SearchGroup(NamedTuple):
    """What searches are counted by; what a refused search did not name is None, `day` is UTC."""

    licence: str | None
    holder: str
    purpose: str | None
    day: date
    unit: str
    case: str | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many searches of one group were started, how those ended, how many were refused, how many sealed later."""

    started: int = 0
    finished: int = 0
    failed: int = 0
    refused: int = 0
    sealed: int = 0

    @property
    def asked(self) -> int:
        """All searches: those started and those refused."""
        return self.started + self.refused

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
            self.sealed + other.sealed,
        )


@dataclass(frozen=True, slots=True)
class Account:
    """All searches of a ledger, each counted in exactly one group: the day it was started or refused."""

    groups: Mapping[SearchGroup, Tally]

    @property
    def total(self) -> Tally:
        """All groups together."""
        return _merge((None, tally) for tally in self.groups.values()).get(None, Tally())

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

    def by_unit(self) -> dict[str, Tally]:
        """Tally per unit."""
        return _merge((group.unit, tally) for group, tally in self.groups.items())

    def by_case(self) -> dict[str | None, Tally]:
        """Tally per case; None gathers refusals without one."""
        return _merge((group.case, tally) for group, tally in self.groups.items())


def count_searches(entries: Iterable[Entry]) -> Account:
    """Count every search from the ledger's first entry on.

    Raises LedgerBroken if a search is started twice, or ends or is sealed without having been started or a second time.
    """
    known: dict[SearchGroup, SearchGroup] = {}
    counts: Counter[tuple[SearchGroup, EntryKind]] = Counter()

    def keep_group(opening: Entry) -> SearchGroup:
        # Equal groups are kept once: a ledger has many more searches than groups.
        group = _group_of(opening)
        return known.setdefault(group, group)

    for _index, entry, group, _is_opening in _walk_searches(entries, keep_group):
        counts[group, entry.kind] += 1
    return Account(
        {
            group: Tally(
                started=counts[group, EntryKind.SEARCH_STARTED],
                finished=counts[group, EntryKind.SEARCH_FINISHED],
                failed=counts[group, EntryKind.SEARCH_FAILED],
                refused=counts[group, EntryKind.SEARCH_REFUSED],
                sealed=counts[group, EntryKind.SEARCH_SEALED],
            )
            for group in sorted(known, key=_order)
        }
    )


def check_running_numbers(entries: Iterable[Entry]) -> dict[str, int]:
    """Check from the first entry on that each licence's searches are numbered 1, 2, 3 and so on; return the last ones.

    A started search takes the next number of its licence, and so does a refused one that carries a number; the end of a
    search, and its sealing, repeat the number of its start. Raises LedgerBroken with the first bad index for a gap, a
    duplicate, or an end that does not belong to its start.
    """
    last: dict[str, int] = {}
    for index, entry, expected_place, is_opening in _walk_searches(entries, _place_of):
        licence, number = expected_place
        if not is_opening:
            if _place_of(entry) != expected_place:
                raise LedgerBroken(
                    f"entry {index} ends a search under another number or licence", first_bad_index=index
                )
        elif number is not None:
            if licence is None:
                raise LedgerBroken(f"entry {index} carries a running number without a licence", first_bad_index=index)
            expected = last.get(licence, FIRST_RUNNING_NUMBER - 1) + 1
            if number != expected:
                flaw = "is missing" if number > expected else f"was expected, {number} is taken"
                raise LedgerBroken(
                    f"entry {index} has number {number} of licence {licence}: number {expected} {flaw}",
                    first_bad_index=index,
                )
            last[licence] = number
    return last


def _order(group: SearchGroup) -> tuple[date, str, str, str, str, str]:
    return group.day, group.holder, group.licence or "", group.purpose or "", group.unit, group.case or ""


def _group_of(opening: Entry) -> SearchGroup:
    return SearchGroup(
        licence=cast("str | None", opening.fields.get("licence")),
        holder=cast("str", opening.fields["holder"]),
        purpose=cast("str | None", opening.fields.get("purpose")),
        day=opening.at.date(),
        unit=cast("str", opening.fields["unit"]),
        case=cast("str | None", opening.fields.get("case")),
    )


def _place_of(entry: Entry) -> tuple[str | None, int | None]:
    fields: Mapping[str, Any] = entry.fields
    licence = fields.get("licence")
    return licence and sys.intern(licence), fields.get("number")


def _walk_searches(entries: Iterable[Entry], keep: Callable[[Entry], Kept]) -> Iterator[tuple[int, Entry, Kept, bool]]:
    """Yield every search's start, refusal, end and sealing: index, entry, what is kept of its opening, is it that.

    Of a search that was opened nothing stays in memory but what `keep` made of it.
    """
    running: dict[str, Kept] = {}
    ended: dict[str, Kept] = {}
    sealed: set[str] = set()
    for index, entry in enumerate(entries):
        kind = entry.kind
        if kind is EntryKind.SEARCH_REFUSED:
            yield index, entry, keep(entry), True
        elif kind is EntryKind.SEARCH_STARTED:
            search = str(entry.fields["search"])
            if search in running or search in ended:
                raise LedgerBroken(f"entry {index} starts search {search} a second time", first_bad_index=index)
            running[search] = keep(entry)
            yield index, entry, running[search], True
        elif kind is EntryKind.SEARCH_FINISHED or kind is EntryKind.SEARCH_FAILED:
            search = str(entry.fields["search"])
            if search not in running:
                flaw = "a second time" if search in ended else "that was never started"
                raise LedgerBroken(f"entry {index} ends search {search} {flaw}", first_bad_index=index)
            ended[search] = running.pop(search)
            yield index, entry, ended[search], False
        elif kind is EntryKind.SEARCH_SEALED:
            search = str(entry.fields["search"])
            if search in sealed or not (search in ended or search in running):
                flaw = "a second time" if search in sealed else "that was never started"
                raise LedgerBroken(f"entry {index} seals search {search} {flaw}", first_bad_index=index)
            sealed.add(search)
            yield index, entry, ended[search] if search in ended else running[search], False


def _merge(tallies: Iterable[tuple[Key, Tally]]) -> dict[Key, Tally]:
    # Sums of plain numbers: a ledger has nearly as many groups as searches, and making a Tally at each step is slow.
    sums: dict[Key, list[int]] = {}
    for key, tally in tallies:
        found = sums.get(key)
        if found is None:
            sums[key] = [tally.started, tally.finished, tally.failed, tally.refused, tally.sealed]
        else:
            found[0] += tally.started
            found[1] += tally.finished
            found[2] += tally.failed
            found[3] += tally.refused
            found[4] += tally.sealed
    return {key: Tally(*found) for key, found in sums.items()}
