"""Deployments opened some days from now, and what their rules deleted by then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from assent.ledger import EntryKind
from assent.mandates import probe_of
from assent.services.open_deployment import open_runtime
from assent.services.run_search import PROBE_PHOTO
from assent.services.runtime import Runtime
from assent.services.show_ledger import list_entries
from demo_deployments import Deployment


@contextmanager
def open_after(deployment: Deployment, days: float, *, applies_retention: bool = True) -> Iterator[Runtime]:
    """Open a deployment some days from now."""

    def read_later_clock() -> datetime:
        return datetime.now(UTC) + timedelta(days=days)

    with open_runtime(deployment.settings, read_later_clock, applies_retention=applies_retention) as runtime:
        yield runtime


def list_deletions(runtime: Runtime) -> list[tuple[object, object, object]]:
    """What the ledger says was deleted: record, days of the rule, search or case."""
    deleted = (item.entry.fields for item in list_entries(runtime) if item.entry.kind is EntryKind.RECORD_DELETED)
    return [(fields["record"], fields["rule_days"], fields.get("search") or fields["case"]) for fields in deleted]


def read_probe(runtime: Runtime, search_id: str) -> bytes:
    """The portrait cut from the probe of a search."""
    return runtime.photos.read(probe_of(search_id), PROBE_PHOTO)
