"""What rules end and holds keep: the records that are there, the rules that were set, the holds that were placed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    select,
    union,
    update,
)

from assent.mandates import (
    CaseId,
    HoldId,
    KeptRecord,
    LegalHold,
    MemberId,
    RecordKind,
    RequestState,
    RetentionRule,
    list_rules,
    outcome_of,
    probe_of,
)
from assent.search import SearchState
from assent.storage.tables import (
    candidates,
    cases,
    deletions,
    ledger_openings,
    legal_holds,
    retention_rules,
    reviews,
    search_requests,
    searches,
)
from assent.storage.vault import Vault

_REASON = "reason"
_PROBES = (RecordKind.PROBE_WITHOUT_CANDIDATES, RecordKind.PROBE_WITH_CANDIDATES)
_KEY_PREFIXES = (outcome_of(""), probe_of(""), "c_")
_NAMED_AT_ONCE = 10_000
"""Fewer than the 32,766 variables that SQLite takes in one statement (sqlite.org/limits.html)."""


# --- rules -------------------------------------------------------------------------------------------------------


def load_rules(connection: Connection) -> dict[RecordKind, RetentionRule]:
    """Read the rule in force for every kind of record."""
    return list_rules({row.kind: row.days for row in connection.execute(select(retention_rules))})


def record_rule(connection: Connection, kind: RecordKind, days: int, at: datetime) -> None:
    """Keep a rule in place of the one before."""
    connection.execute(delete(retention_rules).where(retention_rules.c.kind == kind))
    connection.execute(insert(retention_rules).values(kind=kind, days=days, set_at=at))


# --- records -----------------------------------------------------------------------------------------------------


def key_of(kind: RecordKind, subject: str) -> str:
    """Name the key under which a record of this kind lies, and with which it is destroyed."""
    match kind:
        case RecordKind.CANDIDATES:
            return outcome_of(subject)
        case RecordKind.CASE_NUMBER:
            return subject
        case _:
            return probe_of(subject)


def _subject_prefix(kind: RecordKind) -> str:
    return "c_" if kind is RecordKind.CASE_NUMBER else "s_"


def list_old_records(
    connection: Connection, rules: Mapping[RecordKind, RetentionRule], at: datetime, photographed: Collection[str]
) -> list[KeptRecord]:
    """List every record that is there and older than its rule, held or not.

    `photographed` names the probes of which there are files: what searches that did not finish, and requests that never
    ran, left behind is a record only if there is a picture.
    """
    found: list[KeptRecord] = []
    for kind, rule in rules.items():
        query, since = _select_records(kind)
        for record, is_certain in _read_records(connection, kind, query.where(since <= at - timedelta(days=rule.days))):
            if is_certain or key_of(kind, record.subject) in photographed:
                found.append(record)
    return found


def list_destroyed_records(connection: Connection, destroyed: Collection[str]) -> list[KeptRecord]:
    """List every record whose key is destroyed while its rows are still there: a crash, or a restored backup."""
    gone = {key for key in destroyed if key.startswith(_KEY_PREFIXES)}
    for kind in RecordKind:
        marked = connection.execute(select(deletions.c.subject).where(deletions.c.record == kind)).scalars()
        prefix = key_of(kind, _subject_prefix(kind))
        gone.difference_update([prefix + subject[2:] for subject in marked])
    found: list[KeptRecord] = []
    for kind in RecordKind:
        query, _ = _select_records(kind)
        prefix = key_of(kind, _subject_prefix(kind))
        subjects = [_subject_prefix(kind) + key[2:] for key in sorted(gone) if key.startswith(prefix)]
        for start in range(0, len(subjects), _NAMED_AT_ONCE):
            named = query.where(query.selected_columns[0].in_(subjects[start : start + _NAMED_AT_ONCE]))
            found.extend(record for record, _ in _read_records(connection, kind, named))
    return found


def delete_rows(connection: Connection, record: KeptRecord, at: datetime) -> None:
    """Delete the rows of a record whose key is already destroyed, and mark it as deleted.

    What keeps the account straight stays: the search, its reviews' conclusions, the case without its number.
    """
    subject = record.subject
    connection.execute(insert(deletions).values(record=record.kind, subject=subject, deleted_at=at))
    connection.execute(delete(ledger_openings).where(ledger_openings.c.subject == key_of(record.kind, subject)))
    if record.kind is RecordKind.CANDIDATES:
        connection.execute(delete(candidates).where(candidates.c.search_id == subject))
        connection.execute(update(reviews).where(reviews.c.search_id == subject).values(observations_sealed=b""))
    elif record.kind is RecordKind.CASE_NUMBER:
        # A tag is the number under a key that stays: it goes too. The identifier fills the column, which is unique.
        values = {"number_sealed": b"", "number_tag": subject.encode()}
        connection.execute(update(cases).where(cases.c.id == subject).values(**values))


def _was_deleted(*kinds: RecordKind, subject: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(deletions.c.record.in_(kinds), deletions.c.subject == subject)


def _select_records(kind: RecordKind) -> tuple[Select[Any], ColumnElement[datetime]]:
    """Write the query for all records of a kind (subject, case, since when, whether a file is sure), and its age."""
    match kind:
        case RecordKind.CANDIDATES:
            return _select_candidates()
        case RecordKind.CASE_NUMBER:
            query = select(cases.c.id, cases.c.id, cases.c.closed_at, literal(1))
            return query.where(not_(_was_deleted(kind, subject=cases.c.id))), cases.c.closed_at
        case RecordKind.REQUEST_PHOTO:
            return _select_request_photos()
        case _:
            return _select_probes(kind)


def _select_probes(kind: RecordKind) -> tuple[Select[Any], ColumnElement[datetime]]:
    # Sets, not a question for each search: of the two, the smaller one leads.
    ended = select(deletions.c.subject).where(deletions.c.record == RecordKind.CANDIDATES)
    had_candidates = searches.c.id.in_(union(select(candidates.c.search_id), ended))
    since = func.coalesce(searches.c.ended_at, searches.c.started_at)
    is_finished = searches.c.state == SearchState.FINISHED
    query = select(searches.c.id, searches.c.case_id, since, case((is_finished, 1), else_=0)).where(
        # The cheapest condition first: of most old searches the probe is deleted, and nothing else need be asked.
        not_(_was_deleted(*_PROBES, subject=searches.c.id)),
        had_candidates if kind is RecordKind.PROBE_WITH_CANDIDATES else not_(had_candidates),
        searches.c.state != SearchState.SEALED,  # sealing destroyed it, and has an entry of its own
    )
    return query, since


def _select_candidates() -> tuple[Select[Any], ColumnElement[datetime]]:
    decided = select(func.max(reviews.c.decided_at)).where(reviews.c.search_id == searches.c.id).scalar_subquery()
    since = func.coalesce(decided, searches.c.ended_at)
    query = select(searches.c.id, searches.c.case_id, since, literal(1)).where(
        searches.c.id.in_(select(candidates.c.search_id))
    )
    return query, since


def _select_request_photos() -> tuple[Select[Any], ColumnElement[datetime]]:
    since = case(
        (search_requests.c.state == RequestState.REFUSED, search_requests.c.decided_at),
        else_=search_requests.c.expires_at,
    )
    query = select(search_requests.c.id, search_requests.c.case_id, since, literal(0)).where(
        not_(exists().where(searches.c.id == search_requests.c.id)),
        not_(_was_deleted(RecordKind.REQUEST_PHOTO, subject=search_requests.c.id)),
    )
    return query, since


def _read_records(connection: Connection, kind: RecordKind, query: Select[Any]) -> Iterator[tuple[KeptRecord, bool]]:
    for subject, case_id, since, is_certain in connection.execute(query).all():
        yield KeptRecord(kind, subject, CaseId(case_id), since), bool(is_certain)


# --- holds -------------------------------------------------------------------------------------------------------


def record_hold(connection: Connection, vault: Vault, hold: LegalHold) -> None:
    """Store a hold whose key was made before."""
    connection.execute(
        insert(legal_holds).values(
            id=hold.id,
            subject=hold.subject,
            reason_sealed=vault.seal(hold.id, _REASON, hold.reason.encode()),
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )
    )


def record_release(connection: Connection, hold: HoldId, at: datetime) -> None:
    """Mark a hold as lifted."""
    connection.execute(update(legal_holds).where(legal_holds.c.id == hold).values(lifted_at=at))


def load_holds(connection: Connection, vault: Vault) -> list[LegalHold]:
    """Read all holds, oldest first, lifted ones too."""
    return [
        LegalHold(
            id=HoldId(row.id),
            subject=row.subject,
            reason=vault.unseal(row.id, _REASON, row.reason_sealed).decode(),
            placed_by=MemberId(row.placed_by),
            placed_at=row.placed_at,
            lifted_at=row.lifted_at,
        )
        for row in connection.execute(select(legal_holds).order_by(legal_holds.c.placed_at, legal_holds.c.id))
    ]


def list_hold_ids(connection: Connection) -> set[str]:
    """List all holds: each has a key."""
    return set(connection.execute(select(legal_holds.c.id)).scalars())


def load_held(connection: Connection) -> dict[str, CaseId]:
    """Read which searches and cases are held now, each with its case."""
    in_force = select(legal_holds.c.subject).where(legal_holds.c.lifted_at.is_(None))
    held = {subject: CaseId(subject) for subject in connection.execute(in_force).scalars()}
    for table in (searches, search_requests):
        for row in connection.execute(select(table.c.id, table.c.case_id).where(table.c.id.in_(in_force))):
            held[row.id] = CaseId(row.case_id)
    return held
