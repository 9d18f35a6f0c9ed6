"""Apply the rules of retention: what has run out is destroyed, key first, and the ledger says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assent.ledger import RETENTION_SETTING, EntryKind, JsonValue
from assent.mandates import (
    Actor,
    KeptRecord,
    RecordKind,
    RetentionRule,
    Role,
    choose_due,
    is_held,
    parse_retention_days,
    probe_of,
)
from assent.services.accounting import record_entry
from assent.services.runtime import Runtime
from assent.storage import Connection
from assent.storage import retention as stored_retention

RECORDS_AT_ONCE = 500
"""So many deletions share a transaction: searches wait for the write lock no longer than for a big import's row."""

_SUBJECT_FIELDS = {RecordKind.CASE_NUMBER: "case"}


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What the rules ended, or would end, and what had run out too but is held."""

    deleted: tuple[KeptRecord, ...]
    held: tuple[KeptRecord, ...]


def apply_retention(runtime: Runtime, actor: Actor, *, is_dry_run: bool = False) -> RetentionReport:
    """Delete what has run out, as the system's own act; takes an administrator or overseer. Raises RoleMissing."""
    actor.require_role(Role.ADMINISTRATOR, Role.OVERSEER)
    with runtime.database.snapshot() as view:
        at = runtime.clock()
        rules, held = stored_retention.load_rules(view), stored_retention.load_held(view)
        old = stored_retention.list_old_records(view, rules, at, runtime.photos.list_subjects())
        report = RetentionReport(
            deleted=tuple(choose_due(old, rules, held, at)),
            held=tuple(record for record in old if is_held(record, held)),
        )
    return report if is_dry_run else RetentionReport(finish_deletions(runtime), report.held)


def finish_deletions(runtime: Runtime) -> tuple[KeptRecord, ...]:
    """Delete what has run out and finish what a crash or a restored backup left half deleted; what it was comes back.

    Opening a deployment does this too, so a rule is kept by whoever comes first, without anything that runs by itself.
    """
    with runtime.database.snapshot() as view:
        if not _find_due(runtime, view, runtime.clock()):
            return ()
    deleted: list[KeptRecord] = []
    while batch := _delete_batch(runtime):
        deleted += batch
    runtime.database.truncate_log()
    return tuple(deleted)


def list_retention_rules(runtime: Runtime) -> list[RetentionRule]:
    """List the rule in force for every kind of record."""
    with runtime.database.snapshot() as view:
        return list(stored_retention.load_rules(view).values())


def set_retention_rule(runtime: Runtime, actor: Actor, kind: RecordKind, days: int) -> RetentionRule:
    """Set how long one kind of record is kept; takes an administrator. Raises RoleMissing or InvalidInput.

    Nothing is deleted by setting a rule; `apply_retention` and the next opening do that.
    """
    actor.require_role(Role.ADMINISTRATOR)
    parse_retention_days(days)
    at = runtime.clock()
    with runtime.database.transaction() as transaction:
        stored_retention.record_rule(transaction, kind, days, at)
        fields: dict[str, JsonValue] = {"setting": f"{RETENTION_SETTING}{kind}", "value": days}
        record_entry(runtime, transaction, EntryKind.SETTINGS_CHANGED, actor=actor, at=at, fields=fields)
        return stored_retention.load_rules(transaction)[kind]


def _find_due(runtime: Runtime, view: Connection, at: datetime) -> list[KeptRecord]:
    rules, held = stored_retention.load_rules(view), stored_retention.load_held(view)
    old = stored_retention.list_old_records(view, rules, at, runtime.photos.list_subjects())
    due = choose_due(old, rules, held, at)
    # What has no key any more is gone, held or not; only the account of it is missing.
    half_deleted = stored_retention.list_destroyed_records(view, runtime.vault.list_destroyed())
    return list(dict.fromkeys([*due, *half_deleted]))


def _delete_batch(runtime: Runtime) -> Sequence[KeptRecord]:
    with runtime.database.transaction() as transaction:
        at = runtime.clock()
        # Looked for again under the write lock: another process may have come first, or a hold been placed.
        batch = _find_due(runtime, transaction, at)[:RECORDS_AT_ONCE]
        rules = stored_retention.load_rules(transaction)
        # From here on nothing of these records can be read, even if the machine stops before the next line.
        runtime.vault.destroy_keys([stored_retention.key_of(record.kind, record.subject) for record in batch], at)
        for record in batch:
            if record.kind not in {RecordKind.CANDIDATES, RecordKind.CASE_NUMBER}:
                runtime.photos.erase(probe_of(record.subject))
            stored_retention.delete_rows(transaction, record, at)
            _record_deletion(runtime, transaction, record, rules[record.kind].days, at)
    return batch


def _record_deletion(runtime: Runtime, transaction: Connection, record: KeptRecord, days: int, at: datetime) -> None:
    fields: dict[str, JsonValue] = {
        "record": record.kind.value,
        "rule_days": days,
        _SUBJECT_FIELDS.get(record.kind, "search"): record.subject,
    }
    record_entry(runtime, transaction, EntryKind.RECORD_DELETED, actor=None, at=at, fields=fields)
