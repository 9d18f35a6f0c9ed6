"""Read the ledger: its entries and its counts."""

from __future__ import annotations

from dataclasses import dataclass

from assent.ledger import Account, Entry, count_searches
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger


@dataclass(frozen=True, slots=True)
class IndexedEntry:
    """An entry and its place in the ledger, counted from 0."""

    index: int
    entry: Entry


def list_entries(runtime: Runtime, *, start: int = 0, end: int | None = None) -> list[IndexedEntry]:
    """Read entries from `start` up to, not including, `end`."""
    with runtime.database.snapshot() as view:
        return [
            IndexedEntry(index, Entry.from_bytes(data)) for index, data in stored_ledger.read_entries(view, start, end)
        ]


def count_all_searches(runtime: Runtime) -> Account:
    """Count all searches from the entries alone."""
    with runtime.database.snapshot() as view:
        return count_searches(Entry.from_bytes(data) for _, data in stored_ledger.read_entries(view))
