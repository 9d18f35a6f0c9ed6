"""Find unusual use in the ledger alone, as anybody can who has the published files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from assent.ledger import (
    Finding,
    Period,
    SearchRecord,
    SearchStage,
    collect_quotas,
    collect_searches,
    find_unusual,
)
from assent.services.read_ledger_copy import LedgerCopy


@dataclass(frozen=True, slots=True)
class UnusualUse:
    """What was found; of `searches` that finished in the period, `compared` probes could be compared.

    `compared` is None where no probe was opened because nobody entitled to it acted.
    """

    findings: tuple[Finding, ...]
    searches: int
    compared: int | None


def find_unusual_in_copy(copy: LedgerCopy, *, zone: tzinfo, period: Period | None = None) -> UnusualUse:
    """Apply the rules that need the ledger only; with a period, keep what names a search of it."""
    records = collect_searches(enumerate(copy.entries))
    findings = find_unusual(records, collect_quotas(copy.entries), until=copy.until, zone=zone)
    return UnusualUse(keep_period(findings, records, period), len(list_finished(records, period)), None)


def list_finished(records: Iterable[SearchRecord], period: Period | None) -> list[SearchRecord]:
    """List the searches that finished, of a period if one is given."""
    return [
        record for record in records if record.stage is SearchStage.FINISHED and (period is None or record.at in period)
    ]


def keep_period(
    findings: Iterable[Finding], records: Iterable[SearchRecord], period: Period | None
) -> tuple[Finding, ...]:
    """Keep the findings that name a search of the period; the past of a period is what it is compared with."""
    if period is None:
        return tuple(findings)
    within = {record.name for record in records if record.at in period}
    return tuple(finding for finding in findings if not within.isdisjoint(finding.searches))
