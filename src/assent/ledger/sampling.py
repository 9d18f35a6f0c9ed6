"""Samples of searches that nobody chose: drawn by a seed that the ledger itself fixes (docs/oversight.md).

Seed, version 1: SHA-256 of `assent-sample/v1`, the origin and the period, each followed by a newline, and the 32 bytes
of the root of the tree that ends with the first entry written at or after the period's end. Searches are ranked by
SHA-256(seed || identifier) and the lowest are taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from assent.errors import InvalidInput, NotFound
from assent.ledger.entries import Entry, format_time
from assent.ledger.merkle import Hash, hash_leaf, hash_leaves_to_root
from assent.ledger.vocabulary import EntryKind

SAMPLE_VERSION = "assent-sample/v1"

_YEAR, _QUARTER = re.compile(r"([0-9]{4})"), re.compile(r"([0-9]{4})-[Qq]([1-4])")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_MONTHS_A_QUARTER, _MONTHS_A_YEAR = 3, 12


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment up to, not including, another, both in UTC. Raises InvalidInput if it has no length."""

    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise InvalidInput("A period ends after it begins.")

    def __str__(self) -> str:
        """Write it as it goes into the seed: both moments as in an entry, a slash between."""
        return f"{format_time(self.begin)}/{format_time(self.end)}"

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.begin <= at < self.end


def parse_period(text: str) -> Period:
    """Read `2026`, `2026-Q3`, `2026-07`, or two dates with a slash between, the second no longer in the period.

    Raises InvalidInput.
    """
    try:
        if found := _YEAR.fullmatch(text):
            return _span_months(int(found[1]), 1, _MONTHS_A_YEAR)
        if found := _QUARTER.fullmatch(text):
            return _span_months(int(found[1]), (int(found[2]) - 1) * _MONTHS_A_QUARTER + 1, _MONTHS_A_QUARTER)
        if found := _MONTH.fullmatch(text):
            return _span_months(int(found[1]), int(found[2]), 1)
        begin, end = (datetime.fromisoformat(part) for part in text.split("/"))
    except ValueError:
        raise InvalidInput(
            "A period is written 2026, 2026-Q3, 2026-07 or 2026-07-01/2026-07-15; the second date is not in it."
        ) from None
    return Period(_to_utc(begin), _to_utc(end))


def _to_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _span_months(year: int, month: int, count: int) -> Period:
    last = month - 1 + count
    end = datetime(year + last // _MONTHS_A_YEAR, last % _MONTHS_A_YEAR + 1, 1, tzinfo=UTC)
    return Period(datetime(year, month, 1, tzinfo=UTC), end)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, and all that it takes to draw it again.

    `tree_size` and `root` are those of the tree that fixed the seed. `chosen` are identifiers in the order of their
    ranks. `late` are searches of the period that were written down only after the seed was fixed: no sample reaches
    them, so each should be looked at.
    """

    period: Period
    tree_size: int
    root: Hash
    seed: bytes
    population: int
    chosen: tuple[str, ...]
    late: tuple[str, ...]


def draw_sample(entries: Sequence[Entry], origin: str, period: Period, count: int) -> Sample:
    """Draw `count` of the searches started in a period, or all if there are fewer; `entries` begin with the first.

    Raises NotFound if no entry was written at or after the period's end yet, InvalidInput for a count below 1.
    """
    if count < 1:
        raise InvalidInput("A sample has at least one search.")
    size = find_seed_size(entries, period)
    root = hash_leaves_to_root(hash_leaf(entry.to_bytes()) for entry in entries[:size])
    seed = derive_seed(origin, period, root)
    started = [str(entry.fields["search"]) for entry in _list_started(entries[:size], period)]
    late = tuple(str(entry.fields["search"]) for entry in _list_started(entries[size:], period))
    chosen = tuple(sorted(started, key=lambda search: rank_search(seed, search))[:count])
    return Sample(period, size, root, seed, len(started), chosen, late)


def find_seed_size(entries: Iterable[Entry], period: Period) -> int:
    """Find the size of the tree that ends with the first entry written at or after the period's end.

    Raises NotFound if there is none yet.
    """
    for index, entry in enumerate(entries):
        if entry.at >= period.end:
            return index + 1
    raise NotFound(
        "The ledger has no entry from after the period's end yet, and only such an entry fixes the sample's seed; "
        "draw it once the ledger has gone on, or been published again."
    )


def derive_seed(origin: str, period: Period, root: Hash) -> bytes:
    """Compute the seed, 32 bytes."""
    return hashlib.sha256(f"{SAMPLE_VERSION}\n{origin}\n{period}\n".encode() + root).digest()


def rank_search(seed: bytes, search: str) -> bytes:
    """Compute what a search is ranked by, 32 bytes; the lowest are drawn."""
    return hashlib.sha256(seed + search.encode()).digest()


def _list_started(entries: Sequence[Entry], period: Period) -> list[Entry]:
    return [entry for entry in entries if entry.kind is EntryKind.SEARCH_STARTED and entry.at in period]
