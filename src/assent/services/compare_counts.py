"""Compare what was published with what the database holds: the same entries, the same counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assent.errors import LedgerBroken
from assent.ledger import Account, Tally, count_searches
from assent.services.read_ledger_copy import read_own_copy, read_published_copy
from assent.services.runtime import Runtime
from assent.services.verify_published import Trust
from assent.storage import mandates as stored_mandates


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two counts that agree, and how many entries the database has that are not published yet."""

    published: Account
    database: Account
    published_size: int
    unpublished: int


def compare_counts(runtime: Runtime, folder: Path, trust: Trust) -> Comparison:
    """Count the published files and the same stretch of the database, and hold the licences' own counters against it.

    Raises LedgerBroken if anything differs, and what `read_published_copy` raises.
    """
    published = read_published_copy(folder, trust)
    whole = read_own_copy(runtime)
    size = len(published.entries)
    same = read_own_copy(runtime, size=size)
    first, second = count_searches(published.entries), count_searches(same.entries)
    if (published.origin, published.root, first) != (same.origin, same.root, second):
        differing = next(
            (index for index, pair in enumerate(zip(published.entries, same.entries, strict=False)) if _differ(*pair)),
            len(same.entries),
        )
        raise LedgerBroken(
            f"The database is not what was published: {_say(first.total)} are published, {_say(second.total)} are in "
            f"its first {size} entries; they part at entry {differing}.",
            first_bad_index=differing,
        )
    _compare_counters(runtime, count_searches(whole.entries), len(whole.entries))
    return Comparison(first, second, size, len(whole.entries) - size)


def _differ(first: object, second: object) -> bool:
    return first != second


def _compare_counters(runtime: Runtime, account: Account, size: int) -> None:
    by_licence = account.by_licence()
    with runtime.database.snapshot() as view:
        licences = stored_mandates.load_licences(view)
    for licence in licences:
        counted = by_licence.get(licence.id, Tally())
        if (licence.searches_started, licence.searches_refused) != (counted.started, counted.refused):
            raise LedgerBroken(
                f"Licence {licence.id} says {licence.searches_started} started and {licence.searches_refused} refused; "
                f"the ledger says {counted.started} and {counted.refused}.",
                first_bad_index=size,
            )


def _say(tally: Tally) -> str:
    return f"{tally.asked} searches, {tally.refused} of them refused,"
