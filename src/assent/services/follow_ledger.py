"""Follow the ledger: figures kept by this process, brought up to date by the entries written since, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from threading import RLock
from weakref import WeakKeyDictionary

from assent.ledger import Entry, Finding, Period, find_unusual
from assent.ledger.running import Figures, RunningAccount
from assent.ledger.search_records import SearchRecord
from assent.services.find_unusual_in_copy import keep_period
from assent.services.runtime import Runtime
from assent.storage import ledger as stored_ledger

_BEGINNING = datetime.min.replace(tzinfo=UTC)
FINDINGS_LAST = timedelta(seconds=60)
"""How old findings may be while searches go on: each needs all of the past, and none turns on a second."""


@dataclass
class _Findings:
    size: int
    found_at: datetime
    findings: Sequence[Finding]


@dataclass
class FollowedLedger:
    """The ledger as far as this process has read it; `follow_ledger` brings it up to date."""

    account: RunningAccount = field(default_factory=RunningAccount)
    until: datetime = _BEGINNING
    lock: RLock = field(default_factory=RLock)
    _findings: dict[str, _Findings] = field(default_factory=dict)

    def sum_up(self, period: Period | None = None) -> Figures:
        """Sum up the days of a period, or all."""
        with self.lock:
            if period is None:
                return self.account.sum_up()
            return self.account.sum_up(period.begin.date(), period.end.date())

    def find_record(self, name: str) -> SearchRecord | None:
        """Find a search by its name."""
        with self.lock:
            return self.account.find_record(name)

    def list_records(self, period: Period | None = None) -> list[SearchRecord]:
        """List the searches of a period, or all, in the order in which they appear."""
        with self.lock:
            return [record for record in self.account.list_records() if period is None or record.at in period]

    def find_unusual(
        self, *, zone: tzinfo, at: datetime, period: Period | None = None
    ) -> tuple[tuple[Finding, ...], int]:
        """Apply the rules that need the ledger only; how many entries they saw comes back too."""
        with self.lock:
            kept = self._findings.get(str(zone))
            if kept is None or (kept.size != self.account.size and at - kept.found_at >= FINDINGS_LAST):
                records = list(self.account.list_records())
                found = find_unusual(records, self.account.quotas, until=max(self.until, at), zone=zone)
                kept = self._findings[str(zone)] = _Findings(self.account.size, at, found)
            records = [] if period is None else list(self.account.list_records())
            return keep_period(kept.findings, records, period), kept.size


_FOLLOWED: WeakKeyDictionary[Runtime, FollowedLedger] = WeakKeyDictionary()
_FOLLOWING = RLock()


def follow_ledger(runtime: Runtime) -> FollowedLedger:
    """Bring this process's figures up to date with the ledger. Raises InvalidEntry for what is no entry."""
    with _FOLLOWING:
        followed = _FOLLOWED.setdefault(runtime, FollowedLedger())
    with followed.lock, runtime.database.snapshot() as view:
        for _, data in stored_ledger.read_entries(view, followed.account.size):
            entry = Entry.from_bytes(data)
            followed.account.add(entry)
            followed.until = entry.at
    return followed
